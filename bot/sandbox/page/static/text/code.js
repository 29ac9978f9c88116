// A preformatted block with its language, light colours for tracebacks and JSON, and a button that copies it.

import { h } from '../dom.js';

const WORDS = {
  python: /\b(?:def|class|return|raise|import|from|for|in|if|else|elif|while|with|as|try|except|finally|None|True|False|and|or|not|lambda|yield|await|async|self)\b/,
  json: /\b(?:true|false|null)\b/,
  yaml: /\b(?:true|false|null)\b/,
  bash: /\b(?:if|then|fi|for|do|done|echo|export|exit|set)\b/,
};
const PARTS = {
  string: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/,
  error: /\b[A-Z]\w*(?:Error|Exception|Warning|Interrupt)\b/,
  number: /\b\d[\d_]*(?:\.\d+)?\b/,
};

/** `content` is text or nodes; only plain text is coloured. */
export function codeBlock(content, { language, border } = {}) {
  const pre = h('pre', { tabindex: '0', role: 'group', 'aria-label': language ? `${language} code` : 'preformatted text' }, coloured([content].flat(), language));
  const copy = h('button.copy', { title: 'Copy', 'aria-label': 'Copy this text', onclick: () => copied(pre, copy) }, 'Copy');
  return h('div', { class: border === 0 ? 'code code-open' : 'code' }, language && h('span.code-language', language), pre, copy);
}

async function copied(pre, button) {
  try {
    await navigator.clipboard.writeText(pre.textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(pre);
    button.textContent = 'Selected';
  }
  setTimeout(() => (button.textContent = 'Copy'), 1500);
}

function coloured(content, language) {
  const words = WORDS[language];
  if (!words) return content;
  const kinds = { ...PARTS, word: words };
  const pattern = new RegExp(Object.entries(kinds).map(([kind, part]) => `(?<${kind}>${part.source})`).join('|'), 'g');
  return content.flatMap((part) => (typeof part === 'string' ? pieces(part, pattern) : [part]));
}

function pieces(text, pattern) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(text.slice(at, match.index));
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    nodes.push(h('span', { class: `hl-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}
