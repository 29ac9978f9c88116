// rich_text: sections, lists, quotes and preformatted text. Its text elements are literal: the safe carrier of logs.

import { h, link } from '../dom.js';
import { emojiNode, withEmoji } from '../emoji.js';
import { codeBlock } from '../text/code.js';
import { broadcastToken, channelToken, dateToken, groupToken, userToken } from '../text/tokens.js';

const STYLES = { bold: 'strong', italic: 'em', strike: 's', underline: 'u', code: 'code' };

export function richText(block) {
  return h('div.rich-text', joinedLists(block.elements ?? []));
}

// Slack sends one rich_text_list per run of equal indent; an ordered list counts on across deeper runs.
function joinedLists(elements) {
  const counts = [];
  return elements.map((element) => {
    if (element.type !== 'rich_text_list') {
      counts.length = 0;
      return part(element);
    }
    const indent = element.indent ?? 0;
    counts.length = indent + 1;
    const start = (element.offset ?? 0) + (counts[indent] ?? 0) + 1;
    counts[indent] = (counts[indent] ?? 0) + element.elements.length;
    return list(element, indent, start);
  });
}

function part(element) {
  switch (element.type) {
    case 'rich_text_section':
      return h('div.rich-section', inline(element.elements));
    case 'rich_text_quote':
      return h('blockquote', inline(element.elements));
    case 'rich_text_preformatted':
      return codeBlock(inline(element.elements, true), { language: element.language, border: element.border });
    default:
      return h('span.unsupported', `unsupported rich text: ${element.type}`);
  }
}

function list(element, indent, start) {
  const ordered = element.style === 'ordered';
  const props = { class: `rich-list rich-list-${indent % 3}`, vars: { indent }, start: ordered ? start : null };
  return h(ordered ? 'ol' : 'ul', props, element.elements.map((item) => h('li', inline(item.elements))));
}

function inline(elements = [], code = false) {
  return elements.map((element) => styled(node(element, code), element.style));
}

function styled(content, style = {}) {
  return Object.entries(STYLES).reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), content);
}

function node(element, code) {
  switch (element.type) {
    case 'text':
      return code || element.style?.code ? element.text : withEmoji(element.text ?? '');
    case 'link':
      return link(element.url, element.text || element.url);
    case 'user':
      return userToken(element.user_id);
    case 'channel':
      return channelToken(element.channel_id);
    case 'usergroup':
      return groupToken(element.usergroup_id);
    case 'broadcast':
      return broadcastToken(element.range);
    case 'emoji':
      return emojiNode(element.name) ?? `:${element.name}:`;
    case 'date':
      return dateToken(element.timestamp, element.format ?? '{date_short} {time}', element.fallback, element.url);
    case 'color':
      return h('code', h('span.swatch', { vars: { swatch: /^#[0-9a-f]{3,8}$/i.test(element.value) ? element.value : 'transparent' } }), element.value);
    default:
      return h('span.unsupported', `unsupported element: ${element.type}`);
  }
}
