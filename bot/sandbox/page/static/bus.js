// What happens, by name: `message`, `changed`, `deleted`, `view`, `view_closed`, `home`, `channel`, `call`,
// `director`, `error` come from the server's stream; `resync` says that the stream was cut and is back; `did` tells
// what the person at the page has done.

import { streamUrl } from './api.js';

const listeners = new Map();

export function on(type, listener) {
  if (!listeners.has(type)) listeners.set(type, []);
  listeners.get(type).push(listener);
}

export function tell(type, detail) {
  for (const listener of listeners.get(type) ?? []) listener(detail);
}

const AGAIN_MS = 3000;

/**
 * Listens to the server until the page is closed. EventSource reconnects by itself, unless it was refused.
 * `begun` is called once it listens, or cannot: what is asked for after that misses no news.
 */
export function listen(begun, cut = false) {
  const source = new EventSource(streamUrl());
  source.onopen = () => {
    begun();
    if (cut) tell('resync');
    cut = false;
    tell('online', true);
  };
  source.onerror = () => {
    begun();
    cut = true;
    tell('online', false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(begun, true), AGAIN_MS);
  };
  source.onmessage = (event) => {
    const happened = JSON.parse(event.data);
    tell(happened.type, happened);
  };
}
