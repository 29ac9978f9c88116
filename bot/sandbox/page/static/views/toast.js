// Short notices at the bottom: what was refused, with Slack's code.

import { h } from '../dom.js';

const SHOWN_MS = 9000;

/** `text` is one sentence; `code` is Slack's error code. */
export function toast(text, code) {
  const close = h('button.icon-button', { 'aria-label': 'Dismiss', onclick: () => node.remove() }, '✕');
  const node = h('div', { class: code ? 'toast toast-error' : 'toast' }, h('div', h('span', text), code && h('code', code)), close);
  const box = document.getElementById('toasts');
  box.append(node);
  if (box.matches(':popover-open')) box.hidePopover();
  box.showPopover();  // once more, so that it stands above a dialog opened since
  setTimeout(() => node.remove(), SHOWN_MS);
  while (box.children.length > 4) box.firstChild.remove();
}

/** Runs `work` and shows what was refused; undefined then. */
export async function shown(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message, error.code ?? 'page_error');
    return undefined;
  }
}
