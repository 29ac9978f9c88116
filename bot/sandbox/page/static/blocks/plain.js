// The blocks that only show: header, context, divider, image, markdown, video, file, alert.

import { h, link, ownUrl } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { markdown } from '../text/markdown.js';
import { textNodes, wordsOf } from '../text/objects.js';

export function header(block) {
  return h('div', { class: `block-header level-${block.level ?? 1}`, role: 'heading', 'aria-level': String(1 + (block.level ?? 1)) }, textNodes(block.text));
}

export function context(block, surface) {
  return h('div', { class: 'context' }, block.elements.map((element) =>
    element.type === 'image' ? drawElement(element, { surface, block }) : h('span', { class: 'context-text' }, textNodes(element))));
}

export function divider() {
  return h('hr', { class: 'divider' });
}

export function image(block) {
  const picture = pictureOf(block, 'picture');
  return h('figure', { class: 'image' }, block.title && h('figcaption', {}, textNodes(block.title)), picture);
}

/** An <img>, or its words and a link when it lives outside: this page loads nothing from elsewhere. */
export function pictureOf(source, css) {
  const url = source.image_url ?? source.slack_file?.url ?? '';
  const own = ownUrl(url);
  const alt = source.alt_text ?? '';
  if (own) return h('img', { class: css, src: own, alt, loading: 'lazy' });
  return h('span', { class: 'image-outside' }, link(url, alt || 'image'), ' (an image outside the sandbox)');
}

export function markdownBlock(block) {
  return h('div', { class: 'markdown' }, markdown(block.text));
}

export function video(block) {
  return h('div', { class: 'side-box' },
    h('div', {}, link(block.title_url ?? block.video_url, wordsOf(block.title) || 'Video')),
    block.description && h('div', { class: 'quiet' }, textNodes(block.description)),
    h('div', { class: 'quiet' }, [block.provider_name, block.author_name].filter(Boolean).join(' · ')));
}

export function file(block) {
  return h('div', { class: 'side-box quiet' }, `File ${block.external_id ?? ''} (${block.source ?? 'remote'})`);
}

export function alert(block) {
  const level = ['info', 'warning', 'error', 'success'].includes(block.level) ? block.level : 'default';
  return h('div', { class: `alert alert-${level}`, role: level === 'error' ? 'alert' : 'note' }, h('span', { class: 'alert-sign', 'aria-hidden': 'true' }), h('div', {}, textNodes(block.text)));
}
