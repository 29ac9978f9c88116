// Where blocks stand and whom their elements speak to. What a reader opened, sorted or entered outlives a redraw.

import { post } from '../api.js';
import { tell } from '../bus.js';
import { wordsOf } from '../text/objects.js';
import { shown } from './toast.js';

const kept = new Map();

export function messageSurface(message) {
  const place = { channel: message.channel, message_ts: message.ts };
  const id = `${message.channel}/${message.ts}`;
  prune({ id, blocks: [message, ...(message.attachments ?? [])].flatMap((one) => one.blocks ?? []) });
  return {
    kind: 'message',
    ...keptFor(id),
    act: (block, element, patch) => done(element, patch, () => post('act', { ...place, ...ids(block, element), patch, values: keptFor(id).values })),
    suggest: (block, element, value) => post('suggest', { ...place, ...ids(block, element), value }),
  };
}

/** A modal or a Home tab: `errors` are shown at their fields. */
export function viewSurface(view, errors = {}) {
  return {
    kind: view.type,
    errors,
    ...keptFor(view.id),
    act: (block, element, patch) => done(element, patch, () => post('view/act', { view_id: view.id, ...ids(block, element), patch, values: keptFor(view.id).values })),
    suggest: (block, element, value) => post('suggest', { view_id: view.id, ...ids(block, element), value }),
  };
}

async function done(element, patch, work) {
  if (await shown(work)) tell('did', { what: 'pressed', words: wordsOf(patch.selected_option?.text ?? element.text) });
}

/** Takes over what the server knows to be entered in a view, and forgets what belongs to elements that are gone. */
export function prune(view) {
  const { values } = keptFor(view.id);
  for (const [blockId, actions] of Object.entries(view.state?.values ?? {})) values[blockId] = { ...actions, ...values[blockId] };
  for (const [blockId, actions] of Object.entries(values)) {
    const present = actionsIn(view.blocks.find((block) => block.block_id === blockId));
    for (const actionId of Object.keys(actions)) if (!present.has(actionId)) delete actions[actionId];
    if (!Object.keys(actions).length) delete values[blockId];
  }
}

export function forget(key) {
  kept.delete(key);
}

function keptFor(key) {
  if (!kept.has(key)) kept.set(key, { memory: new Map(), values: {} });
  return kept.get(key);
}

function actionsIn(node, found = new Set()) {
  if (node?.action_id) found.add(node.action_id);
  if (node && typeof node === 'object') for (const child of Object.values(node)) actionsIn(child, found);
  return found;
}

function ids(block, element) {
  return { block_id: block.block_id, action_id: element.action_id };
}
