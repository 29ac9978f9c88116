// The app's Home tab, as the app published it for the person who looks.

import { get } from '../api.js';
import { drawBlocks } from '../blocks/index.js';
import { on } from '../bus.js';
import { h } from '../dom.js';
import { prune, viewSurface } from './surfaces.js';
import { shown } from './toast.js';

const OWN_ECHO_MS = 1000;
let box = null;
let opening = false;
let followedAt = -Infinity;

// Asking for the view may make the app publish once more: that echo of our own question is not followed.
on('home', () => {
  if (!(opening || box?.isConnected) || performance.now() - followedAt < OWN_ECHO_MS) return;
  followedAt = performance.now();
  refresh(box, { quiet: 1 });
});

/** The Home tab; null when the app has none. */
export async function homeTab() {
  box = h('div.home.scroller', { tabindex: '0', role: 'region', 'aria-label': 'Home of the app' });
  opening = true;
  const found = await refresh(box, {});
  opening = false;
  return found ? box : null;
}

// `quiet` asks for the view without telling the app again that somebody has opened it.
async function refresh(node, query) {
  const answer = await shown(() => get('home', query).catch(withoutHome));
  if (!answer || answer.missing) return false;
  const { view } = answer;
  if (view) prune(view);
  node.replaceChildren(h('div.home-page.blocks', view ? drawBlocks(view.blocks, viewSurface(view)) : h('p.quiet', 'The app has not published its Home tab yet.')));
  return true;
}

function withoutHome(error) {
  if (error.code !== 'not_enabled') throw error;
  return { missing: true };
}
