// Slack's mrkdwn. Text comes with & < > written as entities; what stands between bare < and > is alive.
// Everything becomes text nodes and known elements: there is no way from log text to markup.

import { h } from '../dom.js';
import { emojiNode, withEmoji } from '../emoji.js';
import { controlToken } from './tokens.js';
import { codeBlock } from './code.js';

const MARKS = { '*': 'strong', _: 'em', '~': 's' };
const SPECIAL = /[<`:*_~h]/g;
const CONTROL = /<([^<>\n]+)>/y;
const CODE = /`([^`\n]+)`/y;
const EMOJI = /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/y;
const URL = /https?:\/\/[^\s<>|`*]+[^\s<>|`*.,;:!?)\]}'"]/y;
const WORD = /[\p{L}\p{N}]/u;
const DEEPEST = 6;

/** The nodes of a mrkdwn text; `verbatim` switches off the recognition of bare URLs. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  String(text ?? '').split('```').forEach((piece, index, all) => {
    const fenced = index % 2 === 1 && index < all.length - 1;
    if (fenced) nodes.push(codeBlock(controlled(piece.replace(/^\n/, '').replace(/\n$/, ''))));
    else nodes.push(...quoted(index % 2 === 1 ? `\`\`\`${piece}` : trimmed(piece, index, all.length), verbatim));
  });
  return nodes;
}

/** Slack's three entities, undone. */
function decode(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function trimmed(piece, index, count) {
  const start = index > 0 ? piece.replace(/^\n/, '') : piece;
  return index < count - 1 ? start.replace(/\n$/, '') : start;
}

function quoted(text, verbatim) {
  const nodes = [];
  let plain = [];
  let quote = [];
  const flush = () => {
    if (plain.length) nodes.push(...inline(plain.join('\n'), verbatim, 0));
    if (quote.length) nodes.push(h('blockquote', inline(quote.join('\n'), verbatim, 0)));
    plain = [];
    quote = [];
  };
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (/^(&gt;|>){3}/.test(line)) {
      flush();
      quote = [line.replace(/^(&gt;|>){3} ?/, ''), ...lines.slice(index + 1)];
      break;
    }
    const mark = /^(&gt;|>) ?/.exec(line);
    if (Boolean(mark) !== quote.length > 0 && (plain.length || quote.length)) flush();
    (mark ? quote : plain).push(mark ? line.slice(mark[0].length) : line);
  }
  flush();
  return nodes;
}

function inline(text, verbatim, depth) {
  const nodes = [];
  let plain = '';
  const take = (node) => {
    if (plain) nodes.push(...withEmoji(decode(plain)));
    plain = '';
    nodes.push(node);
  };
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text);
    if (!next) break;
    plain += text.slice(at, next.index);
    at = next.index;
    const found = special(text, at, verbatim, depth);
    if (found) {
      take(found.node);
      at = found.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  plain += text.slice(at);
  if (plain) nodes.push(...withEmoji(decode(plain)));
  return nodes;
}

function special(text, at, verbatim, depth) {
  const char = text[at];
  if (char === '<') return matched(CONTROL, text, at, (m) => controlToken(m[1], decode));
  if (char === '`') return matched(CODE, text, at, (m) => h('code', controlled(m[1])));
  if (char === ':') return matched(EMOJI, text, at, (m) => emojiNode(m[1]));
  if (char === 'h') return bareUrl(text, at, verbatim);
  return depth < DEEPEST ? styled(text, at, verbatim, depth) : null;
}

function bareUrl(text, at, verbatim) {
  if (verbatim || WORD.test(text[at - 1] ?? ' ')) return null;
  return matched(URL, text, at, (m) => controlToken(m[0].replaceAll('|', '%7C'), decode));
}

function styled(text, at, verbatim, depth) {
  const mark = text[at];
  if (WORD.test(text[at - 1] ?? ' ') || /[\s]|^$/.test(text[at + 1] ?? '') || text[at + 1] === mark) return null;
  for (let end = at + 2; end < text.length && text[end] !== '\n'; end += 1) {
    const closes = text[end] === mark && !/\s/.test(text[end - 1]) && !WORD.test(text[end + 1] ?? ' ');
    if (closes) return { node: h(MARKS[mark], {}, inline(text.slice(at + 1, end), verbatim, depth + 1)), end: end + 1 };
    if (text[end] === '<') end = after(CONTROL, text, end);
    if (text[end] === '`') end = after(CODE, text, end);
  }
  return null;
}

function after(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - 1 : at;
}

/** Code: nothing is styled inside, but links stay links, as in Slack. */
function controlled(text) {
  return text.split(/(<[^<>\n]+>)/).filter(Boolean).map((part) =>
    /^<.*>$/.test(part) ? controlToken(part.slice(1, -1), decode) : decode(part));
}

function matched(pattern, text, at, draw) {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  const node = match && draw(match);
  return node ? { node, end: pattern.lastIndex } : null;
}
