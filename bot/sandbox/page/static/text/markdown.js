// The markdown block: its common forms said in mrkdwn, its fences and tables as they are. What is left stays text.

import { h } from '../dom.js';
import { codeBlock } from './code.js';
import { mrkdwn } from './mrkdwn.js';

const FENCED = /^```(\w*)\n([\s\S]*?)(?:^```[^\S\n]*$|(?![\s\S]))/m;
const TABLE = /(?:^\s*\|.*\|\s*$\n?){2,}/m;

export function markdown(text) {
  return cut(String(text ?? ''), FENCED, ([, language, code]) => codeBlock(code.trimEnd(), { language }),
    (rest) => cut(rest, TABLE, ([table]) => codeBlock(table.trim()), prose));
}

function cut(text, pattern, draw, other) {
  const found = pattern.exec(text);
  if (!found) return text.trim() ? [other(text)].flat() : [];
  return [...cut(text.slice(0, found.index), pattern, draw, other), draw(found), ...cut(text.slice(found.index + found[0].length), pattern, draw, other)];
}

function prose(text) {
  return h('div.text', mrkdwn(text.trim().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replace(/(?!^)>/gm, '&gt;')
    .replace(/!?\[([^\]\n]*)\]\((https?:[^)\s]+)\)/g, '<$2|$1>')
    .replace(/^(\s*)[-*+] \[( |x)\] /gim, (_, space, mark) => `${space}${mark === ' ' ? '☐' : '☑'} `)
    .replace(/^(\s*)[-*+] /gm, '$1• ')
    .replace(/(?<![*\w])\*([^*\n]+)\*(?![*\w])/g, '_$1_')
    .replace(/\*\*([^*\n]+)\*\*/g, '*$1*')
    .replace(/^#{1,6}\s+(.*?)\*?$/gm, (_, words) => `*${words.replaceAll('*', '')}*`)
    .replace(/~~([^~\n]+)~~/g, '~$1~')));
}
