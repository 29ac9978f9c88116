// Where people write: Enter sends, Shift+Enter breaks the line, "/" and "@" complete, a command shows its usage.

import { post } from '../api.js';
import { on, tell } from '../bus.js';
import { channels, commands, groups, nameOf, people, shortcuts } from '../directory.js';
import { freshId, h } from '../dom.js';
import { completion } from './completion.js';
import { menuButton } from './menu.js';
import { attachment } from './message.js';
import { messageSurface } from './surfaces.js';
import { shown, toast } from './toast.js';

const drafts = new Map();
const PREVIEW_MS = 500;
let preview = () => undefined;  // shows link previews in the composer that was typed in last

on('draft', ({ attachments }) => preview(attachments));

/** `sent` is called when the server has taken a message. */
export function composer({ channel, thread, label, sent }) {
  const key = `${channel}/${thread ?? ''}`;
  const hint = h('div.usage', { id: freshId('usage'), hidden: true });
  const field = h('textarea.composer-field', { rows: '1', placeholder: label, 'aria-label': label, 'aria-describedby': hint.id, autocomplete: 'off', spellcheck: 'true' });
  const send = h('button.send', { 'aria-label': 'Send', title: 'Send (Enter)', disabled: true }, '➤');
  const complete = completion(field);
  const links = h('div.previews');
  let timer = 0;
  const changed = () => {
    drafts.set(key, field.value);
    send.disabled = !field.value.trim();
    grow(field);
    showUsage(hint, field.value);
    clearTimeout(timer);
    if (!/https?:\/\/\S/.test(field.value)) return void links.replaceChildren();
    preview = (found) => field.value && links.replaceChildren(...found.map((one) => attachment(one, messageSurface({ channel, ts: key }))));
    timer = setTimeout(() => post('compose', { text: field.value }).then((answer) => preview(answer.attachments), () => undefined), PREVIEW_MS);
  };
  const submit = async () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = '';
    changed();
    if (await say(channel, thread, text)) sent?.();
    else if (!field.value) write(field, text);
  };
  field.addEventListener('input', changed);
  field.addEventListener('keydown', (event) => {
    if (complete.key(event) || event.isComposing) return;
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  send.addEventListener('click', submit);
  field.value = drafts.get(key) ?? '';
  queueMicrotask(changed);
  return h('div.composer', complete.node, hint, h('div.composer-box', field, links, h('div.composer-tools', tools(field, channel, thread), send)));
}

function tools(field, channel, thread) {
  const insert = (mark) => {
    field.focus();
    const gap = field.value && mark === '@' && !/\s$/.test(field.value.slice(0, field.selectionStart)) ? ' ' : '';
    field.setRangeText(gap + mark, field.selectionStart, field.selectionEnd, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const global = shortcuts.filter((one) => one.type === 'global');
  const items = () => global.map((one) => ({ label: one.name, onpick: () => shown(() => post('shortcut', { callback_id: one.callback_id, channel })) }));
  return [
    global.length > 0 && menuButton('button.tool', 'Shortcuts', '+', items, { above: true }),
    !thread && h('button.tool', { 'aria-label': 'Slash command', title: 'Slash command', onclick: () => !field.value && insert('/') }, '/'),
    h('button.tool', { 'aria-label': 'Mention somebody', title: 'Mention somebody', onclick: () => insert('@') }, '@'),
  ];
}

async function say(channel, thread, text) {
  try {
    await post('say', { channel, thread_ts: thread, text: withMentions(text) });
    tell('did', { what: 'said', words: text });
    return true;
  } catch (error) {
    toast(error.message, error.code);
    return false;
  }
}

/** `@Name` and `#channel` as Slack's tokens, the longest name first; the server escapes all other text. */
function withMentions(text) {
  const names = [...people.values()].flatMap((user) => [[`@${nameOf(user.id)}`, `<@${user.id}>`], [`@${user.name}`, `<@${user.id}>`]]);
  const rooms = [...channels.values()].filter((channel) => channel.name && !channel.is_im).map((channel) => [`#${channel.name}`, `<#${channel.id}|${channel.name}>`]);
  const broadcasts = ['here', 'channel', 'everyone'].map((range) => [`@${range}`, `<!${range}>`]);
  const teams = [...groups.values()].map((group) => [`@${group.handle}`, `<!subteam^${group.id}|@${group.handle}>`]);
  const tokens = new Map([...broadcasts, ...rooms, ...teams, ...names]);
  const sorted = [...tokens.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replace(new RegExp(`(?<![\\w&])(?:${sorted.join('|')})(?![\\w-])`, 'g'), (name) => tokens.get(name));
}

function showUsage(hint, text) {
  const command = commands.find((one) => text === one.command || text.startsWith(`${one.command} `));
  hint.hidden = !command;
  if (command) hint.replaceChildren(h('code', command.command), ' ', h('span', command.usage_hint ?? ''));
}

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.setSelectionRange(text.length, text.length);
}

function grow(field) {
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight + 2, 220)}px`;
}
