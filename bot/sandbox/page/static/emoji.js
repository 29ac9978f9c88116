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
  return h('span', { class: 'emoji', role: 'img', 'aria-label': `${name.replaceAll('_', ' ')} emoji`, title: `:${name}:` }, content);
}

function drawn(shapes) {
  return s('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, shapes.map(([fill, d]) =>
    fill.startsWith('-')
      ? s('path', { d, fill: 'none', stroke: fill.slice(1), 'stroke-width': 2.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' })
      : s('path', { d, fill })));
}

const RED = '#d9364a', ORANGE = '#e8772e', YELLOW = '#e6b422', GREEN = '#2c9c69', BLUE = '#2f7fd1', PURPLE = '#8458c9';
const GREY = '#8b96a3', DARK = '#46525f', WHITE = '#ffffff', BROWN = '#8a5a3b';
const disc = (r = 10, x = 12, y = 12) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const SQUARE = 'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2';
const BELL = 'M12 2.5a1.6 1.6 0 0 1 1.6 1.6 6 6 0 0 1 4.4 5.8c0 4.6 1.5 6 2.5 7H3.5c1-1 2.5-2.4 2.5-7a6 6 0 0 1 4.4-5.8A1.6 1.6 0 0 1 12 2.5M9.5 18.5h5a2.5 2.5 0 0 1-5 0';
const arrow = (d) => [[BLUE, SQUARE], [`-${WHITE}`, d]];

const DRAWN = {
  red_circle: [[RED, disc()]], large_orange_circle: [[ORANGE, disc()]], large_yellow_circle: [[YELLOW, disc()]],
  large_green_circle: [[GREEN, disc()]], large_blue_circle: [[BLUE, disc()]], large_purple_circle: [[PURPLE, disc()]],
  large_brown_circle: [[BROWN, disc()]], black_circle: [[DARK, disc()]], white_circle: [[GREY, disc()], [WHITE, disc(8.4)]],
  large_red_square: [[RED, SQUARE]], large_orange_square: [[ORANGE, SQUARE]], large_yellow_square: [[YELLOW, SQUARE]],
  large_green_square: [[GREEN, SQUARE]], large_blue_square: [[BLUE, SQUARE]], large_purple_square: [[PURPLE, SQUARE]],
  white_check_mark: [[GREEN, SQUARE], [`-${WHITE}`, 'M7 12.5l3.5 3.5L17 8.5']],
  heavy_check_mark: [[`-${GREEN}`, 'M4 13l5.5 5.5L20 6']],
  x: [[`-${RED}`, 'M5 5l14 14M19 5L5 19']],
  warning: [[YELLOW, 'M12 2.5c.8 0 1.4.4 1.8 1.1l8.4 15c.8 1.4-.2 2.9-1.8 2.9H3.6c-1.6 0-2.6-1.5-1.8-2.9l8.4-15c.4-.7 1-1.1 1.8-1.1'], ['-#3b2f05', 'M12 9v5M12 17.8v.1']],
  rotating_light: [[RED, 'M5 18v-5a7 7 0 0 1 14 0v5z'], [DARK, 'M3.5 18h17v3.5h-17z'], [`-${RED}`, 'M12 1.5v1.5M3.5 5l1 1M20.5 5l-1 1']],
  no_entry: [[RED, disc()], [WHITE, 'M5.5 10h13v4h-13z']],
  no_entry_sign: [[RED, disc()], [WHITE, disc(7)], [`-${RED}`, 'M6.5 6.5l11 11']],
  octagonal_sign: [[RED, 'M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z'], [`-${WHITE}`, 'M8 12h8']],
  sound: [[GREY, 'M3 9h4l6-5v16l-6-5H3z'], [`-${BLUE}`, 'M16 9q2 3 0 6']], loud_sound: [[GREY, 'M3 9h4l6-5v16l-6-5H3z'], [`-${BLUE}`, 'M16 9q2 3 0 6M19 6q4 6 0 12']],
  bell: [[YELLOW, BELL]], no_bell: [[GREY, BELL], [`-${RED}`, 'M4 3l16 18']], mute: [[GREY, 'M3 9h4l6-5v16l-6-5H3z'], [`-${RED}`, 'M16.5 9.5l5 5M21.5 9.5l-5 5']],
  information_source: [[BLUE, SQUARE], [`-${WHITE}`, 'M12 11v6M12 7v.1']],
  question: [[`-${RED}`, 'M8 8.5a4 4 0 1 1 5.5 3.7c-1 .5-1.5 1.2-1.5 2.3M12 19v.1']], exclamation: [[`-${RED}`, 'M12 4v10M12 19v.1']],
  hourglass_flowing_sand: [[`-${BROWN}`, 'M6 3h12M6 21h12M7.5 3c0 6 9 6 9 9s-9 3-9 9M16.5 3c0 6-9 6-9 9s9 3 9 9']],
  fire: [[ORANGE, 'M12 2c1 4 6.5 6.5 6.5 12.5a6.5 7 0 0 1-13 0C5.5 11 8 10 8.5 7c1.5 1 2 2 2 3.5C12 8.5 12.5 5 12 2'], [YELLOW, 'M12 12c.5 2 3 3.5 3 6a3 3 0 0 1-6 0c0-2.5 2.5-3.5 3-6']],
  eyes: [[WHITE, 'M2.5 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0M13.1 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0'], ['-#46525f', 'M2.5 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0M13.1 12a4.2 6.5 0 1 0 8.4 0a4.2 6.5 0 1 0-8.4 0'], [DARK, disc(2.4, 8, 13) + disc(2.4, 18.6, 13)]],
  mag: [[`-${DARK}`, `M16 16l5.5 5.5${disc(6.8, 10, 10)}`]], lock: [[YELLOW, 'M4.5 11h15v10h-15z'], [`-${DARK}`, 'M8 11V7.5a4 4 0 0 1 8 0V11']],
  link: [[`-${BLUE}`, 'M10 14a4 4 0 0 1 0-5.7l3-3A4 4 0 0 1 18.7 11l-1.5 1.5M14 10a4 4 0 0 1 0 5.7l-3 3A4 4 0 0 1 5.3 13l1.5-1.5']],
  page_facing_up: [['#e9edf2', 'M5 2h10l4.5 4.5V22H5z'], [`-${GREY}`, 'M8.5 11h7M8.5 15h7M8.5 7h3']], memo: [['#e9edf2', 'M4 2h14v20H4z'], [`-${GREY}`, 'M7.5 7h7M7.5 11h4'], [`-${ORANGE}`, 'M11.5 17l8-8']],
  floppy_disk: [[BLUE, SQUARE], [WHITE, 'M7.5 3h9v6.5h-9zM6 13h12v8H6z']], package: [['#b98552', 'M3 7l9-4.5L21 7v10.5L12 22l-9-4.5z'], [`-${BROWN}`, 'M3.5 7.5L12 12l8.5-4.5M12 12v9.5']],
  bulb: [[YELLOW, 'M12 2a7 7 0 0 1 4 12.7V18H8v-3.3A7 7 0 0 1 12 2'], [DARK, 'M9 19h6v2.5H9z']], zap: [[YELLOW, 'M13.5 1.5L4 13.5h6.5L9 22.5l10-12.5h-6.5z']],
  stopwatch: [[DARK, disc(9, 12, 13.5)], [WHITE, disc(6.6, 12, 13.5)], [`-${RED}`, 'M12 13.5V9.5M12 2.5v1.5M9.5 2h5']], alarm_clock: [[RED, disc(9, 12, 13)], [WHITE, disc(6.6, 12, 13)], [`-${DARK}`, 'M12 9v4l2.5 2M3 5l3-2.5M21 5l-3-2.5']],
  chart_with_upwards_trend: [['#e9edf2', SQUARE], [`-${RED}`, 'M6 16.5l4-4 3 2.5 5-7']], bar_chart: [['#e9edf2', SQUARE], [GREEN, 'M6 12h3v6H6z'], [RED, 'M10.5 6.5h3V18h-3z'], [BLUE, 'M15 9.5h3V18h-3z']],
  repeat: arrow('M7 10.5V9.5A2 2 0 0 1 9 7.5h7l-2-2M17 13.5v1a2 2 0 0 1-2 2H8l2 2'), arrows_counterclockwise: arrow('M7.5 10a5 5 0 0 1 9-1V6.5M16.5 14a5 5 0 0 1-9 1v2.5'),
  arrow_up: arrow('M12 17V7M8 11l4-4 4 4'), arrow_down: arrow('M12 7v10M8 13l4 4 4-4'), arrow_left: arrow('M17 12H7M11 8l-4 4 4 4'), arrow_right: arrow('M7 12h10M13 8l4 4-4 4'),
  arrow_forward: [[BLUE, SQUARE], [WHITE, 'M9 7l8 5-8 5z']], double_vertical_bar: [[BLUE, SQUARE], [WHITE, 'M8 7h3v10H8zM13 7h3v10h-3z']], black_square_for_stop: [[BLUE, SQUARE], [WHITE, 'M7.5 7.5h9v9h-9z']],
  bust_in_silhouette: [[DARK, `${disc(4.6, 12, 7.5)}M3.5 21.5a8.5 7.5 0 0 1 17 0z`]], speech_balloon: [['#dfe7f0', 'M12 3c6 0 10 3.5 10 8s-4 8-10 8c-1 0-2-.1-3-.3L4 22v-5c-1.3-1.5-2-3.5-2-6 0-4.5 4-8 10-8']],
  robot_face: [[GREY, 'M4 7h16v13H4zM11 3h2v4h-2z'], ['#7fd6e8', disc(2.2, 8.5, 12) + disc(2.2, 15.5, 12)], [`-${DARK}`, 'M8.5 17h7']],
  zzz: [[`-${BLUE}`, 'M3 12h6l-6 8h6M13 4h7l-7 8h7']], boom: [[ORANGE, 'M12 1.5l2.5 5.5L20 4l-1.5 6 5 2-5 2L20 20l-5.5-3L12 22.5 9.5 17 4 20l1.5-6-5-2 5-2L4 4l5.5 3z'], [YELLOW, disc(3.6)]],
  checkered_flag: [['#ffffff', 'M4 3h16v14H4z'], ['#2b3640', 'M4 3h4v3.5h-4zM12 3h4v3.5h-4zM8 6.5h4v3.5h-4zM16 6.5h4v3.5h-4zM4 10h4v3.5h-4zM12 10h4v3.5h-4zM8 13.5h4v3.5h-4zM16 13.5h4v3.5h-4zM4 3h1.5V22H4z'], ['-#8b96a3', 'M4 3h16v14H4z']],
  rocket: [['#dfe5eb', 'M12 1.5c4 3.5 5 8 4 14H8c-1-6 0-10.5 4-14'], [RED, 'M8 11l-4 5v3l4-2zM16 11l4 5v3l-4-2zM10.5 17h3l-1.5 5z'], [BLUE, disc(2, 12, 9)]],
  moneybag: [['#b98552', 'M9 3h6l-1.5 4c5 2.5 7 6 7 9.5 0 3.5-3 5-8.5 5s-8.5-1.5-8.5-5c0-3.5 2-7 7-9.5z'], ['-#ffe08a', 'M14.5 12.5c-3-2-5.5 0-4.5 1.5s4 1 4.5 2.5-2 3-5 1M12 10.5v9']],
  tada: [[YELLOW, 'M8 9l7 7-12.5 6z'], [`-${RED}`, 'M14 10c0-3 1-5 4-6'], [`-${BLUE}`, 'M16 13c2-1 4-1 6 0'], [GREEN, disc(1.5, 19, 8) + disc(1.5, 10, 4)]],
};

const ALIASES = { large_red_circle: 'red_circle', check: 'heavy_check_mark', heavy_multiplication_x: 'x', error: 'x', hourglass: 'hourglass_flowing_sand', pause_button: 'double_vertical_bar', stop_button: 'black_square_for_stop', information: 'information_source', thumbsup: '+1', thumbsdown: '-1', sos: 'rotating_light', stop_sign: 'octagonal_sign', orange_circle: 'large_orange_circle', yellow_circle: 'large_yellow_circle', green_circle: 'large_green_circle', blue_circle: 'large_blue_circle', purple_circle: 'large_purple_circle', face_with_monocle: 'eyes', collision: 'boom' };

const CHARS = {
  red_circle: '🔴', large_orange_circle: '🟠', large_yellow_circle: '🟡', large_green_circle: '🟢', large_blue_circle: '🔵',
  large_purple_circle: '🟣', large_brown_circle: '🟤', black_circle: '⚫', white_circle: '⚪', large_red_square: '🟥', large_orange_square: '🟧',
  large_yellow_square: '🟨', large_green_square: '🟩', large_blue_square: '🟦', large_purple_square: '🟪', white_check_mark: '✅',
  x: '❌', warning: '⚠️', rotating_light: '🚨', no_entry: '⛔', no_entry_sign: '🚫', octagonal_sign: '🛑', bell: '🔔', no_bell: '🔕', mute: '🔇', sound: '🔉', loud_sound: '🔊',
  information_source: 'ℹ️', question: '❓', exclamation: '❗', hourglass_flowing_sand: '⏳', fire: '🔥', eyes: '👀', mag: '🔍', lock: '🔒', link: '🔗',
  page_facing_up: '📄', memo: '📝', floppy_disk: '💾', package: '📦', bulb: '💡', zap: '⚡', stopwatch: '⏱️', alarm_clock: '⏰',
  chart_with_upwards_trend: '📈', bar_chart: '📊', repeat: '🔁', arrows_counterclockwise: '🔄', arrow_up: '⬆️', arrow_down: '⬇️', arrow_left: '⬅️',
  arrow_right: '➡️', arrow_forward: '▶️', double_vertical_bar: '⏸️', black_square_for_stop: '⏹️', bust_in_silhouette: '👤', speech_balloon: '💬',
  robot_face: '🤖', zzz: '💤', boom: '💥', tada: '🎉', checkered_flag: '🏁', rocket: '🚀', moneybag: '💰',
  '+1': '👍', '-1': '👎', wave: '👋', pray: '🙏', clap: '👏', raised_hands: '🙌', muscle: '💪', ok_hand: '👌', point_right: '👉', point_left: '👈',
  smile: '😄', smiley: '😃', grin: '😁', joy: '😂', slightly_smiling_face: '🙂', wink: '😉', thinking_face: '🤔', sweat_smile: '😅', sob: '😭', cry: '😢',
  scream: '😱', rage: '😡', sunglasses: '😎', sleeping: '😴', heart: '❤️', broken_heart: '💔', star: '⭐', sparkles: '✨', skull: '💀', ghost: '👻',
  bug: '🐛', wrench: '🔧', hammer: '🔨', hammer_and_wrench: '🛠️', gear: '⚙️', broom: '🧹', wastebasket: '🗑️', pushpin: '📌', round_pushpin: '📍', paperclip: '📎',
  inbox_tray: '📥', outbox_tray: '📤', file_folder: '📁', open_file_folder: '📂', clipboard: '📋', calendar: '📅', date: '📅', books: '📚', book: '📖',
  computer: '💻', desktop_computer: '🖥️', satellite: '🛰️', satellite_antenna: '📡', electric_plug: '🔌', battery: '🔋', thermometer: '🌡️', snowflake: '❄️', key: '🔑',
  unlock: '🔓', shield: '🛡️', loudspeaker: '📢', mega: '📣', email: '📧', phone: '☎️', dollar: '💵', chart_with_downwards_trend: '📉',
  busts_in_silhouette: '👥', technologist: '🧑‍💻', mag_right: '🔎', triangular_flag_on_post: '🚩', recycle: '♻️', 100: '💯', trophy: '🏆',
  crossed_fingers: '🤞', shrug: '🤷', facepalm: '🤦', coffee: '☕', beer: '🍺', pizza: '🍕', seedling: '🌱', ocean: '🌊', sunny: '☀️', cloud: '☁️', rainbow: '🌈', turtle: '🐢', snail: '🐌',
};

const BY_CHAR = Object.fromEntries(Object.keys(DRAWN).filter((name) => CHARS[name]).flatMap((name) => [[CHARS[name], name], [CHARS[name].replace('\ufe0f', ''), name]]));
const DRAWN_CHARS = new RegExp(`(${Object.keys(BY_CHAR).filter((char) => /\p{Emoji_Presentation}|\ufe0f/u.test(char)).sort((a, b) => b.length - a.length).join('|')})`, 'u');
