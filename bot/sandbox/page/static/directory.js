// Who and what there is: the team, its people and channels, and the names under which they are shown.

import { h } from './dom.js';

export const team = { id: '', name: '', domain: '' };
export const people = new Map();
export const channels = new Map();
export const groups = new Map();
export const commands = [];
export const shortcuts = [];
let myId = '';

export function learn(session) {
  Object.assign(team, session.team);
  myId = session.me.id;
  people.clear();
  for (const user of [session.me, ...session.users]) people.set(user.id, user);
  groups.clear();
  for (const group of session.usergroups ?? []) groups.set(group.id, group);
  channels.clear();
  for (const channel of session.channels) channels.set(channel.id, channel);
  commands.splice(0, commands.length, ...(session.commands ?? []));
  shortcuts.splice(0, shortcuts.length, ...(session.shortcuts ?? []));
}

export function me() {
  return people.get(myId);
}

export function nameOf(userId) {
  const user = people.get(userId);
  return user ? user.real_name || user.name : userId || 'unknown';
}

export function channelName(channel) {
  return channel.is_im ? nameOf(channel.user) : channel.name;
}

/** How a person is marked beside the name, or null. */
export function badgeOf(user) {
  if (!user) return null;
  if (user.is_bot) return 'App';
  if (user.is_stranger) return 'External';
  return user.is_restricted ? 'Guest' : null;
}

export function badge(user) {
  const word = badgeOf(user);
  return word && h('span', { class: `badge badge-${word.toLowerCase()}` }, word);
}

/** A hash, or for a private channel a lock (drawn by the style sheet in the colour of the text). */
export function channelSign(channel) {
  return h('span', { class: channel.is_private ? 'sign sign-lock' : 'sign', 'aria-hidden': 'true' }, !channel.is_private && '#');
}
