// The markdown block: headings, lists and task lists, quotes, fences, tables, rules and inline styles of GFM.
// A small subset, built as nodes; anything else stays the text it is.

import { h, link } from '../dom.js';
import { plainNodes } from './objects.js';
import { codeBlock } from './code.js';

const INLINE = /(?<code>`[^`\n]+`)|\*\*(?<bold>[^*\n]+)\*\*|~~(?<strike>[^~\n]+)~~|!?\[(?<label>[^\]\n]*)\]\((?<url>[^)\s]+)\)|(?<![\w*])[*_](?<italic>[^*_\n]+)[*_](?!\w)|\\(?<literal>[^\w\s])/g;

export function markdown(text) {
  const lines = String(text ?? '').split('\n');
  const nodes = [];
  while (lines.length) nodes.push(nextBlock(lines));
  return nodes.filter(Boolean);
}

function nextBlock(lines) {
  const line = lines[0];
  if (!line.trim()) return void lines.shift();
  const fence = /^```(\w*)/.exec(line);
  if (fence) return fenced(lines, fence[1]);
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return lines.shift() && h('p', { class: `md-heading md-heading-${heading[1].length}` }, inline(heading[2]));
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return lines.shift() && h('hr');
  if (/^>/.test(line)) return h('blockquote', {}, markdown(taken(lines, /^>/).map((l) => l.replace(/^> ?/, '')).join('\n')));
  if (/^\s*\|.*\|\s*$/.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[1] ?? '')) return table(taken(lines, /^\s*\|/));
  const bullet = /^\s*(?:[-*+]|\d+[.)])\s+/;
  if (bullet.test(line)) return list(taken(lines, bullet), /^\s*\d/.test(line));
  return h('p', {}, inline(paragraph(lines)));
}

function fenced(lines, language) {
  lines.shift();
  const end = lines.findIndex((line) => line.startsWith('```'));
  const body = lines.splice(0, end < 0 ? lines.length : end + 1);
  if (end >= 0) body.pop();
  return codeBlock(body.join('\n'), { language });
}

function taken(lines, pattern) {
  const end = lines.findIndex((line) => !pattern.test(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function paragraph(lines) {
  const end = lines.findIndex((line, index) => index > 0 && (!line.trim() || /^(```|#{1,6}\s|>|\s*[-*+]\s|\s*\d+[.)]\s|\s*\|)/.test(line)));
  return lines.splice(0, end < 0 ? lines.length : end).join('\n');
}

function list(items, ordered) {
  return h(ordered ? 'ol' : 'ul', {}, items.map((item) => {
    const text = item.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '');
    const task = /^\[([ xX])\]\s+/.exec(text);
    const depth = Math.min(Math.floor(item.search(/\S/) / 2), 4);
    if (!task) return h('li', { vars: { depth } }, inline(text));
    const done = task[1] !== ' ';
    return h('li', { class: 'md-task', vars: { depth } }, h('span', { 'aria-label': done ? 'done' : 'open', role: 'img' }, done ? '☑' : '☐'), ' ', inline(text.slice(task[0].length)));
  }));
}

function table(rows) {
  const cells = rows.map((row) => row.trim().replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim()));
  return h('div', { class: 'table-wrap', tabindex: '0', role: 'group', 'aria-label': 'table' }, h('table', {},
    h('thead', {}, h('tr', {}, cells[0].map((cell) => h('th', { scope: 'col' }, inline(cell))))),
    h('tbody', {}, cells.slice(2).map((row) => h('tr', {}, row.map((cell) => h('td', {}, inline(cell))))))));
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(...plainNodes(text.slice(at, match.index)), piece(match.groups));
    at = match.index + match[0].length;
  }
  return [...nodes, ...plainNodes(text.slice(at))];
}

function piece(found) {
  if (found.code) return h('code', {}, found.code.slice(1, -1));
  if (found.bold) return h('strong', {}, inline(found.bold));
  if (found.strike) return h('s', {}, inline(found.strike));
  if (found.italic) return h('em', {}, inline(found.italic));
  if (found.literal) return found.literal;
  return link(found.url, found.label || found.url);
}
