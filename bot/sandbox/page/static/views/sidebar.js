// The workspace: its channels with what is unread, the app, and the person in whose name this page acts.

import { on, tell } from '../bus.js';
import { badge, badgeOf, channelName, channels, channelSign, me, nameOf, people, team } from '../directory.js';
import { freshId, h, spoken } from '../dom.js';
import { avatar } from './avatar.js';
import { openMenu } from './menu.js';
import { themeButton } from './theme.js';

let here = '';

export function sidebar(node) {
  const lists = h('div', { class: 'channel-lists' });
  const online = h('span', { class: 'online', title: 'Live' });
  node.replaceChildren(
    h('header', { class: 'workspace' }, h('span', { class: 'workspace-sign', 'aria-hidden': 'true' }, (team.name[0] ?? '?').toUpperCase()), h('div', { class: 'workspace-words' }, h('div', { class: 'workspace-name' }, team.name), h('div', { class: 'workspace-domain' }, online, ' sandbox')), themeButton()),
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
  const all = [...channels.values()].filter((channel) => !channel.is_archived);
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
  return h('section', {}, h('h2', { id }, title), h('ul', { 'aria-labelledby': id }, list.map((channel) => h('li', {}, entry(channel)))));
}

function entry(channel) {
  const current = channel.id === here;
  const css = channel.unread > 0 && !current ? 'channel unread' : 'channel';
  return h('button', { type: 'button', class: css, 'aria-current': current ? 'page' : null, title: channelName(channel), dataset: { channel: channel.id }, onclick: () => tell('go', { channel: channel.id }) },
    channel.is_im ? avatar(channel.user, 'tiny') : channelSign(channel),
    h('span', { class: 'channel-name' }, channelName(channel)),
    channel.is_ext_shared && h('span', { class: 'shared', title: 'Shared with another organisation' }, spoken('shared with another organisation')),
    channel.unread > 0 && !current && !channel.mentions && spoken(`, ${channel.unread} unread`),
    channel.mentions > 0 && !current && h('span', { class: 'count' }, String(channel.mentions), spoken(channel.mentions === 1 ? ' mention' : ' mentions')));
}

function actingAs() {
  const user = me();
  const button = h('button', { type: 'button', class: 'acting', 'aria-haspopup': 'menu', 'aria-expanded': 'false', title: 'Switch person' },
    avatar(user.id, 'small'), h('span', { class: 'acting-words' }, h('span', { class: 'acting-label' }, 'Acting as'), h('span', { class: 'acting-name' }, nameOf(user.id))), badge(user), h('span', { class: 'chevron up', 'aria-hidden': 'true' }));
  button.addEventListener('click', () => openMenu(button, [
    { heading: 'Look and act as' },
    ...[...people.values()].filter((one) => !one.is_bot).map((one) => ({
      label: [avatar(one.id, 'tiny'), ' ', nameOf(one.id)],
      description: badgeOf(one) ?? 'Member',
      checked: one.id === user.id,
      onpick: () => become(one.id),
    })),
  ], { above: true }));
  return h('footer', { class: 'acting-bar' }, button);
}

// The address carries who acts, so that two windows can stand side by side as two people.
function become(userId) {
  const query = new URLSearchParams(location.search);
  query.set('as', userId);
  location.search = query;
}
