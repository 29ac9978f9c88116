import { h } from '../dom.js';
import { textNodes } from '../text/objects.js';
import { openMenu } from '../views/menu.js';
import { speak, spokenProps } from './speak.js';

/** The "⋯" button with its menu of up to five options. */
export function overflow(element, at) {
  const node = h('button', { type: 'button', ...spokenProps(element, at, 'More actions'), class: 'button overflow', 'aria-haspopup': 'menu' }, h('span', { 'aria-hidden': 'true' }, '⋯'));
  node.addEventListener('click', () => openMenu(node, element.options.map((option) => ({
    label: textNodes(option.text),
    description: option.description && textNodes(option.description),
    url: option.url,
    onpick: () => speak(element, at, { selected_option: option }),
  }))));
  return node;
}
