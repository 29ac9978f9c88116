// The slim panel at the bottom: every Web API call and every delivery to the app, refusals included.

import { get } from '../api.js';
import { on } from '../bus.js';
import { h, reconcile } from '../dom.js';
import { clockTime } from '../times.js';
import { shown } from './toast.js';

const KEPT = 400;
const KEY = 'joblogs-calls-open';
const calls = new Map();
const opened = new Set();
const wanted = { words: '', failed: false };

export async function callsPanel(node) {
  const rows = h('div', { class: 'calls-rows', role: 'list', 'aria-label': 'Calls', tabindex: '0' });
  const count = h('span', { class: 'calls-count' });
  const failed = h('span', { class: 'calls-failed' });
  const last = h('span', { class: 'calls-last' });
  const body = h('div', { class: 'calls-body' }, filters(() => drawRows(rows)), rows);
  const bar = h('button', { type: 'button', class: 'calls-bar', 'aria-expanded': 'false' }, h('span', { class: 'chevron up', 'aria-hidden': 'true' }), h('strong', {}, 'API'), count, failed, last);
  const show = (open) => {
    body.hidden = !open;
    bar.setAttribute('aria-expanded', String(open));
    localStorage.setItem(KEY, open ? '1' : '');
    if (open) drawRows(rows);
  };
  bar.addEventListener('click', () => show(body.hidden));
  node.replaceChildren(bar, body);
  show(localStorage.getItem(KEY) === '1');
  const summarise = () => {
    const all = [...calls.values()];
    const bad = all.filter((call) => !call.ok).length;
    count.textContent = `${all.length}${all.length === KEPT ? '+' : ''} calls`;
    failed.textContent = bad ? `${bad} refused` : '';
    const latest = all.at(-1);
    last.textContent = latest ? `${latest.method} ${latest.ok ? 'ok' : latest.error ?? 'failed'} · ${latest.ms} ms` : '';
  };
  const learn = (call) => {
    calls.set(call.id, call);
    if (calls.size > KEPT) calls.delete(calls.keys().next().value);
  };
  const catchUp = async () => {
    const answer = await shown(() => get('calls', { after: [...calls.keys()].at(-1) ?? 0 }));
    answer?.calls.forEach(learn);
    summarise();
    if (!body.hidden) drawRows(rows);
  };
  // Calls come in bursts: one drawing per frame is enough.
  let due = false;
  const later = () => {
    due = false;
    summarise();
    if (!body.hidden) drawRows(rows);
  };
  on('call', ({ call }) => {
    learn(call);
    if (!due) requestAnimationFrame(later);
    due = true;
  });
  on('resync', catchUp);
  await catchUp();
}

function filters(redraw) {
  const words = h('input', { type: 'search', class: 'field-text slim', placeholder: 'Filter by method or error', 'aria-label': 'Filter calls', oninput: () => {
    wanted.words = words.value.toLowerCase();
    redraw();
  } });
  const failed = h('input', { type: 'checkbox', onchange: () => {
    wanted.failed = failed.checked;
    redraw();
  } });
  return h('div', { class: 'calls-filters' }, words, h('label', { class: 'choice' }, failed, 'Refused only'));
}

function drawRows(rows) {
  const atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < 40;
  const shownCalls = [...calls.values()].filter((call) => !(wanted.failed && call.ok) && `${call.method} ${call.error ?? ''}`.toLowerCase().includes(wanted.words));
  const known = new Map([...rows.children].map((child) => [child.dataset.call, child]));
  reconcile(rows, shownCalls.map((call) => known.get(String(call.id)) ?? row(call)));
  if (atEnd) rows.scrollTop = rows.scrollHeight;
}

function row(call) {
  const toggle = h('button', { type: 'button', class: 'call-head', 'aria-expanded': 'false' },
    h('span', { class: 'call-time' }, clockTime(new Date(call.at_ms), true)),
    h('span', { class: 'call-method' }, call.method),
    h('span', { class: call.ok ? 'call-state ok' : 'call-state bad' }, call.ok ? 'ok' : call.error ?? String(call.status)),
    h('span', { class: 'call-pointers' }, (call.pointers ?? []).join('  ')),
    h('span', { class: 'call-ms' }, `${call.ms} ms`));
  const node = h('div', { class: 'call', role: 'listitem', dataset: { call: String(call.id) } }, toggle);
  const show = (open) => {
    toggle.setAttribute('aria-expanded', String(open));
    node.querySelector('.call-json')?.remove();
    if (open) node.append(h('div', { class: 'call-json' }, json('Request', call.request), json('Response', call.response)));
    if (open) opened.add(call.id);
    else opened.delete(call.id);
  };
  toggle.addEventListener('click', () => {
    show(toggle.getAttribute('aria-expanded') !== 'true');
    node.scrollIntoView({ block: 'nearest' });
  });
  if (opened.has(call.id)) show(true);
  return node;
}

function json(title, value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return h('div', {}, h('h3', {}, title), h('pre', { tabindex: '0' }, text ?? ''));
}
