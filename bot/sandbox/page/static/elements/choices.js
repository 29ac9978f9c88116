// checkboxes and radio_buttons.

import { freshId, h } from '../dom.js';
import { textNodes } from '../text/objects.js';
import { speak, spokenProps, start } from './speak.js';

export function checkboxes(element, at) {
  const chosen = start(element, at, { selected_options: element.initial_options ?? [] }).selected_options;
  const boxes = [];
  const change = () => speak(element, at, { selected_options: element.options.filter((_, index) => boxes[index].checked) });
  return group(element, at, 'group', element.options.map((option, index) => {
    boxes[index] = h('input', { type: 'checkbox', onchange: change, checked: includes(chosen, option) });
    return choice(boxes[index], option);
  }));
}

export function radioButtons(element, at) {
  const chosen = start(element, at, { selected_option: element.initial_option ?? null }).selected_option;
  const name = freshId('radio');
  return group(element, at, 'radiogroup', element.options.map((option) => choice(
    h('input', { type: 'radio', name, checked: includes([chosen], option), onchange: () => speak(element, at, { selected_option: option }) }), option)));
}

function group(element, at, role, choices) {
  const props = spokenProps(element, at, 'Options');
  if (role !== 'radiogroup') props['aria-invalid'] = null;
  return h('div', { ...props, class: 'choices', role, 'aria-labelledby': at.labelledBy }, choices);
}

function choice(box, option) {
  return h('label.choice', box, h('span', h('span.choice-text', textNodes(option.text)), option.description && h('span.quiet', textNodes(option.description))));
}

function includes(options, option) {
  return options.some((one) => one?.value === option.value);
}
