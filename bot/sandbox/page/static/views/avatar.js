// A face for everyone: initials on the person's colour; the bot has its own sign.

import { badgeOf, nameOf, people } from '../directory.js';
import { h } from '../dom.js';

/** `size` is a CSS class: "", "small", "tiny". */
export function avatar(userId, size = '') {
  const user = people.get(userId);
  const css = `avatar ${size}`;
  if (!user || user.is_bot) return h('img', { class: css, src: '/static/icon.svg', alt: '' });
  const colour = /^#?([0-9a-f]{6})$/i.exec(user.color ?? '')?.[1] ?? '5b6b7c';
  const css2 = badgeOf(user) === 'External' ? `${css} external` : css;
  return h('span', { class: css2, 'aria-hidden': 'true', vars: { face: `#${colour}`, ink: takesWhite(colour) ? '#ffffff' : '#000000' } }, initials(nameOf(userId)));
}

function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? '?') + (words.length > 1 ? words.at(-1)[0] : '')).toUpperCase();
}

/** White letters are readable on this colour (WCAG's contrast of 4.5); on all others black ones are. */
function takesWhite(hex) {
  const [red, green, blue] = [0, 2, 4].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18;
}
