// What no Slack has: the sandbox's own panels, in a dock that opens beside the workspace (below it in small windows).

import { freshId, h } from '../dom.js';
import { callsPanel } from './calls.js';
import { directorPanel } from './director.js';
import { truthPanel } from './truth.js';

const KEY = 'joblogs-dock';

/** `directed`: whether a demo stands behind the page that takes a director's orders. */
export async function dock(node, { directed, guide }) {
  const count = h('span.calls-count');
  const refused = h('span.calls-failed');
  const last = h('span.calls-last');
  const calls = callsPanel((told) => {
    count.textContent = `${told.count} calls`;
    refused.textContent = told.refused ? `${told.refused} refused` : '';
    last.textContent = told.last ? `${told.last.method} ${told.last.ok ? 'ok' : told.last.error ?? 'failed'} · ${told.last.ms} ms` : '';
  });
  const panels = [
    directed && { name: 'director', label: ['Director'], title: 'Make something fail, turn the clock, stop the bot', ...directorPanel() },
    directed && { name: 'truth', label: ['Truth'], title: 'What the jobs really wrote, beside what the channels show', ...truthPanel() },
    { name: 'calls', label: ['API', count, refused], title: 'Every call between Slack and the app', ...calls },
  ].filter(Boolean);
  const body = h('div.dock-body', { id: freshId('dock') });
  const buttons = panels.map((panel) => h('button.dock-tab', { title: panel.title, 'aria-controls': body.id, 'aria-expanded': 'false', onclick: (event) => show(event.currentTarget.getAttribute('aria-expanded') === 'true' ? '' : panel.name) }, panel.label));
  const show = (name) => {
    const panel = panels.find((one) => one.name === name);
    localStorage.setItem(KEY, name);
    body.hidden = !panel;
    document.body.classList.toggle('with-dock', Boolean(panel));
    body.replaceChildren(...(panel ? [panel.node] : []));
    panels.forEach((one, index) => buttons[index].setAttribute('aria-expanded', String(one === panel)));
    panel?.enter();
  };
  node.replaceChildren(h('div.dock-bar', buttons, guide && h('button.dock-tab', { onclick: guide }, 'Guide'), last), body);
  show(localStorage.getItem(KEY) ?? '');
  await calls.catchUp();
  return { show };
}
