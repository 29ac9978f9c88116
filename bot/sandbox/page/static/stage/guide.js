// A strip of five steps for whoever has never seen the bot; each ticks itself off when it happens.

import { on, tell } from '../bus.js';
import { h } from '../dom.js';

const [HIDDEN, DONE] = ['joblogs-guide-hidden', 'joblogs-guide-done'];
const STEPS = [
  { name: 'A job fails', about: 'Training jobs run behind this page, and the bot reads their logs. In a moment one of them fails, and one card appears in a channel.', help: 'Make one fail', show: () => tell('dock', 'director') },
  { name: 'Take it', about: 'The card names the cause, however many machines shouted. Press Acknowledge on it, so that others know it is yours.', show: () => button('Acknowledge') },
  { name: 'Open its thread', about: 'Under the card is its thread: the lines around the error, and all that people do about it. Write “@joblogs help” there.', show: () => document.querySelector('#conversation .message:has(.actions) .thread-link')?.click() },
  { name: 'Ask for logs', about: 'In a channel, type /joblogs and the name of a job: its latest lines appear, for you alone.', show: () => type('/joblogs ') },
  { name: 'Resolve it', about: 'Press Resolve on the card and say what it was. When the error comes back, the bot will remember.', show: () => button('Resolve') },
];
let done = new Set();
let cardIn = null;

/** Returns a function that shows the strip again. */
export function guide(node) {
  done = new Set(JSON.parse(sessionStorage.getItem(DONE) ?? '[]'));
  const tick = (step) => {
    if (done.has(step)) return;
    done.add(step);
    sessionStorage.setItem(DONE, JSON.stringify([...done]));
    draw(node);
  };
  const show = (wanted) => {
    localStorage.setItem(HIDDEN, wanted ? '' : '1');
    node.hidden = !wanted;
    draw(node, () => show(false));
  };
  const failed = (message) => {
    if (!message.bot_id || message.ephemeral || !/"Acknowledge"/.test(JSON.stringify(message.blocks ?? []))) return;
    cardIn = message.channel;
    tick(0);
    if (!location.hash) tell('go', { channel: cardIn });  // nobody has chosen a channel yet
  };
  on('message', ({ message }) => failed(message));
  on('history', ({ messages }) => messages.forEach(failed));
  on('go', ({ thread }) => thread && tick(2));
  on('did', ({ what, words }) => {
    if (what === 'said') return void (words.startsWith('/') && tick(3));
    if (/^acknowledge/i.test(words)) tick(1);
    if (what === 'submitted' && /^resolve/i.test(words)) tick(4);
  });
  const wanted = localStorage.getItem(HIDDEN) !== '1';
  show(wanted);
  return () => show(true);
}

let close = null;

function draw(node, onclose = close) {
  close = onclose;
  const current = STEPS.findIndex((_, index) => !done.has(index));
  const step = STEPS[current];
  node.replaceChildren(
    h('ol.guide-steps', STEPS.map((one, index) => h('li', { class: done.has(index) ? 'done' : index === current ? 'current' : '', 'aria-current': index === current ? 'step' : null }, h('span.guide-mark', { 'aria-hidden': 'true' }, done.has(index) ? '✓' : index + 1), one.name, done.has(index) && h('span.sr-only', ' (done)')))),
    h('p', { role: 'status' }, step ? step.about : 'That is all of it: from the first ERROR line to the fix, without leaving Slack. Now let three things fail at once in the Director.', ' ',
      h('button.link-button', { onclick: step?.show ?? STEPS[0].show }, step?.help ?? 'Show me')),
    h('button.icon-button', { 'aria-label': 'Close the guide', title: 'Close', onclick: close }, '✕'));
}

function button(words) {
  const found = [...document.querySelectorAll('#conversation .message button.button')].filter((one) => one.textContent === words).at(-1);
  if (!found) return void tell('go', { channel: cardIn });
  found.scrollIntoView({ block: 'center' });
  found.focus();
}

function type(words) {
  const field = document.querySelector('#conversation textarea');
  if (!field) return;
  field.value = words;
  field.focus();
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
