// The living parts of a text: people, channels, links, dates, broadcasts. mrkdwn and rich_text share them.

import { channels, channelSign, groups, me, nameOf, people } from '../directory.js';
import { h, link, safeUrl } from '../dom.js';
import { ageNode, dateTokens, timeNode } from '../times.js';
import { tell } from '../bus.js';

export function userToken(id, label) {
  const name = people.has(id) ? nameOf(id) : label || id;
  const mine = id === me()?.id;
  return h('span', { class: mine ? 'mention mention-me' : 'mention', dataset: { user: id } }, `@${name}`);
}

export function channelToken(id, label) {
  const channel = channels.get(id);
  const name = channel?.name ?? label;
  if (!name) return h('span.mention', '#private-channel');
  if (!channel) return h('span.mention', `#${name}`);
  return h('button.mention.mention-channel', { onclick: () => tell('go', { channel: id }) }, channelSign(channel), name);
}

export function broadcastToken(range) {
  return h('span.mention.mention-me', `@${range}`);
}

export function groupToken(id, label) {
  return h('span.mention', (label || groups.get(id)?.handle || id).replace(/^@?/, '@'));
}

/** A moment in the reader's zone; `fallback` when the stamp or the format is not one. */
export function dateToken(epoch, format, fallback, url) {
  const text = dateTokens(epoch, format);
  if (text === null) return h('span', fallback || String(epoch));
  const words = /ago|pretty/.test(format) ? ageNode('span', {}, () => dateTokens(epoch, format)) : text;
  const node = timeNode(new Date(Number(epoch) * 1000), words, { class: 'date-token' });
  return url ? link(url, node) : node;
}

/** One `<…>` of mrkdwn, its inside already split off; `decode` undoes Slack's three entities. */
export function controlToken(inside, decode) {
  const [head, label] = cut(inside, '|');
  const words = label === null ? null : decode(label);
  if (head.startsWith('@')) return userToken(head.slice(1), words);
  if (head.startsWith('#')) return channelToken(head.slice(1), words);
  if (head.startsWith('!')) return specialToken(head.slice(1), words, decode);
  const url = decode(head);
  if (words === null && !safeUrl(url)) return `<${url}>`;
  return link(url, words ?? url.replace(/^mailto:/, ''));
}

function specialToken(head, label, decode) {
  const [name, ...rest] = head.split('^');
  if (name === 'date') return dateToken(rest[0], decode(rest[1] ?? ''), label, rest[2] && decode(rest[2]));
  if (name === 'subteam') return groupToken(rest[0], label);
  if (['here', 'channel', 'everyone'].includes(name)) return broadcastToken(name);
  return h('span', label ?? `<!${decode(head)}>`);
}

function cut(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
