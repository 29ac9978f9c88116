// The thread at the side: its parent, its replies and a composer of its own.

import { get } from '../api.js';
import { on, tell } from '../bus.js';
import { channelName, channels } from '../directory.js';
import { h } from '../dom.js';
import { composer } from './composer.js';
import { feed } from './feed.js';
import { shown } from './toast.js';

let place = null;
let list = null;

export function thread(node) {
  on('message', (event) => arrived(event));
  on('changed', (event) => arrived(event));
  on('deleted', (event) => event.channel === place?.channel && list?.drop(event.ts));
  on('resync', async () => {
    const answer = place && (await shown(() => get('thread', place)));
    if (answer) list.refill(answer.messages);
  });
  node.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented) close();
  });
  return { open: (channel, ts) => open(node, channel, ts), hide: () => hide(node), current: () => place };
}

async function open(node, channel, ts) {
  if (place?.channel === channel && place.ts === ts) return;
  place = { channel, ts };
  const mine = feed({ inThread: true, label: 'Messages of the thread', caption: (all) => `${all.length - 1} ${all.length === 2 ? 'reply' : 'replies'}` });
  list = mine;
  const box = composer({ channel, thread: ts, label: 'Reply in thread', sent: () => mine.toEnd() });
  node.replaceChildren(
    h('header.side-head', h('div', h('h2', 'Thread'), h('div.quiet', nameOfPlace(channel))),
      h('button.icon-button', { 'aria-label': 'Close the thread', title: 'Close (Esc)', onclick: close }, '✕')),
    h('div.feed-box', mine.nodes), box);
  node.hidden = false;
  document.body.classList.add('with-thread');
  box.querySelector('textarea').focus();
  const answer = await shown(() => get('thread', { channel, ts }));
  if (answer && list === mine) mine.fill(answer.messages);
}

function close() {
  tell('go', { channel: place.channel, thread: null });
}

function hide(node) {
  if (!place) return;
  const { ts } = place;
  place = null;
  list = null;
  const inside = node.contains(document.activeElement);
  node.hidden = true;
  node.replaceChildren();
  document.body.classList.remove('with-thread');
  if (inside) document.querySelector(`#conversation [data-ts="${CSS.escape(ts)}"] .thread-link`)?.focus();
}

function nameOfPlace(id) {
  const channel = channels.get(id);
  return channel.is_im ? channelName(channel) : `#${channel.name}`;
}

function arrived({ channel, message }) {
  if (!list || channel !== place.channel) return;
  if (message.ts === place.ts || message.thread_ts === place.ts) list.put(message);
}
