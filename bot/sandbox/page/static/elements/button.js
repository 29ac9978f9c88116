// button, icon_button and workflow_button. One that carries a URL opens it and tells the app too.

import { h, safeUrl } from '../dom.js';
import { textNodes, wordsOf } from '../text/objects.js';
import { speak, spokenProps } from './speak.js';

const ICONS = { trash: '🗑', delete: '🗑' };

export function button(element, at) {
  const css = ['primary', 'danger'].includes(element.style) ? `button ${element.style}` : 'button';
  const words = element.icon ? (ICONS[element.icon] ?? element.icon) : textNodes(element.text);
  const props = { ...spokenProps(element, at, element.icon && (wordsOf(element.text) || element.icon)), class: css };
  const url = element.url && safeUrl(element.url);
  const node = url ? h('a', { ...props, href: url, target: '_blank', rel: 'noopener noreferrer' }, words) : h('button', { ...props }, words);
  node.addEventListener('click', () => press(node, element, at));
  return node;
}

// While the app works on a press, the same button does not take another.
async function press(node, element, at) {
  if (node.getAttribute('aria-busy') === 'true') return;
  node.setAttribute('aria-busy', 'true');
  try {
    await speak(element, at, {});
  } finally {
    node.removeAttribute('aria-busy');
  }
}
