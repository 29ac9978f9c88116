// One message: who, when, what; its files, its thread, and the tools that appear when it is pointed at.

import { post } from '../api.js';
import { drawBlocks } from '../blocks/index.js';
import { tell } from '../bus.js';
import { badge, me, nameOf, people, shortcuts } from '../directory.js';
import { h, sign } from '../dom.js';
import { confirmed } from '../elements/confirm.js';
import { emojiNode } from '../emoji.js';
import { mrkdwn } from '../text/mrkdwn.js';
import { ageNode, ago, clockTime, longTime, momentOf, timeNode } from '../times.js';
import { avatar } from './avatar.js';
import { fileCards } from './files.js';
import { menuButton } from './menu.js';
import { messageSurface } from './surfaces.js';
import { shown, toast } from './toast.js';

/** `compact` leaves out the sender, who is the same as above; `inThread` leaves out the way into the thread. */
export function drawMessage(message, { compact, inThread }) {
  const at = momentOf(message.ts);
  const css = ['message', compact && 'compact', message.ephemeral && 'ephemeral'].filter(Boolean).join(' ');
  return h('article', { class: css, dataset: { ts: message.ts }, 'aria-label': `${senderName(message)}, ${longTime(at)}` },
    h('div.gutter', compact ? timeNode(at, clockTime(at), { class: 'gutter-time' }) : avatar(message.user)),
    h('div.message-body',
      message.ephemeral && h('div.only-you', 'Only visible to you •', h('button.link-button', { dataset: { keep: 'dismiss' }, onclick: () => tell('dismiss', message) }, 'Dismiss message')),
      !compact && head(message, at),
      content(message),
      (message.attachments ?? []).map((one) => attachment(one, messageSurface(message))),
      message.files?.length > 0 && fileCards(message.files),
      message.reactions?.length > 0 && h('div.reactions', message.reactions.map(reaction)),
      !inThread && message.reply_count > 0 && threadLink(message)),
    tools(message, inThread));
}

/** The words of a message, for the live region. */
export function wordsOfMessage(message) {
  return `${senderName(message)}: ${h('div', mrkdwn(message.text ?? '')).textContent.slice(0, 300)}`;
}

function senderName(message) {
  return nameOf(message.user || message.bot_id);
}

function head(message, at) {
  const user = people.get(message.user);
  return h('div.message-head', h('span.sender', senderName(message)), message.bot_id ? h('span.badge.badge-app', 'App') : badge(user), timeNode(at, clockTime(at), { class: 'time' }));
}

function content(message) {
  const edited = message.edited && h('span.edited', '(edited)');
  // A person's own marks (*bold*, ```code```) are in the text; the blocks made of it carry them literally.
  const typed = !message.bot_id && message.text;
  if (message.blocks?.length && !typed) return h('div.blocks', drawBlocks(message.blocks, messageSurface(message)), edited);
  if (!message.text) return null;
  return h('div.text', mrkdwn(message.text), edited && ' ', edited);
}

/** Slack's older form, in which apps unfurl links too: a coloured bar beside blocks or a text. */
export function attachment(one, surface) {
  const colour = { good: '#2c9c69', warning: '#e6b422', danger: '#d9364a' }[one.color] ?? (/^#?[0-9a-f]{6}$/i.test(one.color ?? '') ? `#${one.color.replace('#', '')}` : null);
  return h('div.attachment', { vars: colour ? { bar: colour } : {} },
    one.pretext && h('div.text', mrkdwn(one.pretext)),
    one.title && h('div.card-title', mrkdwn(one.title_link ? `<${one.title_link}|${one.title}>` : one.title)),
    one.blocks ? h('div.blocks', drawBlocks(one.blocks, surface)) : h('div.text', mrkdwn(one.text ?? one.fallback ?? '')),
    one.fields && h('div.fields', one.fields.map((field) => h('div.field', h('strong', field.title), h('div', mrkdwn(field.value))))),
    one.footer && h('div.quiet', mrkdwn(one.footer)),
    one.is_app_unfurl && h('div.quiet', `Added by ${[...people.values()].find((user) => user.is_bot)?.name}`));
}

function reaction({ name, count, users }) {
  return h('span.reaction', { title: (users ?? []).map(nameOf).join(', ') }, emojiNode(name) ?? `:${name}:`, ` ${count ?? users.length}`);
}

function threadLink(message) {
  const count = `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`;
  return h('button.thread-link', { dataset: { keep: 'thread' }, onclick: () => openThread(message) },
    (message.reply_users ?? []).slice(0, 4).map((user) => avatar(user, 'tiny')),
    h('span.thread-count', count),
    message.latest_reply && ageNode('span', { class: 'quiet' }, () => `Last reply ${ago(momentOf(message.latest_reply))}`));
}

function tools(message, inThread) {
  const more = menuButton('button.tool', 'More actions', '⋯', () => menuItems(message, inThread), { dataset: { keep: 'more' } });
  const reply = !inThread && !message.ephemeral && h('button.tool', { 'aria-label': 'Reply in thread', title: 'Reply in thread', dataset: { keep: 'reply' }, onclick: () => openThread(message) }, sign('bubble'));
  return h('div.tools', reply, more);
}

function menuItems(message, inThread) {
  const ofApp = message.ephemeral ? [] : shortcuts.filter((one) => one.type === 'message');
  return [
    !inThread && !message.ephemeral && { label: 'Reply in thread', onpick: () => openThread(message) },
    { label: 'Copy text', onpick: () => copyText(message) },
    ...(ofApp.length ? [{ line: true }, ...ofApp.map((one) => ({ label: one.name, description: 'joblogs', onpick: () => run(one, message) }))] : []),
    ...(mayDelete(message) ? [{ line: true }, { label: 'Delete message…', danger: true, onpick: () => remove(message) }] : []),
  ].filter(Boolean);
}

// One's own, and those of the app, which an admin may delete; the server knows who is one.
function mayDelete(message) {
  return !message.ephemeral && message.subtype !== 'tombstone' && (message.bot_id || message.user === me().id);
}

async function remove(message) {
  const sure = await confirmed({ title: 'Delete message', text: 'Are you sure you want to delete this message? This cannot be undone.', confirm: 'Delete', deny: 'Cancel', style: 'danger' });
  if (sure) shown(() => post('delete', { channel: message.channel, ts: message.ts }));
}

function openThread(message) {
  tell('go', { channel: message.channel, thread: message.thread_ts ?? message.ts });
}

function run(shortcut, message) {
  shown(() => post('shortcut', { callback_id: shortcut.callback_id, channel: message.channel, message_ts: message.ts }));
}

function copyText(message) {
  const drawn = document.querySelector(`[data-ts="${CSS.escape(message.ts)}"] :is(.blocks, .text)`);
  navigator.clipboard?.writeText(drawn?.innerText ?? message.text ?? '').then(() => toast('Copied'), () => toast('This browser does not let the page copy'));
}
