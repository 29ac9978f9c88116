// The proof: what each job really wrote, beside what the channels show of it.

import { get } from '../api.js';
import { on, tell } from '../bus.js';
import { channels } from '../directory.js';
import { h } from '../dom.js';
import { clockTime } from '../times.js';
import { shown } from '../views/toast.js';

const SOON_MS = 3000;
const ROLES = { cascade: 'follows from it: ', noise: 'harmless: ' };
const VERDICTS = { complete: ['good', 'Nothing is missing'], behind: ['late', 'On its way'], missing: ['bad', 'Something is missing'] };

export function truthPanel() {
  const box = h('div.truth', { tabindex: '0', role: 'group', 'aria-label': 'What was written and what is shown' });
  let timer = 0;
  const load = async () => {
    const answer = await shown(() => get('director/truth'));
    if (!answer) return;
    const place = box.scrollTop;
    const { jobs, twice } = answer;
    const summary = !jobs.length ? 'No job has run yet. Start one in the Director.' : twice ? `${twice} messages were posted twice.` : 'No message was posted twice.';
    box.replaceChildren(h('p', { class: twice ? 'bad' : 'quiet' }, summary), ...jobs.map(report));
    box.scrollTop = place;
  };
  const soon = () => {
    timer ||= setTimeout(() => {
      timer = 0;
      if (box.isConnected) load();
    }, SOON_MS);
  };
  for (const news of ['message', 'changed', 'deleted', 'director', 'resync']) on(news, soon);
  return { node: box, enter: () => (box.replaceChildren('Reading…'), load()) };
}

function report(job) {
  const [css, words] = VERDICTS[job.verdict] ?? ['', job.verdict];
  return h('section.report', { 'aria-label': job.name },
    h('header', h('strong', job.name), h('span.quiet', job.status.toLowerCase()), h('span', { class: `verdict ${css}` }, words)),
    h('p', job.sentence),
    h('div.sides',
      side(`The job wrote ${job.lines} lines, ${job.errors} of them errors`, job.events.map((event) => [h('span', event.title), h('span.quiet', `${ROLES[event.role] ?? ''}${amount(event)}, first at ${clockTime(new Date(event.first_ms), true)}`)]), 'No error.'),
      side('The channels show', [...job.shown.map(card), ...job.missing.map((one) => [h('span', { class: css }, job.verdict === 'behind' ? 'Not yet: ' : 'Not there: ', one)])], 'Nothing, as there is nothing to show.')));
}

function card(one) {
  const where = [...channels.values()].find((channel) => channel.name === one.channel);
  const way = where ? h('button.link-button', { onclick: () => tell('go', { channel: where.id, thread: one.ts }) }, one.title) : h('span', one.title);
  return [way, h('span.quiet', `${amount(one)} in #${one.channel}`)];
}

function side(title, entries, none) {
  return h('div', h('h3', title), entries.length ? h('ul', entries.map((entry) => h('li', entry))) : h('p.quiet', none));
}

function amount({ count, replicas }) {
  const many = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;
  return [count && many(count, 'time'), replicas && `on ${many(replicas, 'replica')}`].filter(Boolean).join(' ');
}
