// datepicker, timepicker and datetimepicker: the browser's own pickers.

import { h } from '../dom.js';
import { speak, spokenProps, start } from './speak.js';

export function datepicker(element, at) {
  return picker(element, at, 'date', 'selected_date', element.initial_date, (value) => value);
}

export function timepicker(element, at) {
  return picker(element, at, 'time', 'selected_time', element.initial_time, (value) => value);
}

export function datetimepicker(element, at) {
  const epoch = (value) => Math.floor(new Date(value).getTime() / 1000);
  return picker(element, at, 'datetime-local', 'selected_date_time', element.initial_date_time, epoch, localInput);
}

function picker(element, at, type, key, initial, read, show = (value) => value) {
  const known = start(element, at, { [key]: initial ?? null })[key];
  const node = h('input', { type, ...spokenProps(element, at, 'Pick a date or time'), class: 'field-text picker', onchange: () => speak(element, at, { [key]: node.value ? read(node.value) : null }) });
  if (known) node.value = show(known);
  return node;
}

/** An epoch in seconds as the local wall time that the browser's field takes. */
function localInput(epoch) {
  const date = new Date(epoch * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
