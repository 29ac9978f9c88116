// The middle: a channel with its header, its messages and its composer; or the app with its Home tab.

import { get, post } from '../api.js';
import { on, tell } from '../bus.js';
import { channelName, channels, channelSign, commands, people } from '../directory.js';
import { h } from '../dom.js';
import { mrkdwn } from '../text/mrkdwn.js';
import { avatar } from './avatar.js';
import { channelMenu } from './channel-menu.js';
import { composer } from './composer.js';
import { feed } from './feed.js';
import { homeTab } from './home.js';
import { wordsOfMessage } from './message.js';
import { shown } from './toast.js';

let channel = null;
let list = null;
const READ_AFTER_MS = 400;
let reading = 0;

export function conversation(node) {
  on('message', (event) => arrived(event));
  on('changed', (event) => arrived(event));
  on('deleted', (event) => event.channel === channel?.id && list?.drop(event.ts));
  on('channel', ({ channel: news }) => news.id === channel?.id && renewed(node, news));
  on('resync', async () => {
    const history = channel && list && (await shown(() => get('history', { channel: channel.id })));
    if (history) list.refill(history.messages);
  });
  document.addEventListener('visibilitychange', () => read());
  return { open: (id, tab) => open(node, id, tab), current: () => channel?.id };
}

async function open(node, id, tab) {
  channel = channels.get(id);
  const isApp = channel.is_im && people.get(channel.user)?.is_bot;
  document.title = `${channelName(channel)} · joblogs sandbox`;
  tell('opened', { channel: id });
  let tabs = isApp ? 'messages' : null;
  if (isApp && tab === 'home') {
    list = null;
    const home = await homeTab();
    if (channel.id !== id) return;
    if (home) return void node.replaceChildren(header('home'), home);
    tabs = null;
  }
  const mine = feed({ label: `Messages in ${channelName(channel)}`, intro: intro() });
  list = mine;
  const { unread } = channel;
  node.replaceChildren(header(tabs), h('div.feed-box', mine.nodes), foot());
  const history = await shown(() => get('history', { channel: id }));
  if (history && list === mine) {
    tell('history', history);
    mine.fill(history.messages, unread);
    mine.toEnd();
    read();
  }
}

function foot() {
  const words = channel.is_archived ? `#${channel.name} is archived: nobody can write here.` : channel.is_member ? null : `You are not in #${channel.name}.`;
  if (words) return h('div.foot-note', { role: 'status' }, words);
  const mine = list;
  return composer({ channel: channel.id, label: channel.is_im ? `Message ${channelName(channel)}` : `Message #${channel.name}`, sent: () => mine.toEnd() });
}

function renewed(node, news) {
  const writable = (one) => !one.is_archived && one.is_member;
  const changed = writable(news) !== writable(channel);
  channel = news;
  if (changed && list) node.lastElementChild.replaceWith(foot());
}

function intro() {
  const sample = commands[0];
  const about = channel.is_im ? `Your conversation with ${channelName(channel)}.` : 'The beginning of this channel.';
  return h('div.intro',
    h('h2', channel.is_im ? avatar(channel.user, 'small') : channelSign(channel), channelName(channel)),
    h('p.quiet', about, sample && [' Type ', h('code', sample.command), ' below and see what it can do.']));
}

function header(tab) {
  const topic = channel.topic && h('p.topic', mrkdwn(channel.topic));
  const sign = channel.is_im ? avatar(channel.user, 'small') : channelSign(channel);
  return h('header', { class: tab ? 'channel-head tabbed' : 'channel-head' },
    h('div.channel-title', h('h1', channel.is_im ? [sign, channelName(channel)] : channelMenu(() => channel, [sign, channelName(channel)])), channel.is_ext_shared && h('span.badge.badge-external', 'Shared externally'), topic),
    tab && h('div.tabs', { role: 'group', 'aria-label': 'Tabs' }, ['home', 'messages'].map((one) =>
      h('button.tab', { 'aria-pressed': String(one === tab), onclick: () => tell('go', { channel: channel.id, tab: one }) }, one === 'home' ? 'Home' : 'Messages'))));
}

function arrived({ channel: where, message }) {
  if (!list || where !== channel?.id) return;
  const isReply = message.thread_ts && message.thread_ts !== message.ts;
  if (isReply && message.subtype !== 'thread_broadcast') return;
  if (!list.put(message)) return;
  document.getElementById('live').textContent = wordsOfMessage(message);
  read();
}

// What a person looks at counts as read: once it stood there for a moment in a visible page.
function read() {
  clearTimeout(reading);
  if (!list || document.hidden) return;
  const [id, ts] = [channel.id, list.lastTs()];
  reading = setTimeout(() => ts && post('read', { channel: id, ts }).catch(() => undefined), READ_AFTER_MS);
}
