// Slack's confirm dialog before an action.

import { freshId, h } from '../dom.js';
import { textNodes } from '../text/objects.js';

/** Resolves to true when the person confirms; Esc and the deny button say no. */
export function confirmed(confirm) {
  const [titleId, textId] = [freshId('confirm'), freshId('confirm')];
  const yes = h('button', { type: 'submit', value: 'yes', class: `button ${confirm.style === 'danger' ? 'danger' : 'primary'}` }, textNodes(confirm.confirm ?? 'Yes'));
  const no = h('button', { type: 'submit', value: 'no', class: 'button' }, textNodes(confirm.deny ?? 'No'));
  const dialog = h('dialog.dialog.confirm', { 'aria-labelledby': titleId, 'aria-describedby': textId },
    h('form', { method: 'dialog' },
      h('h2', { id: titleId }, textNodes(confirm.title)),
      h('div.confirm-text', { id: textId }, textNodes(confirm.text)),
      h('div.dialog-foot', no, yes)));
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'yes');
  }));
}
