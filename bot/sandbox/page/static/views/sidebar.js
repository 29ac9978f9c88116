// The workspace: its channels with what is unread, the app, and the person in whose name this page acts.

import { on, tell } from '../bus.js';
import { badge, badgeOf, channelName, channels, channelSign, me, nameOf, people, team } from '../directory.js';
import { freshId, h, sign, spoken } from '../dom.js';
import { avatar } from './avatar.js';
import { menuButton } from './menu.js';
import { themeButton } from './theme.js';

const ROLES = { Guest: 'Guest: some channels only', External: 'Another organisation: shared channels only' };
let here = '';

export function sidebar(node) {
  const lists = h('div.channel-lists');
  const online = h('span.online', { title: 'Live' });
  node.replaceChildren(
    h('header.workspace', h('span.workspace-sign', { 'aria-hidden': 'true' }, (team.name[0] ?? '?').toUpperCase()), h('div.workspace-words', h('div.workspace-name', team.name), h('div.workspace-domain', online, ' sandbox')), themeButton()),
    lists, actingAs());
  const redraw = () => {
    const focused = lists.contains(document.activeElement) && document.activeElement.dataset.channel;
    lists.replaceChildren(...sections());
    if (focused) lists.querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.focus();
  };
  on('channel', redraw);
  on('opened', ({ channel }) => {
    here = channel;
    redraw();
  });
  on('online', (live) => {
    online.classList.toggle('offline', !live);
    online.title = live ? 'Live' : 'The connection is lost; trying again';
  });
  redraw();
}

function sections() {
  const all = [...channels.values()].filter((channel) => !channel.is_archived || channel.id === here);
  const rooms = all.filter((channel) => !channel.is_im).sort((a, b) => a.name.localeCompare(b.name));
  const direct = all.filter((channel) => channel.is_im);
  return [
    section('Channels', rooms),
    section('Apps', direct.filter((channel) => people.get(channel.user)?.is_bot)),
    section('Direct messages', direct.filter((channel) => !people.get(channel.user)?.is_bot)),
  ].filter(Boolean);
}

function section(title, list) {
  if (!list.length) return null;
  const id = freshId('channels');
  return h('section', h('h2', { id }, title), h('ul', { 'aria-labelledby': id }, list.map((channel) => h('li', entry(channel)))));
}

function entry(channel) {
  const current = channel.id === here;
  const css = channel.unread > 0 && !current ? 'channel unread' : 'channel';
  return h('button', { class: css, 'aria-current': current ? 'page' : null, title: channelName(channel), dataset: { channel: channel.id }, onclick: () => tell('go', { channel: channel.id }) },
    channel.is_im ? avatar(channel.user, 'tiny') : channelSign(channel),
    h('span.channel-name', channelName(channel)),
    channel.is_ext_shared && h('span', { title: 'Shared with another organisation' }, h('span', { 'aria-hidden': 'true' }, '⚭'), spoken('shared with another organisation')),
    channel.unread > 0 && !current && !channel.mentions && spoken(`, ${channel.unread} unread`),
    channel.mentions > 0 && !current && h('span.count', String(channel.mentions), spoken(channel.mentions === 1 ? ' mention' : ' mentions')));
}

function actingAs() {
  const user = me();
  const face = [avatar(user.id, 'small'), h('span.acting-words', h('span.acting-label', 'Acting as'), h('span.acting-name', nameOf(user.id))), badge(user), sign('chevron up')];
  const items = () => [
    { heading: 'See what this person sees, and act as they may' },
    ...[...people.values()].filter((one) => !one.is_bot && !one.deleted).map((one) => ({
      label: [avatar(one.id, 'tiny'), ' ', nameOf(one.id)],
      description: ROLES[badgeOf(one)] ?? 'Member',
      checked: one.id === user.id,
      onpick: () => become(one.id),
    })),
  ];
  return h('footer.acting-bar', menuButton('button.acting', null, face, items, { above: true, title: 'Switch person' }));
}

// The address carries who acts, so that two windows can stand side by side as two people.
function become(userId) {
  const query = new URLSearchParams(location.search);
  query.set('as', userId);
  location.search = query;
}
