// A floating box beside its anchor: the browser's own popover, so that Esc and a click elsewhere close it.

import { h } from '../dom.js';

const GAP = 6;
const REOPEN_MS = 250;
const closedAt = new WeakMap();

/** Opens `content`; null when this very click has just closed it. Focus goes back to the anchor on close. */
export function openPopover(anchor, content, { css = '', onclose, wide = false, above = false } = {}) {
  let byClick = true;
  if (performance.now() - (closedAt.get(anchor) ?? -Infinity) < REOPEN_MS) return null;
  const box = h('div', { class: `popover ${css}`, popover: 'auto' }, content);
  (anchor.closest('dialog') ?? document.body).append(box);
  const place = () => put(box, anchor, wide, above);
  const moved = (event) => (anchor.isConnected ? !box.contains(event.target) && place() : box.hidePopover());
  box.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'closed') return;
    const inside = box.contains(document.activeElement);
    if (byClick) closedAt.set(anchor, performance.now());
    anchor.setAttribute('aria-expanded', 'false');
    window.removeEventListener('scroll', moved, true);
    window.removeEventListener('resize', place);
    if (inside) anchor.focus();
    onclose?.();
    setTimeout(() => box.remove());
  });
  anchor.setAttribute('aria-expanded', 'true');
  box.showPopover();
  place();
  new ResizeObserver(place).observe(box);
  window.addEventListener('scroll', moved, true);
  window.addEventListener('resize', place);
  return { node: box, close: () => (byClick = false, box.matches(':popover-open') && box.hidePopover()) };
}

function put(box, anchor, wide, above) {
  const at = anchor.getBoundingClientRect();
  if (wide) box.style.minWidth = `${Math.max(at.width, 260)}px`;
  const [width, height] = [box.offsetWidth, box.offsetHeight];
  const below = at.bottom + GAP + height <= innerHeight && !above;
  const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
  box.style.top = `${top}px`;
  box.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
}
