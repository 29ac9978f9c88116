// What an element does with a choice: ask for confirmation, keep it as state, tell the app.

import { confirmed } from './confirm.js';

/** What was entered before, or `initial` for an element that is drawn for the first time. */
export function start(element, at, initial) {
  const known = at.surface.values?.[at.block.block_id]?.[element.action_id];
  if (known?.type === element.type) return known;
  keep(element, at, initial);
  return { type: element.type, ...initial };
}

export function keep(element, at, patch) {
  const values = at.surface.values;
  if (!values || !element.action_id || /^(\w+_)?button$|^overflow$/.test(element.type)) return;
  values[at.block.block_id] ??= {};
  values[at.block.block_id][element.action_id] = { type: element.type, ...patch };
}

/** Keeps the choice and, unless the element stands quietly in an input, sends it. False: the person said no. */
export async function speak(element, at, patch) {
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  keep(element, at, patch);
  if (!at.quiet) await at.surface.act(at.block, element, patch);
  return true;
}

/** The attributes by which screen readers connect an element with its label, hint and error. */
export function spokenProps(element, at, fallback) {
  const label = at.labelledBy ? null : element.accessibility_label || element.placeholder?.text || fallback;
  return {
    id: at.id, 'aria-label': label, 'aria-describedby': at.describedBy, 'aria-invalid': at.invalid ? 'true' : null,
    dataset: { action: element.action_id ?? '', keep: `${at.block?.block_id}/${element.action_id}` },
  };
}
