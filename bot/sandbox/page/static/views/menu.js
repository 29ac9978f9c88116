// A menu of actions in a popover, with arrow keys.

import { h, safeUrl } from '../dom.js';
import { openPopover } from './popover.js';

/** Items: {label, description?, onpick, checked?, url?, danger?}; {heading} for a title, {line: true} for a rule. */
function openMenu(anchor, items, options = {}) {
  const menu = h('div.menu', { role: 'menu', onkeydown: (event) => step(event, menu) });
  const popover = openPopover(anchor, menu, options);
  if (!popover) return;
  menu.append(...items.map((item) => entry(item, popover)));
  entriesOf(menu)[0]?.focus();
}

/** A button that opens a menu of what `items()` returns; `name` is what it is called. */
export function menuButton(tag, name, content, items, { above, ...props } = {}) {
  const node = h(tag, { 'aria-label': name, title: name, 'aria-haspopup': 'menu', 'aria-expanded': 'false', ...props }, content);
  node.addEventListener('click', () => openMenu(node, items(), { above }));
  return node;
}

function entry(item, popover) {
  if (item.line) return h('hr', { role: 'separator' });
  if (item.heading) return h('div.menu-heading', { role: 'presentation' }, item.heading);
  const href = item.url && safeUrl(item.url);
  const role = item.checked === undefined ? 'menuitem' : 'menuitemradio';
  const props = {
    class: item.danger ? 'menu-item danger' : 'menu-item', role, tabindex: '-1', 'aria-checked': item.checked === undefined ? null : String(item.checked),
    onclick: () => {
      popover.close();
      item.onpick?.();
    },
  };
  const content = [h('span.menu-label', item.label), item.description && h('span.quiet', item.description)];
  return href ? h('a', { ...props, href, target: '_blank', rel: 'noopener noreferrer' }, content) : h('button', { ...props }, content);
}

function entriesOf(menu) {
  return [...menu.querySelectorAll('.menu-item')];
}

function step(event, menu) {
  const entries = entriesOf(menu);
  const at = entries.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  entries[(next + entries.length) % entries.length]?.focus();
}
