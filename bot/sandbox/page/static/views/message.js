// One message: who, when, what; its files, its thread, and the tools that appear when it is pointed at.

import { post } from '../api.js';
import { drawBlocks } from '../blocks/index.js';
import { tell } from '../bus.js';
import { badge, nameOf, people, shortcuts } from '../directory.js';
import { h } from '../dom.js';
import { emojiNode } from '../emoji.js';
import { mrkdwn } from '../text/mrkdwn.js';
import { ageNode, ago, clockTime, longTime, momentOf, timeNode } from '../times.js';
import { avatar } from './avatar.js';
import { fileCards } from './files.js';
import { openMenu } from './menu.js';
import { messageSurface } from './surfaces.js';
import { shown, toast } from './toast.js';

/** `compact` leaves out the sender, who is the same as above; `inThread` leaves out the way into the thread. */
export function drawMessage(message, { compact, inThread }) {
  const at = momentOf(message.ts);
  const css = ['message', compact && 'compact', message.ephemeral && 'ephemeral'].filter(Boolean).join(' ');
  return h('article', { class: css, dataset: { ts: message.ts }, 'aria-label': `${senderName(message)}, ${longTime(at)}` },
    h('div', { class: 'gutter' }, compact ? timeNode(at, clockTime(at), { class: 'gutter-time' }) : avatar(message.user)),
    h('div', { class: 'message-body' },
      message.ephemeral && h('div', { class: 'only-you' }, h('span', { class: 'eye', 'aria-hidden': 'true' }), 'Only visible to you'),
      !compact && head(message, at),
      content(message),
      (message.attachments ?? []).map((one) => attachment(one, messageSurface(message))),
      message.files?.length > 0 && fileCards(message.files),
      message.reactions?.length > 0 && h('div', { class: 'reactions' }, message.reactions.map(reaction)),
      !inThread && message.reply_count > 0 && threadLink(message)),
    tools(message, inThread));
}

/** The words of a message, for the live region. */
export function wordsOfMessage(message) {
  return `${senderName(message)}: ${h('div', {}, mrkdwn(message.text ?? '')).textContent.slice(0, 300)}`;
}

function senderName(message) {
  return nameOf(message.user || message.bot_id);
}

function head(message, at) {
  const user = people.get(message.user);
  return h('div', { class: 'message-head' }, h('span', { class: 'sender' }, senderName(message)), message.bot_id ? h('span', { class: 'badge badge-app' }, 'App') : badge(user), timeNode(at, clockTime(at), { class: 'time' }));
}

function content(message) {
  const edited = message.edited && h('span', { class: 'edited' }, '(edited)');
  // A person's own marks (*bold*, ```code```) are in the text; the blocks made of it carry them literally.
  const typed = !message.bot_id && message.text;
  if (message.blocks?.length && !typed) return h('div', { class: 'blocks' }, drawBlocks(message.blocks, messageSurface(message)), edited);
  if (!message.text) return null;
  return h('div', { class: 'text' }, mrkdwn(message.text), edited && ' ', edited);
}

// Attachments are Slack's older form: a coloured bar beside blocks or a text.
function attachment(one, surface) {
  const colour = { good: '#2c9c69', warning: '#e6b422', danger: '#d9364a' }[one.color] ?? (/^#?[0-9a-f]{6}$/i.test(one.color ?? '') ? `#${one.color.replace('#', '')}` : null);
  return h('div', { class: 'attachment', vars: colour ? { bar: colour } : {} },
    one.pretext && h('div', { class: 'text' }, mrkdwn(one.pretext)),
    one.title && h('div', { class: 'card-title' }, mrkdwn(one.title_link ? `<${one.title_link}|${one.title}>` : one.title)),
    one.blocks ? h('div', { class: 'blocks' }, drawBlocks(one.blocks, surface)) : h('div', { class: 'text' }, mrkdwn(one.text ?? one.fallback ?? '')),
    one.fields && h('div', { class: 'fields' }, one.fields.map((field) => h('div', { class: 'field' }, h('strong', {}, field.title), h('div', {}, mrkdwn(field.value))))),
    one.footer && h('div', { class: 'quiet' }, mrkdwn(one.footer)));
}

function reaction({ name, count, users }) {
  return h('span', { class: 'reaction', title: (users ?? []).map(nameOf).join(', ') }, emojiNode(name) ?? `:${name}:`, ` ${count ?? users.length}`);
}

function threadLink(message) {
  const count = `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`;
  return h('button', { type: 'button', class: 'thread-link', dataset: { keep: 'thread' }, onclick: () => openThread(message) },
    (message.reply_users ?? []).slice(0, 4).map((user) => avatar(user, 'tiny')),
    h('span', { class: 'thread-count' }, count),
    message.latest_reply && ageNode('span', { class: 'quiet' }, () => `Last reply ${ago(momentOf(message.latest_reply))}`));
}

function tools(message, inThread) {
  const more = h('button', { type: 'button', class: 'tool', 'aria-label': 'More actions', title: 'More actions', 'aria-haspopup': 'menu', 'aria-expanded': 'false', dataset: { keep: 'more' } }, h('span', { 'aria-hidden': 'true' }, '⋯'));
  more.addEventListener('click', () => openMenu(more, menuItems(message, inThread)));
  const reply = !inThread && !message.ephemeral && h('button', { type: 'button', class: 'tool', 'aria-label': 'Reply in thread', title: 'Reply in thread', dataset: { keep: 'reply' }, onclick: () => openThread(message) }, h('span', { class: 'bubble', 'aria-hidden': 'true' }));
  return h('div', { class: 'tools' }, reply, more);
}

function menuItems(message, inThread) {
  const ofApp = message.ephemeral ? [] : shortcuts.filter((one) => one.type === 'message');
  return [
    !inThread && !message.ephemeral && { label: 'Reply in thread', onpick: () => openThread(message) },
    { label: 'Copy text', onpick: () => copyText(message) },
    { label: 'Copy as JSON', onpick: () => copyWords(JSON.stringify(message, null, 2)) },
    ...(ofApp.length ? [{ line: true }, ...ofApp.map((one) => ({ label: one.name, description: 'joblogs', onpick: () => run(one, message) }))] : []),
  ].filter(Boolean);
}

function openThread(message) {
  tell('go', { channel: message.channel, thread: message.thread_ts ?? message.ts });
}

function run(shortcut, message) {
  shown(() => post('shortcut', { callback_id: shortcut.callback_id, channel: message.channel, message_ts: message.ts }));
}

function copyText(message) {
  const drawn = [...document.querySelectorAll(`[data-ts="${CSS.escape(message.ts)}"] :is(.blocks, .text)`)].at(0);
  copyWords(drawn?.innerText ?? message.text ?? '');
}

function copyWords(words) {
  navigator.clipboard?.writeText(words).then(() => toast('Copied'), () => toast('This browser does not let the page copy'));
}
