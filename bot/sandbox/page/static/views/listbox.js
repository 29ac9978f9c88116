// A list of options that is steered from a text field: arrows move, Enter picks; the field keeps the focus.

import { freshId, h } from '../dom.js';

/** Items: {content, value, selected?} or {heading}. */
export function listbox(label, onpick) {
  const node = h('ul.listbox', { role: 'listbox', id: freshId('list'), 'aria-label': label });
  let options = [];
  let active = -1;
  let field = null;

  const mark = (index) => {
    options[active]?.node.classList.remove('active');
    active = options.length ? (index + options.length) % options.length : -1;
    const now = options[active]?.node;
    now?.classList.add('active');
    now?.scrollIntoView({ block: 'nearest' });
    if (now) field?.setAttribute('aria-activedescendant', now.id);
    else field?.removeAttribute('aria-activedescendant');
  };
  const show = (items) => {
    const before = options[active]?.value;
    options = items.filter((item) => !item.heading).map((item) => ({ ...item, node: option(item, onpick) }));
    const nodes = items.map((item) => (item.heading ? h('li.list-heading', { role: 'presentation' }, item.heading) : options.find((one) => one.value === item.value).node));
    node.replaceChildren(...nodes);
    active = -1;
    mark(Math.max(0, options.findIndex((one) => one.value === before)));
  };
  const key = (event) => {
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1 };
    if (event.key in moves) mark(moves[event.key]);
    else if (event.key === 'Enter' && active >= 0) onpick(options[active].value);
    else return false;
    event.preventDefault();
    return true;
  };
  return { node, show, key, controlledBy: (input) => (field = input), pickActive: () => active >= 0 && onpick(options[active].value), size: () => options.length };
}

function option(item, onpick) {
  return h('li.option', { role: 'option', id: freshId('option'), 'aria-selected': String(Boolean(item.selected)), onmousedown: (event) => event.preventDefault(), onclick: () => onpick(item.value) }, item.content);
}
