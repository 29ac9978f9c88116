// Emoji by shortcode. Those that carry meaning in a log bot are drawn here, so that they look alike everywhere
// and do not depend on the fonts of the machine; the rest are characters of the system's font.

import { h, s } from './dom.js';

/** The node of `:name:`, or null if this page does not know it. */
export function emojiNode(name) {
  const base = name.split('::')[0];
  const known = ALIASES[base] ?? base;
  if (DRAWN[known]) return wrapped(known, drawn(DRAWN[known]));
  const char = CHARS[known];
  return char ? wrapped(known, char) : null;
}

/** Text with the characters that this page draws itself replaced by drawings. */
export function withEmoji(text) {
  const parts = text.split(DRAWN_CHARS);
  if (parts.length === 1) return [text];
  return parts.filter(Boolean).map((part) => (BY_CHAR[part] ? emojiNode(BY_CHAR[part]) : part));
}

function wrapped(name, content) {
  return h('span.emoji', { role: 'img', 'aria-label': `${name.replaceAll('_', ' ')} emoji`, title: `:${name}:` }, content);
}

function drawn(shapes) {
  return s('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, shapes.map(([fill, d]) =>
    fill.startsWith('-')
      ? s('path', { d, fill: 'none', stroke: fill.slice(1), 'stroke-width': 2.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' })
      : s('path', { d, fill })));
}

const RED = '#d9364a', ORANGE = '#e8772e', YELLOW = '#e6b422', GREEN = '#2c9c69', BLUE = '#2f7fd1';
const GREY = '#8b96a3', DARK = '#46525f', WHITE = '#ffffff', BROWN = '#8a5a3b';
const disc = (r = 10, x = 12, y = 12) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const SQUARE = 'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2';
const BELL = 'M12 2.5a1.6 1.6 0 0 1 1.6 1.6 6 6 0 0 1 4.4 5.8c0 4.6 1.5 6 2.5 7H3.5c1-1 2.5-2.4 2.5-7a6 6 0 0 1 4.4-5.8A1.6 1.6 0 0 1 12 2.5M9.5 18.5h5a2.5 2.5 0 0 1-5 0';

const DRAWN = {
  red_circle: [[RED, disc()]], large_orange_circle: [[ORANGE, disc()]], large_yellow_circle: [[YELLOW, disc()]], large_green_circle: [[GREEN, disc()]],
  white_circle: [[GREY, disc()], [WHITE, disc(8.4)]], white_check_mark: [[GREEN, SQUARE], [`-${WHITE}`, 'M7 12.5l3.5 3.5L17 8.5']],
  x: [[`-${RED}`, 'M5 5l14 14M19 5L5 19']],
  warning: [[YELLOW, 'M12 2.5c.8 0 1.4.4 1.8 1.1l8.4 15c.8 1.4-.2 2.9-1.8 2.9H3.6c-1.6 0-2.6-1.5-1.8-2.9l8.4-15c.4-.7 1-1.1 1.8-1.1'], ['-#3b2f05', 'M12 9v5M12 17.8v.1']],
  rotating_light: [[RED, 'M5 18v-5a7 7 0 0 1 14 0v5z'], [DARK, 'M3.5 18h17v3.5h-17z'], [`-${RED}`, 'M12 1.5v1.5M3.5 5l1 1M20.5 5l-1 1']],
  octagonal_sign: [[RED, 'M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z'], [`-${WHITE}`, 'M8 12h8']], no_bell: [[GREY, BELL], [`-${RED}`, 'M4 3l16 18']],
  mute: [[GREY, 'M3 9h4l6-5v16l-6-5H3z'], [`-${RED}`, 'M16.5 9.5l5 5M21.5 9.5l-5 5']],
  hourglass_flowing_sand: [[`-${BROWN}`, 'M6 3h12M6 21h12M7.5 3c0 6 9 6 9 9s-9 3-9 9M16.5 3c0 6-9 6-9 9s9 3 9 9']],
  eyes: [[WHITE, 'M2.5 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0M13.1 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0'], ['-#46525f', 'M2.5 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0M13.1 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0'], [DARK, disc(2.4, 8, 13) + disc(2.4, 18.6, 13)]],
  link: [[`-${BLUE}`, 'M10 14a4 4 0 0 1 0-5.7l3-3A4 4 0 0 1 18.7 11l-1.5 1.5M14 10a4 4 0 0 1 0 5.7l-3 3A4 4 0 0 1 5.3 13l1.5-1.5']],
  bulb: [[YELLOW, 'M12 2a7 7 0 0 1 4 12.7V18H8v-3.3A7 7 0 0 1 12 2'], [DARK, 'M9 19h6v2.5H9z']],
  zap: [[YELLOW, 'M13.5 1.5L4 13.5h6.5L9 22.5l10-12.5h-6.5z']],
  bar_chart: [['#e9edf2', SQUARE], [GREEN, 'M6 12h3v6H6z'], [RED, 'M10.5 6.5h3V18h-3z'], [BLUE, 'M15 9.5h3V18h-3z']],
  repeat: [[BLUE, SQUARE], [`-${WHITE}`, 'M7 10.5V9.5A2 2 0 0 1 9 7.5h7l-2-2M17 13.5v1a2 2 0 0 1-2 2H8l2 2']],
};

const ALIASES = { large_red_circle: 'red_circle', hourglass: 'hourglass_flowing_sand', thumbsup: '+1', thumbsdown: '-1', sos: 'rotating_light' };

const CHARS = Object.fromEntries(`
red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 white_circle ⚪
white_check_mark ✅ x ❌ warning ⚠️ rotating_light 🚨 octagonal_sign 🛑 bell 🔔 no_bell 🔕 mute 🔇 information_source ℹ️
hourglass_flowing_sand ⏳ fire 🔥 eyes 👀 mag 🔍 link 🔗 memo 📝 bulb 💡 zap ⚡ stopwatch ⏱️ chart_with_upwards_trend 📈
bar_chart 📊 repeat 🔁 arrow_up ⬆️ arrow_down ⬇️ boom 💥 tada 🎉 checkered_flag 🏁 rocket 🚀 +1 👍 -1 👎 wave 👋 pray 🙏
smile 😄 thinking_face 🤔 sob 😭 heart ❤️ sparkles ✨ skull 💀 bug 🐛 wrench 🔧 key 🔑 100 💯 shrug 🤷 coffee ☕`.trim().split(/\s+/).flatMap((word, at, all) => (at % 2 ? [] : [[word, all[at + 1]]])));

const BY_CHAR = Object.fromEntries(Object.keys(DRAWN).filter((name) => CHARS[name]).flatMap((name) => [[CHARS[name], name], [CHARS[name].replace('\ufe0f', ''), name]]));
const DRAWN_CHARS = new RegExp(`(${Object.keys(BY_CHAR).filter((char) => /\p{Emoji_Presentation}|\ufe0f/u.test(char)).sort((a, b) => b.length - a.length).join('|')})`, 'u');
