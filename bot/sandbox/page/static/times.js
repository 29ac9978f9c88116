// Times as people see them: in the zone of this device, on a 24-hour clock.

import { h } from './dom.js';

const DAY_MS = 86_400_000;
const HALF_YEAR_MS = 183 * DAY_MS;
let aheadMs = 0;

/** The workspace's clock, which a director may have turned ahead of this device's. */
export function now() {
  return new Date(Date.now() + aheadMs);
}

export function setClock(nowMs) {
  if (nowMs) aheadMs = nowMs - Date.now();
}

/** The moment of a Slack `ts` ("epoch.micro"), to the millisecond. */
export function momentOf(ts) {
  const [seconds, micros = '0'] = String(ts).split('.');
  return new Date(Number(seconds) * 1000 + Math.floor(Number(micros.padEnd(6, '0').slice(0, 6)) / 1000));
}

export function clockTime(date, seconds = false) {
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** "Today", "Yesterday" or "Monday, November 23rd". */
export function dayName(date) {
  const near = nearDay(date);
  return near ? capital(near) : `${weekday(date)}, ${month(date)} ${ordinal(date.getDate())}${yearIfFar(date)}`;
}

export function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

export function longTime(date) {
  const zone = date.toLocaleTimeString('en-US', { timeZoneName: 'short' }).split(' ').at(-1);
  return `${weekday(date)}, ${month(date)} ${ordinal(date.getDate())}, ${date.getFullYear()} at ${clockTime(date, true)} ${zone}`;
}

/** "3 min ago", for "last reply". */
export function ago(date) {
  const seconds = Math.round((now() - date) / 1000);
  const [amount, unit] =
    Math.abs(seconds) < 60 ? [0, ''] : Math.abs(seconds) < 3600 ? [seconds / 60, 'minute']
    : Math.abs(seconds) < 86400 ? [seconds / 3600, 'hour'] : [seconds / 86400, 'day'];
  if (!unit) return seconds < -9 ? 'in a moment' : 'just now';
  const whole = Math.floor(Math.abs(amount));
  const words = `${whole} ${unit}${whole === 1 ? '' : 's'}`;
  return amount < 0 ? `in ${words}` : `${words} ago`;
}

/** Slack's date tokens (`<!date^…>` and rich_text `date`), in this device's zone. */
export function dateTokens(epoch, format) {
  const date = new Date(Number(epoch) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return format.replace(/\{([a-z_]+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}

/** A time that tells its full date when pointed at. */
export function timeNode(date, text, props = {}) {
  return h('time', { datetime: date.toISOString(), title: longTime(date), ...props }, text);
}

/** Words that depend on the moment they are read, such as "3 minutes ago"; `refreshAges` keeps them true. */
export function ageNode(tag, props, words) {
  const node = h(tag, props, words());
  ages.set(node, words);
  return node;
}

const ages = new Map();

export function refreshAges() {
  for (const [node, words] of ages) {
    if (!node.isConnected) ages.delete(node);
    else if (node.textContent !== words()) node.textContent = words();
  }
}

const TOKENS = {
  date_num: (d) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`,
  date: (d) => `${month(d)} ${ordinal(d.getDate())}${yearIfFar(d)}`,
  date_short: (d) => `${month(d, 'short')} ${d.getDate()}${yearIfFar(d)}`,
  date_long: (d) => `${weekday(d)}, ${month(d)} ${ordinal(d.getDate())}${yearIfFar(d)}`,
  date_pretty: (d) => nearDay(d) ?? TOKENS.date(d),
  date_short_pretty: (d) => nearDay(d) ?? TOKENS.date_short(d),
  date_long_pretty: (d) => nearDay(d) ?? TOKENS.date_long(d),
  time: (d) => clockTime(d),
  time_secs: (d) => clockTime(d, true),
  ago: (d) => ago(d),
  day_divider_pretty: (d) => dayName(d),
};

function nearDay(date) {
  for (const [shift, word] of [[0, 'today'], [-1, 'yesterday'], [1, 'tomorrow']]) {
    const day = now();
    day.setDate(day.getDate() + shift);
    if (sameDay(day, date)) return word;
  }
  return null;
}

function yearIfFar(date) {
  return Math.abs(now() - date) < HALF_YEAR_MS ? '' : `, ${date.getFullYear()}`;
}

const weekday = (date) => date.toLocaleDateString('en-US', { weekday: 'long' });
const month = (date, style = 'long') => date.toLocaleDateString('en-US', { month: style });

function ordinal(day) {
  const ending = day % 100 > 10 && day % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th';
  return `${day}${ending}`;
}

function two(number) {
  return String(number).padStart(2, '0');
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}
