// input: a labelled field. What was entered is kept by the surface and sent when the view is submitted.

import { freshId, h } from '../dom.js';
import { drawElement } from '../elements/index.js';
import { textNodes, wordsOf } from '../text/objects.js';

export function input(block, surface) {
  const [id, hintId, errorId] = [freshId('field'), freshId('hint'), freshId('error')];
  const problem = surface.errors?.[block.block_id];
  const described = [block.hint && hintId, problem && errorId].filter(Boolean).join(' ') || null;
  const many = ['checkboxes', 'radio_buttons'].includes(block.element?.type);
  const label = h(many ? 'div' : 'label', { class: 'input-label', id: `${id}-label`, for: many ? null : id },
    textNodes(block.label), block.optional && h('span.quiet', ' (optional)'));
  const at = { surface, block, id, labelledBy: `${id}-label`, describedBy: described, invalid: Boolean(problem), quiet: !block.dispatch_action, label: wordsOf(block.label) };
  return h('div', { class: problem ? 'input input-wrong' : 'input', dataset: { block: block.block_id ?? '' } },
    label,
    drawElement(block.element, at),
    problem && h('div.input-error', { id: errorId, role: 'alert' }, problem),
    block.hint && h('div.input-hint', { id: hintId }, textNodes(block.hint)));
}
