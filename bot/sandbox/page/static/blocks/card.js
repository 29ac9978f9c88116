// card and carousel: a picture, a title, a body and up to three buttons. task_card and plan: steps with a state.

import { h } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { textNodes, wordsOf } from '../text/objects.js';
import { pictureOf } from './plain.js';
import { richText } from './rich-text.js';

export function card(block, surface) {
  return h('article', { class: 'card', 'aria-label': wordsOf(block.title) },
    block.hero_image && pictureOf(block.hero_image, 'card-hero'),
    h('div', { class: 'card-head' },
      block.icon && pictureOf(block.icon, 'card-icon'),
      h('div', {},
        block.title && h('div', { class: 'card-title' }, textNodes(block.title)),
        block.subtitle && h('div', { class: 'quiet' }, textNodes(block.subtitle)))),
    block.body && h('div', { class: 'card-body' }, textNodes(block.body)),
    block.subtext && h('div', { class: 'quiet' }, textNodes(block.subtext)),
    block.actions && h('div', { class: 'actions' }, block.actions.map((button) => drawElement(button, { surface, block }))));
}

export function carousel(block, surface) {
  return h('div', { class: 'carousel', role: 'group', 'aria-label': 'carousel', tabindex: '0' }, (block.elements ?? []).map((one) => card(one, surface)));
}

const STATES = { pending: '○', in_progress: '◐', complete: '●', error: '✕' };

export function taskCard(block) {
  return h('div', { class: `task task-${block.status}` },
    h('span', { class: 'task-sign', role: 'img', 'aria-label': block.status }, STATES[block.status] ?? '○'),
    h('div', {}, h('div', { class: 'card-title' }, textNodes(block.title)), [block.details, block.output].filter(Boolean).map((one) => richText(one))));
}

export function plan(block) {
  return h('div', { class: 'container' }, h('div', { class: 'container-title' }, textNodes(block.title)), h('div', { class: 'container-body' }, (block.tasks ?? []).map(taskCard)));
}
