// The list above a composer: commands after "/", people after "@", channels after "#".

import { badgeOf, channels, channelSign, commands, groups, nameOf, people } from '../directory.js';
import { h } from '../dom.js';
import { avatar } from './avatar.js';
import { listbox } from './listbox.js';

const MOST = 8;

/** Returns {node, key(event)}: `key` is true when the list has used the key press. */
export function completion(field) {
  const list = listbox('Suggestions', (value) => insert(value));
  const node = h('div.completion', { hidden: true }, list.node);
  let word = null;
  list.controlledBy(field);
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', list.node.id);

  const hide = () => {
    node.hidden = true;
    field.removeAttribute('aria-activedescendant');
  };
  const refresh = () => {
    word = wordAt(field);
    const items = word ? SOURCES[word.mark](word.text.toLowerCase()).slice(0, MOST) : [];
    list.show(items);
    node.hidden = !items.length;
    if (!items.length) hide();
  };
  const insert = (text) => {
    field.setRangeText(`${text} `, word.from, word.to, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    hide();
  };
  field.addEventListener('input', refresh);
  field.addEventListener('click', refresh);
  field.addEventListener('blur', hide);
  return {
    node,
    key(event) {
      if (node.hidden) return false;
      if (event.key === 'Escape') {
        event.preventDefault();
        hide();
        return true;
      }
      if (event.key === 'Tab') {
        event.preventDefault();
        list.pickActive();
        return true;
      }
      // A command that is typed out is sent by Enter, not completed once more.
      if (event.key === 'Enter' && commands.some((one) => one.command === field.value.trim())) return hide() ?? false;
      return list.key(event);
    },
  };
}

/** The word before the caret, if it begins with a mark that completes. */
function wordAt(field) {
  const before = field.value.slice(0, field.selectionStart);
  const match = /(^|\s)([@#/])([\p{L}\p{N}._-]*)$/u.exec(before);
  if (!match || (match[2] === '/' && match.index + match[1].length > 0)) return null;
  const from = before.length - match[3].length - 1;
  return { mark: match[2], text: match[3], from, to: before.length };
}

const SOURCES = {
  '/': (text) => commands.filter((one) => one.command.slice(1).startsWith(text)).map((one) => ({
    value: one.command,
    content: [h('span.option-text', h('strong', one.command), ' ', h('span.option-usage', one.usage_hint ?? '')), h('span.quiet', one.description)],
  })),
  '@': (text) => [
    ...[...people.values()].filter((user) => begins(`${user.name} ${nameOf(user.id)}`, text)).map((user) => ({
      value: `@${nameOf(user.id)}`,
      content: [avatar(user.id, 'tiny'), h('span.option-text', nameOf(user.id)), h('span.quiet', [`@${user.name}`, badgeOf(user)].filter(Boolean).join(' · '))],
    })),
    ...[...groups.values()].filter((group) => begins(`${group.handle} ${group.name}`, text)).map((group) => ({
      value: `@${group.handle}`,
      content: [h('span.option-text', `@${group.handle}`), h('span.quiet', group.name)],
    })),
  ],
  '#': (text) => [...channels.values()].filter((channel) => !channel.is_im && channel.name.includes(text)).map((channel) => ({
    value: `#${channel.name}`,
    content: [h('span.option-text', channelSign(channel), channel.name)],
  })),
};

/** Whether any word of `names`, or all of it, begins so. */
function begins(names, text) {
  return ` ${names.toLowerCase().replace(/[._-]+/g, ' ')}`.includes(` ${text.replace(/[._-]+/g, ' ')}`);
}
