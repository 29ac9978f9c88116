// A list of messages that stays still while it changes: an edit replaces one row, a new message appends one, and
// the reader's place, focus and opened folds remain.

import { on, tell } from '../bus.js';
import { h, reconcile } from '../dom.js';
import { dayName, momentOf, sameDay } from '../times.js';
import { drawMessage } from './message.js';

const TOGETHER_MS = 5 * 60_000;
const NEAR_END_PX = 80;
const DRAWN_AT_ONCE = 150;
const KEY = 'joblogs-dismissed';
const dismissed = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? '[]'));

on('dismiss', ({ channel, ts }) => {
  dismissed.add(ts);
  sessionStorage.setItem(KEY, JSON.stringify([...dismissed]));
  tell('deleted', { channel, ts });
});

/** Options: inThread; `caption(messages)` divides a thread's parent from its replies; `intro` stands above all. */
export function feed({ inThread = false, label, caption, intro } = {}) {
  const list = h('div.feed');
  const scroller = h('div.scroller', { tabindex: '0', role: 'group', 'aria-label': label }, list);
  const latest = h('button.latest', { hidden: true, onclick: () => toEnd() }, 'New messages ↓');
  const messages = new Map();
  const gone = new Set();
  let rows = new Map();
  const lines = new Map();
  let unreadFrom = null;
  let drawn = DRAWN_AT_ONCE;
  let atEnd = true;

  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
    latest.hidden = true;
  };
  scroller.addEventListener('scroll', () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    if (atEnd) latest.hidden = true;
  });
  new ResizeObserver(() => atEnd && toEnd()).observe(list);
  new ResizeObserver(() => atEnd && toEnd()).observe(scroller);

  const sorted = () => [...messages.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));

  function redraw() {
    due = false;
    const place = firstSeen(scroller, list);
    const focus = focusIn(list);
    const all = sorted();
    const shown = all.slice(-drawn);
    const next = new Map();
    const top = all.length === shown.length ? intro : h('button.link-button.earlier', { onclick: showEarlier }, `Show ${Math.min(DRAWN_AT_ONCE, all.length - shown.length)} earlier messages`);
    const nodes = shown.flatMap((message, index) => [...dividers(message, shown[index - 1]), row(message, shown[index - 1], next, inThread && index === 1), ...captionAfter(index, all)]);
    rows = next;
    reconcile(list, [top, ...nodes].filter(Boolean));
    if (atEnd) toEnd();
    else keepPlace(scroller, list, place);
    if (focus) list.querySelector(focus)?.focus({ preventScroll: true });
  }

  // News comes in bursts: one drawing per frame is enough.
  let due = false;
  function redrawSoon() {
    if (!due) requestAnimationFrame(redraw);
    due = true;
  }

  function showEarlier() {
    drawn += DRAWN_AT_ONCE;
    redraw();
  }

  function row(message, before, next, isFirstReply) {
    const compact = goesWith(message, before) && message.ts !== unreadFrom && !isFirstReply;
    const known = rows.get(message.ts);
    const same = known && known.message === message && known.compact === compact;
    const node = same ? known.node : drawMessage(message, { compact, inThread });
    next.set(message.ts, { message, compact, node });
    return node;
  }

  function dividers(message, before) {
    const day = momentOf(message.ts);
    const newDay = !inThread && (!before || !sameDay(day, momentOf(before.ts)));
    return [newDay && line('day', dayName(day)), message.ts === unreadFrom && line('new-line', 'New')].filter(Boolean);
  }

  function captionAfter(index, all) {
    return inThread && index === 0 && all.length > 1 ? [line('day left', caption(all))] : [];
  }

  function line(css, words) {
    const key = `${css}/${words}`;
    if (!lines.has(key)) lines.set(key, h('div', { class: css, role: 'separator', 'aria-label': words }, h('span', words)));
    return lines.get(key);
  }

  return {
    nodes: [scroller, latest],
    /** History: what has arrived by the stream meanwhile is newer, and what was deleted stays so. */
    fill(history, unread = 0) {
      for (const message of history) if (!messages.has(message.ts) && !gone.has(message.ts) && !dismissed.has(message.ts)) messages.set(message.ts, message);
      unreadFrom = unread > 0 ? (sorted().at(-unread)?.ts ?? null) : null;
      redraw();
    },
    refill(history) {
      messages.clear();
      for (const message of history) if (!dismissed.has(message.ts)) messages.set(message.ts, message);
      redraw();
    },
    put(message) {
      const isNew = !messages.has(message.ts);
      messages.set(message.ts, message);
      redrawSoon();
      if (isNew && !atEnd) {
        drawn += 1;  // what is being read at the top stays
        latest.hidden = false;
      }
      return isNew;
    },
    drop(ts) {
      gone.add(ts);
      if (messages.delete(ts)) redrawSoon();
    },
    has: (ts) => messages.has(ts),
    lastTs: () => sorted().at(-1)?.ts,
    toEnd,
  };
}

function goesWith(message, before) {
  if (!before || before.user !== message.user || before.ephemeral !== message.ephemeral) return false;
  return momentOf(message.ts) - momentOf(before.ts) < TOGETHER_MS && sameDay(momentOf(message.ts), momentOf(before.ts)) && !before.reply_count;
}

function firstSeen(scroller, list) {
  const top = scroller.getBoundingClientRect().top;
  const row = [...list.children].find((child) => child.dataset.ts && child.getBoundingClientRect().bottom > top);
  return row && { ts: row.dataset.ts, offset: row.getBoundingClientRect().top };
}

function keepPlace(scroller, list, place) {
  const row = place && list.querySelector(`[data-ts="${CSS.escape(place.ts)}"]`);
  if (row) scroller.scrollTop += row.getBoundingClientRect().top - place.offset;
}

/** A selector that finds the focused control again after its row was drawn anew. */
function focusIn(list) {
  const focused = document.activeElement;
  const ts = list.contains(focused) && focused.closest('[data-ts]')?.dataset.ts;
  const keep = ts && focused.dataset.keep;
  return keep ? `[data-ts="${CSS.escape(ts)}"] [data-keep="${CSS.escape(keep)}"]` : null;
}
