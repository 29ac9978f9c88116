// Block Kit's text objects: {type: plain_text | mrkdwn, text, emoji?, verbatim?}.

import { emojiNode, withEmoji } from '../emoji.js';
import { mrkdwn } from './mrkdwn.js';

/** The nodes of a text object; a bare string (plan.title and the like) counts as plain text. */
export function textNodes(object) {
  if (object === null || object === undefined) return [];
  if (typeof object === 'string') return plainNodes(object);
  if (object.type === 'mrkdwn') return mrkdwn(object.text, { verbatim: object.verbatim === true });
  return object.emoji === false ? [String(object.text ?? '')] : plainNodes(object.text);
}

/** Its words alone, for labels, titles and filters. */
export function wordsOf(object) {
  return typeof object === 'string' ? object : String(object?.text ?? '');
}

/** Literal text in which `:name:` of known emoji is drawn. */
export function plainNodes(text) {
  return String(text ?? '').split(/(:[a-z0-9_+'-]+:)/).filter(Boolean).flatMap((part) => {
    const emoji = /^:.+:$/.test(part) ? emojiNode(part.slice(1, -1)) : null;
    return emoji ? [emoji] : withEmoji(part);
  });
}
