// The only way this page makes elements. Data enters as text nodes and attributes, never as markup.

const SVG = 'http://www.w3.org/2000/svg';
const LINK_SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/**
 * An HTML element: h('p.quiet', {title: 'x'}, children…), the object being optional. `onclick`-like functions become
 * listeners, `null` and `false` attributes and children are left out, and a button is one that submits nothing.
 */
export function h(tag, ...rest) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (name === 'button') node.type = 'button';
  return fill(node, classes, rest);
}

/** The same for SVG. */
export function s(tag, ...rest) {
  const [name, ...classes] = tag.split('.');
  return fill(document.createElementNS(SVG, name), classes, rest);
}

/** A mark drawn by the style sheet, which says nothing to screen readers. */
export function sign(css) {
  return h('span', { class: css, 'aria-hidden': 'true' });
}

/** Text for screen readers only. */
export function spoken(text) {
  return h('span', { class: 'sr-only' }, text);
}

/** `url` if a link may lead there, else null: log text must not smuggle in `javascript:`. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return LINK_SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** `url` if this very server (or the data itself) answers it, else null: nothing is loaded from outside. */
export function ownUrl(url) {
  try {
    const parsed = new URL(/^\/[^/]/.test(url) ? location.origin + url : url);
    const image = parsed.protocol === 'data:' && parsed.pathname.startsWith('image/');
    return image || parsed.origin === location.origin ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link that opens beside the page; plain text when it may not be followed. */
export function link(url, label, props = {}) {
  const href = safeUrl(url);
  if (!href) return h('span', { class: 'dead-link' }, label);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer', ...props }, label);
}

/** Makes `nodes` the children of `parent` and touches only what differs: focus, selection and scroll places stay. */
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

let counter = 0;
export function freshId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

function fill(node, classes, rest) {
  const props = rest[0]?.constructor === Object ? rest.shift() : {};
  if (classes.length) node.classList.add(...classes);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') node.setAttribute('class', [...classes, value].join(' '));
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'dataset') Object.assign(node.dataset, value);
    else if (key === 'vars') for (const [name, v] of Object.entries(value)) node.style.setProperty(`--${name}`, v);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...rest.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
