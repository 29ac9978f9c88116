// Which element is drawn by what. `at` says where: {surface, block} and, inside an input block, its label and errors.

import { h } from '../dom.js';
import { pictureOf } from '../blocks/plain.js';
import { button } from './button.js';
import { checkboxes, radioButtons } from './choices.js';
import { datepicker, datetimepicker, timepicker } from './dates.js';
import { overflow } from './overflow.js';
import { select } from './select.js';
import { textInput } from './text-input.js';

const DRAW = {
  button, checkboxes, datepicker, datetimepicker, overflow, timepicker,
  icon_button: button, workflow_button: button, radio_buttons: radioButtons, image: (element) => pictureOf(element, 'element-image'),
  plain_text_input: textInput, number_input: textInput, email_text_input: textInput, url_text_input: textInput,
  ...Object.fromEntries(['static', 'external', 'users', 'conversations', 'channels'].flatMap((kind) => [[`${kind}_select`, select], [`multi_${kind}_select`, select]])),
};

export function drawElement(element, at) {
  const draw = Object.hasOwn(DRAW, element?.type ?? '') ? DRAW[element.type] : null;
  return draw ? draw(element, at) : h('span.unsupported', `unsupported element: ${element?.type}`);
}
