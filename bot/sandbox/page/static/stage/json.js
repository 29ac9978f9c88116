// A JSON value, line by line. Each line knows its JSON pointer, so that a refusal can point at the node it means.

import { h } from '../dom.js';

/** `bad` are the pointers to mark. */
export function jsonTree(value, bad = []) {
  const box = h('pre.json', { tabindex: '0' });
  const line = (depth, at, ...words) => box.append(h('span', { class: bad.includes(at) ? 'json-line json-bad' : 'json-line', vars: { depth }, dataset: { at } }, words, '\n'));
  const walk = (given, key, at, depth, tail) => {
    const node = depth === 1 ? unpacked(given) : given;
    const name = key !== null && [h('span.json-key', JSON.stringify(key)), ': '];
    if (node === null || typeof node !== 'object') return line(depth, at, name, h('span', { class: `hl-${typeof node}` }, JSON.stringify(node) ?? ''), tail);
    const [open, close] = Array.isArray(node) ? '[]' : '{}';
    const entries = Object.entries(node);
    if (!entries.length) return line(depth, at, name, open, close, tail);
    line(depth, at, name, open);
    entries.forEach(([inner, child], index) => walk(child, open === '[' ? null : inner, `${at}/${inner.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1, index < entries.length - 1 && ','));
    return line(depth, null, close, tail);
  };
  walk(value, null, '', 0, '');
  return box;
}

/** Brings the node of `pointer`, or what stands nearest above it, before the reader's eyes; false: it is not here. */
export function jumpTo(tree, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = tree.querySelector(`[data-at="${CSS.escape(at)}"]`);
    if (!found) continue;
    tree.querySelector('.json-here')?.classList.remove('json-here');
    found.classList.add('json-here');
    tree.scrollTop += found.getBoundingClientRect().top - tree.getBoundingClientRect().top - 40;
    found.scrollIntoView({ block: 'nearest' });
    return true;
  }
  return false;
}

// Forms carry objects as JSON text.
function unpacked(value) {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
