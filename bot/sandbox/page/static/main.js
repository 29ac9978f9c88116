// The page's beginning: who is here, then the rooms of the page, then the stream, then the place in the address.

import { actAs, get } from './api.js';
import { listen, on } from './bus.js';
import { channels, learn, people, team } from './directory.js';
import { h } from './dom.js';
import { dock } from './stage/dock.js';
import { guide } from './stage/guide.js';
import { refreshAges, setClock } from './times.js';
import { conversation } from './views/conversation.js';
import { modals } from './views/modal.js';
import { sidebar } from './views/sidebar.js';
import { applyTheme } from './views/theme.js';
import { thread } from './views/thread.js';
import { toast } from './views/toast.js';

const AGES_MS = 30_000;

applyTheme();
start();

async function start() {
  const place = (id) => document.getElementById(id);
  let session;
  try {
    // As Slack does: whoever acts here lives in the zone of this device, and the app is told so by users.info.
    session = await get('session', { tz: Intl.DateTimeFormat().resolvedOptions().timeZone });
    actAs(session.me.id);
    learn(session);
    setClock(session.now_ms);
  } catch (error) {
    place('conversation').replaceChildren(h('div.loading', h('p', error.message), h('button.button', { onclick: () => location.reload() }, 'Try again')));
    return;
  }
  on('channel', ({ channel }) => channels.set(channel.id, channel));  // before anyone who draws channels
  sidebar(place('sidebar'));
  modals();
  const middle = conversation(place('conversation'));
  const side = thread(place('thread'));
  on('error', ({ message, error }) => toast(message ?? 'Something went wrong.', error));
  on('go', goTo);
  window.addEventListener('hashchange', () => show(middle, side));
  document.addEventListener('click', followPermalink);
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();  // the address names a channel, not an element
    place('conversation').focus();
  });
  await new Promise((begun) => listen(begun));
  setInterval(refreshAges, AGES_MS);
  const again = session.director ? guide(place('guide')) : null;
  await show(middle, side);
  const panels = await dock(place('dock'), { directed: session.director, guide: again });
  on('dock', panels.show);
}

// The address says what is shown: #/CHANNEL, #/CHANNEL/THREAD, #/CHANNEL/home.
function goTo({ channel, thread: ts, tab }) {
  location.hash = `/${[channel, tab ?? ts].filter(Boolean).join('/')}`;
}

// A link to a message of this workspace leads to it and its thread here.
function followPermalink(event) {
  const url = new URL(event.target.closest?.('a[href]')?.href ?? 'about:blank');
  const [, channel, seconds, micros] = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url.pathname) ?? [];
  if (url.host !== `${team.domain}.slack.com` || !channels.has(channel)) return;
  event.preventDefault();
  goTo({ channel, thread: url.searchParams.get('thread_ts') ?? `${seconds}.${micros}` });
}

async function show(middle, side) {
  const [, wanted, more] = location.hash.split('/');
  const channel = channels.has(wanted) ? wanted : firstChannel();
  if (!channel) return;
  const isApp = people.get(channels.get(channel).user)?.is_bot;
  const tab = isApp ? (more === 'messages' || more?.includes('.') ? 'messages' : 'home') : null;
  const ts = more?.includes('.') ? more : null;
  if (!ts) side.hide();
  if (middle.current() !== channel || middle.tab !== tab) {
    middle.tab = tab;
    await middle.open(channel, tab);
  }
  if (ts) await side.open(channel, ts);
}

// Where something has happened.
function firstChannel() {
  const all = [...channels.values()].filter((channel) => !channel.is_archived);
  const order = (a, b) => a.is_im - b.is_im || b.unread - a.unread || a.name.localeCompare(b.name);
  return all.sort(order)[0]?.id;
}
