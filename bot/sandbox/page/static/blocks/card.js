// card: a picture, a title, a body and up to three buttons.

import { h } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { textNodes, wordsOf } from '../text/objects.js';
import { pictureOf } from './plain.js';

export function card(block, surface) {
  return h('article.card', { 'aria-label': wordsOf(block.title) },
    block.hero_image && pictureOf(block.hero_image, 'card-hero'),
    block.title && h('div.card-title', textNodes(block.title)),
    block.subtitle && h('div.quiet', textNodes(block.subtitle)),
    block.body && h('div.card-body', textNodes(block.body)),
    block.actions && h('div.actions', block.actions.map((button) => drawElement(button, { surface, block }))));
}
