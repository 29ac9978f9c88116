// Where people write: Enter sends, Shift+Enter breaks the line, "/" and "@" complete, a command shows its usage.

import { post } from '../api.js';
import { channels, commands, groups, nameOf, people, shortcuts } from '../directory.js';
import { freshId, h } from '../dom.js';
import { completion } from './completion.js';
import { openMenu } from './menu.js';
import { toast } from './toast.js';

const drafts = new Map();
const lastSent = new Map();

/** `sent` is called when the server has taken a message. */
export function composer({ channel, thread, label, sent }) {
  const key = `${channel}/${thread ?? ''}`;
  const hint = h('div', { class: 'usage', id: freshId('usage'), hidden: true });
  const field = h('textarea', { class: 'composer-field', rows: '1', placeholder: label, 'aria-label': label, 'aria-describedby': hint.id, autocomplete: 'off', spellcheck: 'true' });
  const send = h('button', { type: 'button', class: 'send', 'aria-label': 'Send', title: 'Send (Enter)', disabled: true }, h('span', { class: 'send-sign', 'aria-hidden': 'true' }));
  const complete = completion(field);
  const changed = () => {
    drafts.set(key, field.value);
    send.disabled = !field.value.trim();
    grow(field);
    showUsage(hint, field.value);
  };
  const submit = async () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = '';
    changed();
    lastSent.set(key, text);
    if (await say(channel, thread, text)) sent?.();
    else if (!field.value) write(field, text);
  };
  field.addEventListener('input', changed);
  field.addEventListener('keydown', (event) => {
    if (complete.key(event) || event.isComposing) return;
    if (event.key === 'ArrowUp' && !field.value && lastSent.has(key)) {
      event.preventDefault();
      write(field, lastSent.get(key));
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  send.addEventListener('click', submit);
  field.value = drafts.get(key) ?? '';
  queueMicrotask(changed);
  return h('div', { class: 'composer' }, complete.node, hint, h('div', { class: 'composer-box' }, field, h('div', { class: 'composer-tools' }, tools(field, channel, thread), send)),
    h('div', { class: 'composer-help', 'aria-hidden': 'true' }, h('kbd', {}, '↵'), ' send  ', h('kbd', {}, '⇧↵'), ' new line'));
}

function tools(field, channel, thread) {
  const insert = (mark) => {
    field.focus();
    const gap = field.value && mark === '@' && !/\s$/.test(field.value.slice(0, field.selectionStart)) ? ' ' : '';
    field.setRangeText(gap + mark, field.selectionStart, field.selectionEnd, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const global = shortcuts.filter((one) => one.type === 'global');
  const plus = h('button', { type: 'button', class: 'tool', 'aria-label': 'Shortcuts', title: 'Shortcuts', 'aria-haspopup': 'menu' }, '+');
  plus.addEventListener('click', () => openMenu(plus, global.map((one) => ({ label: one.name, onpick: () => post('shortcut', { callback_id: one.callback_id, channel }).catch((error) => toast(error.message, error.code)) })), { above: true }));
  return [
    global.length > 0 && plus,
    !thread && h('button', { type: 'button', class: 'tool', 'aria-label': 'Slash command', title: 'Slash command', onclick: () => !field.value && insert('/') }, '/'),
    h('button', { type: 'button', class: 'tool', 'aria-label': 'Mention somebody', title: 'Mention somebody', onclick: () => insert('@') }, '@'),
  ];
}

async function say(channel, thread, text) {
  try {
    await post('say', { channel, thread_ts: thread, text: withMentions(text) });
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
  if (command) hint.replaceChildren(h('code', {}, command.command), ' ', h('span', {}, command.usage_hint ?? ''));
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
