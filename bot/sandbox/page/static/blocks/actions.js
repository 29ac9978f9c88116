// actions and context_actions: a row of elements that speak to the app at once.

import { h } from '../dom.js';
import { drawElement } from '../elements/index.js';

export function actions(block, surface) {
  return h('div.actions', block.elements.map((element) => drawElement(element, { surface, block })));
}

export function contextActions(block, surface) {
  return h('div.actions.actions-slim', block.elements.flatMap((element) =>
    buttonsOf(element).map((button) => drawElement(button, { surface, block }))));
}

function buttonsOf(element) {
  if (element.type !== 'feedback_buttons') return [element];
  return [element.positive_button, element.negative_button].map((button) => ({ ...button, type: 'button', action_id: element.action_id }));
}
