// The page's beginning: who is here, then the rooms of the page, then the stream, then the place in the address.

import { actAs, get } from './api.js';
import { listen, on } from './bus.js';
import { channels, learn, people } from './directory.js';
import { h } from './dom.js';
import { refreshAges } from './times.js';
import { callsPanel } from './views/calls.js';
import { conversation } from './views/conversation.js';
import { modals } from './views/modal.js';
import { sidebar } from './views/sidebar.js';
import { applyTheme } from './views/theme.js';
import { thread } from './views/thread.js';
import { toast } from './views/toast.js';

const AGES_MS = 30_000;

applyTheme();
start();

async function start() {
  const place = (id) => document.getElementById(id);
  try {
    // As Slack does: whoever acts here lives in the zone of this device, and the app is told so by users.info.
    const session = await get('session', { tz: Intl.DateTimeFormat().resolvedOptions().timeZone });
    actAs(session.me.id);
    learn(session);
  } catch (error) {
    place('conversation').replaceChildren(h('div', { class: 'loading' }, h('p', {}, error.message), h('button', { type: 'button', class: 'button', onclick: () => location.reload() }, 'Try again')));
    return;
  }
  on('channel', ({ channel }) => channels.set(channel.id, channel));  // before anyone who draws channels
  sidebar(place('sidebar'));
  modals();
  const middle = conversation(place('conversation'));
  const side = thread(place('thread'));
  on('error', ({ message, error }) => toast(message ?? 'Something went wrong.', error));
  on('go', goTo);
  window.addEventListener('hashchange', () => show(middle, side));
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();  // the address names a channel, not an element
    place('conversation').focus();
  });
  listen();
  setInterval(refreshAges, AGES_MS);
  await show(middle, side);
  await callsPanel(place('calls'));
}

// The address says what is shown: #/CHANNEL, #/CHANNEL/THREAD, #/CHANNEL/home.
function goTo({ channel, thread: ts, tab }) {
  location.hash = `/${[channel, tab ?? ts].filter(Boolean).join('/')}`;
}

async function show(middle, side) {
  const [, wanted, more] = location.hash.split('/');
  const channel = channels.has(wanted) ? wanted : firstChannel();
  if (!channel) return;
  const isApp = people.get(channels.get(channel).user)?.is_bot;
  const tab = isApp ? (more === 'messages' || more?.includes('.') ? 'messages' : 'home') : null;
  const ts = more?.includes('.') ? more : null;
  if (!ts) side.hide();
  if (middle.current() !== channel || middle.tab !== tab) {
    middle.tab = tab;
    await middle.open(channel, tab);
  }
  if (ts) await side.open(channel, ts);
}

function firstChannel() {
  const all = [...channels.values()].filter((channel) => !channel.is_archived);
  const rooms = all.filter((channel) => !channel.is_im).sort((a, b) => a.name.localeCompare(b.name));
  return (rooms[0] ?? all[0])?.id;
}
