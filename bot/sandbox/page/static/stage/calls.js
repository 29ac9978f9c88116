// Every Web API call and every delivery to the app, as a developer wants to read them: what was asked, what was
// answered, how long it took; and for a refusal Slack's code, what it means, and the node that it points at.

import { get } from '../api.js';
import { on } from '../bus.js';
import { h, reconcile } from '../dom.js';
import { clockTime } from '../times.js';
import { shown } from '../views/toast.js';
import { jsonTree, jumpTo } from './json.js';

const KEPT = 400;
const SLOW_MS = 3000;
const POINTER = /^(.*?)\s*\[json-pointer:([^\]]*)\]$/;
const WHY = {
  ratelimited: 'Too many calls: about one message a second per channel, so many a minute per method. Wait as long as Retry-After says.',
  operation_timeout: 'The app did not acknowledge within three seconds, and the person was told so.',
  invalid_blocks: 'A block breaks a rule of Block Kit; nothing was posted.',
  msg_too_long: 'The text is longer than Slack takes.',
  msg_blocks_too_long: 'All blocks together carry more text than Slack takes in one message.',
  channel_not_found: 'There is no such channel, or the app may not know of it.',
  not_in_channel: 'The app is not in this channel: somebody must invite it.',
  missing_scope: 'The app was installed without the scope that this method needs.',
  expired_trigger_id: 'A trigger_id opens one modal, within three seconds.',
  hash_conflict: 'The view has changed since this hash was given.',
  lost: 'It took effect, but the answer was lost on the way.',
  reset: 'The connection was cut before it took effect.',
};

const calls = new Map();
const opened = new Set();
const wanted = { words: '', failed: false };
let held = null;

/** {node, tell}: `tell({count, refused, last})` is called whenever that changes. */
export function callsPanel(tell) {
  const rows = h('div.calls-rows', { role: 'list', 'aria-label': 'Calls', tabindex: '0' });
  const node = h('div.calls', filters(() => drawRows(rows)), rows);
  const draw = () => {
    const all = [...calls.values()];
    tell({ count: all.length === KEPT ? `${KEPT}+` : all.length, refused: all.filter((call) => !call.ok).length, last: all.at(-1) });
    if (rows.offsetParent) drawRows(rows);
  };
  const catchUp = async () => {
    const answer = await shown(() => get('calls', { after: [...calls.keys()].at(-1) ?? 0 }));
    answer?.calls.forEach(learn);
    draw();
  };
  // Calls come in bursts: one drawing per frame is enough.
  let due = false;
  on('call', ({ call }) => {
    if (held) return void held.push(call);
    learn(call);
    if (!due) requestAnimationFrame(() => (due = false, draw()));
    due = true;
  });
  on('resync', catchUp);
  return { node, catchUp, enter: draw };
}

function learn(call) {
  calls.set(call.id, call);
  if (calls.size > KEPT) calls.delete(calls.keys().next().value);
}

function filters(redraw) {
  const words = h('input.field-text.slim', { type: 'search', placeholder: 'Filter by method or error', 'aria-label': 'Filter calls', oninput: () => {
    wanted.words = words.value.toLowerCase();
    redraw();
  } });
  const failed = h('input', { type: 'checkbox', onchange: () => {
    wanted.failed = failed.checked;
    redraw();
  } });
  const pause = h('button.button.slim', { 'aria-pressed': 'false', onclick: () => {
    const missed = held ?? [];
    held = held ? null : [];
    missed.forEach(learn);
    pause.textContent = held ? 'Go on' : 'Pause';
    pause.setAttribute('aria-pressed', String(Boolean(held)));
    redraw();
  } }, 'Pause');
  const clear = h('button.button.slim', { onclick: () => {
    const last = [...calls.values()].at(-1);
    calls.clear();
    if (last) learn({ ...last, hidden: true });  // so that catching up does not bring the others back
    redraw();
  } }, 'Clear');
  return h('div.calls-filters', words, h('label.choice', failed, 'Refused only'), pause, clear);
}

function drawRows(rows) {
  const atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < 40;
  const fit = [...calls.values()].filter((call) => !call.hidden && !(wanted.failed && call.ok) && `${call.method} ${call.error ?? ''}`.toLowerCase().includes(wanted.words));
  const known = new Map([...rows.children].map((child) => [child.dataset.call, child]));
  reconcile(rows, fit.length ? fit.map((call) => known.get(String(call.id)) ?? row(call)) : [h('p.quiet.calls-none', { role: 'listitem' }, calls.size > 1 ? 'No call fits the filter.' : 'Every call between Slack and the app will stand here.')]);
  if (atEnd) rows.scrollTop = rows.scrollHeight;
}

function row(call) {
  const pointers = (call.pointers ?? []).map((one) => POINTER.exec(one) ?? [one, one, '']);
  const toApp = call.method.startsWith('deliver.');
  const late = call.ms >= SLOW_MS || call.status === 429 || call.error === 'operation_timeout';
  const toggle = h('button.call-head', { 'aria-expanded': 'false' },
    h('span.call-time', clockTime(new Date(call.at_ms), true)),
    h('span.call-way', { title: toApp ? 'Slack → app' : 'app → Slack' }, toApp ? '↓ app' : '↑ API'),
    h('span.call-method', call.method.replace('deliver.', '')),
    h('span', { class: `call-state ${call.ok ? 'ok' : late ? 'late' : 'bad'}` }, call.ok ? 'ok' : call.error ?? String(call.status)),
    h('span.call-pointers', pointers.map((one) => `${one[2]} ${one[1]}`).join('  ')),
    h('span', { class: late ? 'call-ms late' : 'call-ms' }, `${call.ms} ms`));
  const node = h('div', { class: call.ok ? 'call' : 'call refused', role: 'listitem', dataset: { call: String(call.id) } }, toggle);
  const show = (open) => {
    toggle.setAttribute('aria-expanded', String(open));
    node.querySelector('.call-detail')?.remove();
    if (open) node.append(detail(call, pointers));
    opened[open ? 'add' : 'delete'](call.id);
  };
  toggle.addEventListener('click', () => {
    show(toggle.getAttribute('aria-expanded') !== 'true');
    node.scrollIntoView({ block: 'nearest' });
  });
  if (opened.has(call.id)) show(true);
  return node;
}

function detail(call, pointers) {
  const bad = pointers.map((one) => one[2]).filter(Boolean);
  const trees = [jsonTree(call.request, bad), jsonTree(call.response)];
  const jumps = pointers.map(([, words, at]) => h('li', words, ' ', at && h('button.link-button', { onclick: () => trees.some((tree) => jumpTo(tree, at)) }, h('code', at))));
  const part = (title, tree) => h('div', h('h3', title), tree);
  return h('div.call-detail',
    !call.ok && h('div.call-why', h('strong', call.error ?? `HTTP ${call.status}`), ' ', WHY[call.error] ?? '', jumps.length > 0 && h('ul', jumps)),
    part(`${call.method.startsWith('deliver.') ? 'Delivered' : 'Request'}`, trees[0]),
    part(`${call.method.startsWith('deliver.') ? 'Acknowledged with' : 'Response'} · HTTP ${call.status || 'none'}`, trees[1]));
}
