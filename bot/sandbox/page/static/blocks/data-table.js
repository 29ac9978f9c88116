// data_table: a captioned table that pages, sorts and filters in the browser, as Slack's client does.

import { h } from '../dom.js';
import { wordsOf } from '../text/objects.js';
import { cellNodes, cellWords } from './table.js';

const PAGE_SIZE = 5;

export function dataTable(block, surface) {
  const key = `${block.block_id}/table`;
  const state = surface.memory.get(key) ?? { page: 0, column: null, down: false, filter: '' };
  surface.memory.set(key, state);
  const box = h('div.data-table');
  const body = h('div');
  const redraw = () => body.replaceChildren(...grid(block, state, redraw));
  const filter = h('input.field-text.slim', { type: 'search', placeholder: 'Filter rows', 'aria-label': `Filter ${wordsOf(block.caption)}`, dataset: { keep: key }, oninput: () => {
    state.filter = filter.value.toLowerCase();
    state.page = 0;
    redraw();
  } });
  filter.value = state.filter;
  redraw();
  box.append(h('div.data-table-head', h('span.data-table-caption', wordsOf(block.caption)), filter), body);
  return box;
}

function grid(block, state, redraw) {
  const [head, ...rows] = block.rows;
  const shown = ordered(rows.filter((row) => !state.filter || row.some((cell) => cellWords(cell).toLowerCase().includes(state.filter))), state);
  const size = block.page_size ?? PAGE_SIZE;
  const pages = Math.max(1, Math.ceil(shown.length / size));
  state.page = Math.min(state.page, pages - 1);
  const page = shown.slice(state.page * size, (state.page + 1) * size);
  const rowHead = block.row_header_column_index ?? 0;
  return [
    h('div.table-wrap', { tabindex: '0', role: 'group', 'aria-label': wordsOf(block.caption) }, h('table',
      h('thead', h('tr', head.map((cell, index) => columnHead(cell, index, state, redraw, isNumeric(rows, index))))),
      h('tbody', page.map((row) => h('tr', row.map((cell, index) => bodyCell(cell, index === rowHead)))),
        !page.length && h('tr', h('td', { colspan: String(head.length), class: 'quiet' }, 'No row matches.'))))),
    pager(shown.length, size, pages, state, redraw),
  ];
}

function columnHead(cell, index, state, redraw, numeric) {
  const sorted = state.column === index;
  const order = sorted ? (state.down ? 'descending' : 'ascending') : 'none';
  const sort = () => {
    Object.assign(state, sorted && state.down ? { column: null, down: false } : { column: index, down: sorted });
    redraw();
  };
  return h('th', { scope: 'col', 'aria-sort': order, class: numeric ? 'align-right' : null },
    h('button', { class: `sort sort-${order}`, onclick: sort }, cellWords(cell), h('span', { 'aria-hidden': 'true' }, { ascending: '↑', descending: '↓' }[order] ?? '↕')));
}

function bodyCell(cell, isHead) {
  const css = cell?.type === 'raw_number' ? 'align-right' : null;
  return isHead ? h('th', { scope: 'row', class: css }, cellNodes(cell)) : h('td', { class: css }, cellNodes(cell));
}

function pager(count, size, pages, state, redraw) {
  const from = state.page * size;
  const go = (step) => () => {
    state.page += step;
    redraw();
  };
  const button = (label, sign, step, off) => h('button.icon-button', { 'aria-label': label, disabled: off, onclick: go(step) }, sign);
  return h('div.pager',
    h('span', { 'aria-live': 'polite' }, count ? `${from + 1}–${Math.min(from + size, count)} of ${count}` : '0 rows'),
    pages > 1 && [button('Previous page', '‹', -1, state.page === 0), button('Next page', '›', 1, state.page === pages - 1)]);
}

function isNumeric(rows, index) {
  return rows.length > 0 && rows.every((row) => row[index]?.type === 'raw_number');
}

function ordered(rows, state) {
  if (state.column === null) return rows;
  const numeric = isNumeric(rows, state.column);
  const by = numeric
    ? (a, b) => a[state.column].value - b[state.column].value
    : (a, b) => cellWords(a[state.column]).localeCompare(cellWords(b[state.column]), 'en', { numeric: true });
  return [...rows].sort((a, b) => (state.down ? by(b, a) : by(a, b)));
}
