// Modals as the app opens, updates and pushes them: one dialog that shows the top of a stack of views.

import { post } from '../api.js';
import { drawBlocks } from '../blocks/index.js';
import { on, tell } from '../bus.js';
import { freshId, h } from '../dom.js';
import { textNodes, wordsOf } from '../text/objects.js';
import { forget, prune, viewSurface } from './surfaces.js';
import { shown } from './toast.js';

const stack = [];
let dialog = null;
let errors = {};
let drawnId = null;
const left = new Set();  // views that were closed here: news of them that was under way is old

export function modals() {
  on('view', ({ view }) => arrived(view));
  on('view_closed', ({ view_id }) => gone(view_id));
}

function arrived(view) {
  if (view.type === 'home' || left.has(view.id)) return;
  const at = stack.findIndex((one) => one.id === view.id);
  const under = stack.findIndex((one) => one.id === view.previous_view_id);
  if (at >= 0) stack.splice(at, stack.length, view);
  else stack.splice(under + 1, stack.length, view);
  errors = {};
  prune(view);
  draw();
}

function gone(viewId) {
  const at = stack.findIndex((one) => one.id === viewId);
  if (at < 0) return;
  for (const view of stack.splice(at)) forget(view.id);
  errors = {};
  draw();
}

function draw() {
  const view = stack.at(-1);
  if (!view) {
    dialog?.close();
    dialog?.remove();
    dialog = null;
    drawnId = null;
    return;
  }
  if (!dialog) {
    dialog = h('dialog.dialog.modal', { oncancel: (event) => {
      event.preventDefault();
      dismiss(stack.at(-1));
    } });
    document.body.append(dialog);
  }
  const focus = document.activeElement?.dataset?.keep;
  const scroll = drawnId === view.id ? dialog.querySelector('.modal-body')?.scrollTop : 0;
  drawnId = view.id;
  const titleId = freshId('modal');
  dialog.setAttribute('aria-labelledby', titleId);
  dialog.replaceChildren(form(view, titleId));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('.modal-body').scrollTop = scroll ?? 0;
  focusAgain(focus);
}

function focusAgain(focus) {
  const wrong = dialog.querySelector('.input-wrong :is(input, textarea, button)');
  const before = focus && dialog.querySelector(`[data-keep="${CSS.escape(focus)}"]`);
  const first = dialog.querySelector('[autofocus]') ?? dialog.querySelector('.input :is(input, textarea, .select)') ?? dialog.querySelector('.modal-body .button');
  (wrong ?? before ?? first ?? dialog.querySelector('.dialog-foot button'))?.focus();
}

function form(view, titleId) {
  const surface = viewSurface(view, errors);
  const close = () => dismiss(view);
  const submit = view.submit && h('button.button.primary', { type: 'submit' }, textNodes(view.submit));
  return h('form', { novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    if (submit) send(view, submit);
  } },
    h('header.dialog-head',
      stack.length > 1 && h('button.icon-button', { 'aria-label': 'Back', onclick: close }, '‹'),
      h('h2', { id: titleId }, textNodes(view.title)),
      h('button.icon-button', { 'aria-label': 'Close', onclick: () => dismissAll() }, '✕')),
    h('div.modal-body.blocks', { tabindex: '0', role: 'group', 'aria-label': 'Content' }, errors[''] && h('div.input-error', { role: 'alert' }, errors['']), drawBlocks(view.blocks, surface)),
    h('footer.dialog-foot', h('button.button', { onclick: close }, view.close ? textNodes(view.close) : 'Close'), submit));
}

async function send(view, button) {
  button.setAttribute('aria-busy', 'true');
  const answer = await shown(() => post('view/submit', { view_id: view.id, values: viewSurface(view).values }));
  button.removeAttribute('aria-busy');
  if (answer?.errors) {
    errors = answer.errors;
    draw();
  } else if (answer) tell('did', { what: 'submitted', words: wordsOf(view.title) });
}

function dismiss(view) {
  left.add(view.id);
  gone(view.id);
  post('view/close', { view_id: view.id }).catch(() => undefined);
}

function dismissAll() {
  for (const view of [...stack].reverse()) dismiss(view);
}
