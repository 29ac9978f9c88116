// table: rows of raw text, numbers or rich text; and the cells that data_table shares.

import { h } from '../dom.js';
import { richText } from './rich-text.js';

export function table(block) {
  const [head, ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const css = (index) => ['', settings[index]?.align && `align-${settings[index].align}`, settings[index]?.is_wrapped && 'wrapped'].filter(Boolean).join(' ') || null;
  return h('div.table-wrap', { tabindex: '0', role: 'group', 'aria-label': 'table' }, h('table',
    h('thead', h('tr', (head ?? []).map((cell, index) => h('th', { scope: 'col', class: css(index) }, cellNodes(cell))))),
    h('tbody', rows.map((row) => h('tr', row.map((cell, index) => h('td', { class: css(index) }, cellNodes(cell))))))));
}

/** The content of a cell: raw_text, raw_number or a rich_text block. */
export function cellNodes(cell) {
  if (cell?.type === 'rich_text') return richText(cell);
  return cellWords(cell);
}

/** A cell's words, to sort and filter by. */
export function cellWords(cell) {
  if (cell?.type !== 'rich_text') return String(cell?.text ?? cell?.value ?? '');
  const words = (node) => (node.elements ? node.elements.map(words).join('') : node.text ?? node.name ?? '');
  return words(cell);
}
