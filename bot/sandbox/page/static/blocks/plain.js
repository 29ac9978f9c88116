// The blocks that only show: header, context, divider, image, markdown, alert.

import { h, link, ownUrl } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { markdown } from '../text/markdown.js';
import { textNodes, wordsOf } from '../text/objects.js';

export function header(block) {
  return h('div', { class: `block-header level-${block.level ?? 1}`, role: 'heading', 'aria-level': String(1 + (block.level ?? 1)) }, textNodes(block.text));
}

export function context(block, surface) {
  return h('div.context', block.elements.map((element) =>
    element.type === 'image' ? drawElement(element, { surface, block }) : h('span.context-text', textNodes(element))));
}

export function divider() {
  return h('hr.divider');
}

export function image(block) {
  const picture = pictureOf(block, 'picture');
  return h('figure.image', block.title && h('figcaption', textNodes(block.title)), picture);
}

/** An <img>, or its words and a link when it lives outside: this page loads nothing from elsewhere. */
export function pictureOf(source, css) {
  const url = source.image_url ?? source.slack_file?.url ?? '';
  const own = ownUrl(url);
  const alt = source.alt_text ?? '';
  if (own) return h('img', { class: css, src: own, alt, loading: 'lazy' });
  return h('span.image-outside', link(url, alt || 'image'), ' (an image outside the sandbox)');
}

export function markdownBlock(block) {
  return h('div.markdown', markdown(block.text));
}

export function alert(block) {
  const level = ['info', 'warning', 'error', 'success'].includes(block.level) ? block.level : 'default';
  return h('div', { class: `alert alert-${level}`, role: level === 'error' ? 'alert' : 'note' }, h('span', { 'aria-hidden': 'true' }, { info: 'ℹ', warning: '⚠', error: '✕', success: '✓' }[level] ?? '•'), h('div', textNodes(block.text)));
}
