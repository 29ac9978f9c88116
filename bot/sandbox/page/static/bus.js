// What happens, by name: `message`, `changed`, `deleted`, `view`, `view_closed`, `home`, `channel`, `call`,
// `error` come from the server's stream; `resync` says that the stream was cut and is back.

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

/** Listens to the server until the page is closed. EventSource reconnects by itself, unless it was refused. */
export function listen(cut = false) {
  const source = new EventSource(streamUrl());
  source.onopen = () => {
    if (cut) tell('resync');
    cut = false;
    tell('online', true);
  };
  source.onerror = () => {
    cut = true;
    tell('online', false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(true), AGAIN_MS);
  };
  source.onmessage = (event) => {
    const happened = JSON.parse(event.data);
    tell(happened.type, happened);
  };
}
