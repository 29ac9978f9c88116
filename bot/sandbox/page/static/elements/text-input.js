// plain_text_input and its kin: number_input, email_text_input, url_text_input.

import { h } from '../dom.js';
import { wordsOf } from '../text/objects.js';
import { keep, speak, spokenProps, start } from './speak.js';

const TYPES = { number_input: 'text', email_text_input: 'email', url_text_input: 'url', plain_text_input: 'text' };

export function textInput(element, at) {
  const value = start(element, at, { value: element.initial_value ?? null }).value;
  const props = {
    ...spokenProps(element, at, 'Text'), class: 'field-text', placeholder: wordsOf(element.placeholder) || null,
    maxlength: element.max_length ?? null, autocomplete: 'off', inputmode: element.type === 'number_input' ? 'decimal' : null,
    autofocus: element.focus_on_load,
  };
  const node = element.multiline ? h('textarea', { ...props, rows: '4' }) : h('input', { ...props, type: TYPES[element.type] ?? 'text' });
  node.value = value ?? '';
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
  node.addEventListener('input', () => {
    keep(element, at, { value: node.value || null });
    if (triggers.includes('on_character_entered')) speak(element, at, { value: node.value });
  });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || at.quiet || element.multiline || !triggers.includes('on_enter_pressed')) return;
    event.preventDefault();
    speak(element, at, { value: node.value });
  });
  return node;
}
