// The director's orders: a failure, the speed of time, trouble for a service, the end of the bot, a burst of errors.

import { get, post } from '../api.js';
import { on } from '../bus.js';
import { h, sign } from '../dom.js';
import { ageNode, ago, clockTime, now, refreshAges, setClock } from '../times.js';
import { shown, toast } from '../views/toast.js';

const SPEEDS = [0.5, 1, 5, 10, 60];
const SPANS = [[60, '1 minute'], [600, '10 minutes'], [3600, '1 hour']];
const BOT = { kill: 'Kill (SIGKILL)', stop: 'Stop', restart: 'Restart', start: 'Start' };
const STATES = { running: 'good', starting: 'late', stopped: 'bad' };

export function directorPanel() {
  const box = h('div.director');
  let ahead = null;
  const load = async () => {
    const state = await shown(() => get('director'));
    if (!state) return;
    if (state.ahead_s !== ahead) {
      setClock((await shown(() => get('session')))?.now_ms);
      refreshAges();
    }
    ahead = state.ahead_s;
    if (box.isConnected) draw(box, state);
  };
  on('director', load);
  on('resync', load);
  return { node: box, enter: load };
}

function draw(box, state) {
  const focus = document.activeElement?.dataset.keep;
  const kept = new Map([...box.querySelectorAll('select, input')].map((one) => [one.dataset.keep, one.value]));
  const place = box.querySelector('.scenarios')?.scrollTop;
  box.replaceChildren(scenarios(state), h('div.director-side', time(state), troubles(state), bot(state), burst(state)));
  for (const field of box.querySelectorAll('select, input')) if (kept.has(field.dataset.keep)) field.value = kept.get(field.dataset.keep);
  if (place) box.querySelector('.scenarios').scrollTop = place;
  if (focus) box.querySelector(`[data-keep="${CSS.escape(focus)}"]`)?.focus();
}

function order(what, body, words) {
  return async () => {
    if (await shown(() => post(`director/${what}`, typeof body === 'function' ? body() : body)) && words) toast(words);
  };
}

function part(title, about, ...content) {
  return h('section.order', { 'aria-label': title }, h('h3', title), h('p.quiet', about), content);
}

function press(label, keep, onclick, props = {}) {
  return h('button.button.slim', { onclick, dataset: { keep }, ...props }, label);
}

function scenarios(state) {
  const playing = state.jobs.filter((job) => !job.ended);
  return part('Make something happen', `Each starts a new training job in a watched project; the bot finds out by itself.${playing.length ? ` Running now: ${playing.map((job) => job.name).join(', ')}.` : ''}`,
    h('div.scenarios', { tabindex: '0', role: 'group', 'aria-label': 'Scenarios' }, state.scenarios.map((one) =>
      h('button.scenario', { title: one.about, dataset: { keep: one.name }, onclick: order('play', { scenario: one.name }, `“${one.title}” has begun. Watch the channel.`) }, sign('play'), h('strong', one.title), h('span.quiet', one.about)))));
}

function time(state) {
  const tomorrow = () => {
    const at = now();
    at.setDate(at.getDate() + 1);
    at.setHours(9, 0, 1, 0);
    return { seconds: Math.round((at - now()) / 1000) };
  };
  return part('Time', `It is ${clockTime(now())} here${state.ahead_s ? `, ${ago(new Date(now() - state.ahead_s * 1000)).replace(' ago', '')} ahead of your clock` : ''}.`,
    h('div.buttons', { role: 'group', 'aria-label': 'Speed of the jobs' }, [...new Set([...SPEEDS, state.speed])].sort((a, b) => a - b).map((factor) => press(`${factor}×`, `speed${factor}`, order('speed', { factor }), { 'aria-pressed': String(factor === state.speed) }))),
    h('div.buttons', 'Jump', press('10 min', 'ahead1', order('ahead', { seconds: 600 })), press('1 hour', 'ahead2', order('ahead', { seconds: 3600 })), press('to 9:00 tomorrow', 'ahead3', order('ahead', tomorrow))));
}

function troubles(state) {
  const services = [...new Set(state.kinds.map((kind) => kind.service))];
  const kind = h('select.native', { 'aria-label': 'Trouble', dataset: { keep: 'kind' } }, services.map((service) =>
    h('optgroup', { label: service === 'slack' ? 'Slack' : 'Baseten' }, state.kinds.filter((one) => one.service === service).map((one) => h('option', { value: `${service}/${one.kind}` }, one.label)))));
  const span = h('select.native', { 'aria-label': 'For how long', dataset: { keep: 'span' } }, SPANS.map(([seconds, words]) => h('option', { value: String(seconds) }, words)));
  const body = () => {
    const [service, name] = kind.value.split('/');
    return { service, kind: name, seconds: Number(span.value) };
  };
  return part('Trouble', 'Let a service fail, and see that nothing gets lost.',
    h('div.buttons', kind, span, press('Begin', 'trouble', order('trouble', body))),
    state.troubles.map((one) => h('div.trouble', h('span', one.label, ', ends ', ageNode('span', {}, () => ago(new Date(one.until_ms)))), press('End it', one.id, order('calm', { id: one.id })))));
}

function bot({ bot: it }) {
  const doing = it.state === 'stopped' ? ['start'] : ['kill', 'stop', 'restart'];
  return part('The bot', [h('span', { class: `dot ${STATES[it.state]}` }), `${it.state}${it.pid ? `, process ${it.pid}` : ''}${it.restarts ? `, restarted ${it.restarts} ${it.restarts === 1 ? 'time' : 'times'}` : ''}, since ${clockTime(new Date(it.since_ms), true)}`],
    h('div.buttons', doing.map((one) => press(BOT[one], `bot-${one}`, order('bot', { do: one })))));
}

function burst(state) {
  const number = (label, value, most) => h('input.native', { type: 'number', min: '1', max: String(most), value: String(value), 'aria-label': label, dataset: { keep: label } });
  const [lines, seconds] = [number('ERROR lines', 500, 100000), number('Seconds', 10, 3600)];
  const job = h('select.native', { 'aria-label': 'Job', dataset: { keep: 'job' } }, h('option', { value: '' }, 'the newest job'), state.jobs.filter((one) => !one.ended).map((one) => h('option', { value: one.id }, one.name)));
  const body = () => ({ lines: Number(lines.value), seconds: Number(seconds.value), ...(job.value && { job: job.value }) });
  return part('A burst', 'ERROR lines as fast as you like: see how few messages they become.',
    h('div.buttons', lines, 'lines in', seconds, 's from', job, press('Burst', 'burst', order('burst', body))));
}
