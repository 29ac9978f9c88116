// Every select menu, single and multi: a button, and a popover with a search field over a list.

import { freshId, h, sign } from '../dom.js';
import { wordsOf } from '../text/objects.js';
import { listbox } from '../views/listbox.js';
import { openPopover } from '../views/popover.js';
import { KINDS, wordsOfPick } from './options.js';
import { speak, spokenProps, start } from './speak.js';

const DEBOUNCE_MS = 250;

export function select(element, at) {
  const many = element.type.startsWith('multi_');
  const kind = KINDS[element.type.replace('multi_', '')];
  const key = many ? kind.many : kind.one;
  const initial = many ? (element[`${kind.initial}s`] ?? []) : (element[kind.initial] ?? null);
  let chosen = start(element, at, { [key]: initial })[key];
  const face = h('span.select-face');
  const node = h('button', { ...spokenProps(element, at, 'Choose an option'), class: 'select', 'aria-haspopup': 'listbox', 'aria-expanded': 'false', 'aria-invalid': null }, face, sign('chevron'));
  const show = () => drawFace(face, node, chosen, element, at);
  const pick = async (value) => {
    const before = chosen;
    chosen = many ? toggled(chosen, value) : value;
    show();
    if (!(await speak(element, at, { [key]: chosen }))) chosen = before;
    show();
  };
  node.addEventListener('click', () => openList(node, { element, at, kind, many, pick, chosen: () => chosen }));
  show();
  return node;
}

function drawFace(face, node, chosen, element, at) {
  const picks = [chosen].flat().filter(Boolean);
  const empty = wordsOf(element.placeholder) || 'Choose an option';
  face.classList.toggle('placeholder', !picks.length);
  const many = Array.isArray(chosen);
  face.replaceChildren(...(picks.length ? picks.map((pick) => (many ? h('span.chip', wordsOfPick(pick)) : wordsOfPick(pick))) : [empty]));
  const name = at.label ?? element.accessibility_label;
  const words = picks.map(wordsOfPick).join(', ') || empty;
  node.setAttribute('aria-label', name ? `${name}: ${words}` : words);
}

function openList(node, { element, at, kind, many, pick, chosen }) {
  const status = h('div.list-status', { role: 'status' });
  const list = listbox('Options', (value) => {
    pick(value);
    if (!many) popover?.close();
    else refresh();
  });
  const search = h('input.field-text.slim', { type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-autocomplete': 'list', 'aria-controls': list.node.id, 'aria-label': 'Search options', placeholder: placeholderOf(element), autocomplete: 'off', id: freshId('search') });
  list.controlledBy(search);
  const refresh = () => load({ element, at, kind, list, status, query: search.value, chosen: chosen(), current: () => search.value });
  search.addEventListener('input', element.type.endsWith('external_select') ? debounced(refresh) : refresh);
  search.addEventListener('keydown', (event) => list.key(event));
  const popover = openPopover(node, h('div.select-list', search, list.node, status), { css: 'popover-list', wide: true });
  if (!popover) return;
  refresh();
  search.focus();
}

async function load({ element, at, kind, list, status, query, chosen, current }) {
  const waiting = setTimeout(() => (status.textContent = 'Searching…'), 150);
  try {
    const groups = await kind.groups(element, query, at);
    if (current() !== query) return;
    const items = (groups ?? []).flatMap((group) => (group.options.length && group.label ? [{ heading: group.label }] : []).concat(group.options.map((option) => item(option, chosen))));
    list.show(items);
    const words = groups ? (items.length ? '' : 'Nothing matches.') : needed(element, query);
    clearTimeout(waiting);
    status.textContent = words;
  } catch (error) {
    status.textContent = `Options could not be loaded: ${error.message}`;
  } finally {
    clearTimeout(waiting);
  }
}

function item(option, chosen) {
  const selected = [chosen].flat().some((one) => idOf(one) === idOf(option.pick));
  return { value: option.pick, selected, content: [h('span.option-text', option.text), option.description && h('span.quiet', option.description)] };
}

function placeholderOf(element) {
  return element.type.endsWith('external_select') ? 'Type to search' : 'Search';
}

function needed(element, query) {
  const missing = (element.min_query_length ?? 3) - query.length;
  return `Type ${missing} more character${missing === 1 ? '' : 's'} to search.`;
}

function toggled(chosen, value) {
  const rest = chosen.filter((one) => idOf(one) !== idOf(value));
  return rest.length === chosen.length ? [...chosen, value] : rest;
}

function idOf(pick) {
  return typeof pick === 'string' ? pick : pick?.value;
}

function debounced(work) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, DEBOUNCE_MS);
  };
}
