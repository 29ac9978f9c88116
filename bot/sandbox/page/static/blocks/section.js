// section: text, fields in two columns, and one element at the right. Long text folds, unless `expand` says no.

import { h } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { textNodes, wordsOf } from '../text/objects.js';

const LONG_CHARS = 700;
const LONG_LINES = 12;

export function section(block, surface) {
  const at = { surface, block };
  return h('div.section',
    h('div.section-body',
      block.text && text(block, surface),
      block.fields && h('div.fields', block.fields.map((field) => h('div.field', textNodes(field))))),
    block.accessory && h('div.accessory', drawElement(block.accessory, at)));
}

function text(block, surface) {
  const words = wordsOf(block.text);
  const body = h('div.text', textNodes(block.text));
  if (block.expand || (words.length < LONG_CHARS && words.split('\n').length < LONG_LINES)) return body;
  const key = `${block.block_id}/open`;
  const more = h('button.link-button');
  const show = (open) => {
    body.classList.toggle('folded', !open);
    more.textContent = open ? 'See less' : 'See more';
    more.setAttribute('aria-expanded', String(open));
    surface.memory.set(key, open);
  };
  more.addEventListener('click', () => show(!surface.memory.get(key)));
  show(surface.memory.get(key) ?? false);
  return [body, more];
}
