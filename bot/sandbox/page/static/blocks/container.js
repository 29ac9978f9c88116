// container: a titled box of blocks that may fold; it stays as the reader left it when the message is edited.

import { freshId, h, sign } from '../dom.js';
import { textNodes, wordsOf } from '../text/objects.js';

/** `drawAll` draws the children; it is passed in because containers and the registry know one another. */
export function container(block, surface, drawAll) {
  const id = freshId('container');
  const key = `${block.block_id}/open`;
  const body = h('div.container-body', { id }, drawAll(block.child_blocks ?? block.blocks ?? [], surface));
  if (!block.is_collapsible) return box(block, h('div.container-title', titled(block)), body);
  const toggle = h('button.container-title', { 'aria-controls': id, dataset: { keep: key } },
    sign('chevron'), titled(block));
  const show = (open) => {
    body.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
    surface.memory.set(key, open);
  };
  toggle.addEventListener('click', () => show(body.hidden));
  show(surface.memory.get(key) ?? !block.default_collapsed);
  return box(block, toggle, body);
}

function titled(block) {
  return h('span.container-words', h('span', textNodes(block.title)), block.subtitle && h('span.quiet', textNodes(block.subtitle)));
}

function box(block, title, body) {
  return h('section', { class: `container width-${block.width ?? 'standard'}`, 'aria-label': wordsOf(block.title) }, title, body);
}
