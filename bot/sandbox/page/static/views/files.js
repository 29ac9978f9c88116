// Files of a message: a card that opens a preview, with a download beside it.

import { h, ownUrl, sign } from '../dom.js';

const PREVIEW_BYTES = 4_000_000;
const PREVIEW_CHARS = 200_000;
const TEXT = /^text\/|json|xml|yaml|javascript|x-ndjson/;
const TEXT_NAME = /\.(log|txt|jsonl?|ndjson|csv|py|ya?ml|md)$/i;

export function fileCards(files) {
  return h('div.files', files.map((file) => h('div.file',
    h('button.file-open', { onclick: () => view(file), title: 'Open' },
      h('span.file-sign', { 'aria-hidden': 'true' }, (/\.(\w{1,5})$/.exec(file.name ?? '')?.[1] ?? 'file').toUpperCase()),
      h('span.file-words', h('span.file-name', title(file)), h('span.quiet', sizeWords(file.size)))),
    h('a.icon-button', { href: addressOf(file), download: file.name ?? '', 'aria-label': `Download ${title(file)}`, title: 'Download' }, '↓'))));
}

async function view(file) {
  const body = h('div.viewer-body', { tabindex: '0' }, 'Loading…');
  const dialog = h('dialog.dialog.viewer', { 'aria-label': title(file), onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() },
    h('header.dialog-head', h('h2', title(file), h('span.quiet', ` ${sizeWords(file.size)}`)),
      h('a.button', { href: addressOf(file), download: file.name ?? '' }, 'Download'),
      h('button.icon-button', { 'aria-label': 'Close', onclick: () => dialog.close() }, '✕')), body);
  document.body.append(dialog);
  dialog.showModal();
  body.replaceChildren(await preview(file));
}

async function preview(file) {
  if (/^image\//.test(file.mimetype ?? '')) return h('img.viewer-image', { src: addressOf(file), alt: title(file) });
  const readable = TEXT.test(file.mimetype ?? '') || TEXT_NAME.test(file.name ?? '');
  if (!readable || file.size > PREVIEW_BYTES) return h('p.quiet', 'No preview for this file: download it to read it.');
  try {
    const response = await fetch(addressOf(file));
    if (!response.ok) return h('p', `The file could not be read (${response.status}).`);
    const text = await response.text();
    return h('pre.viewer-text', text.slice(0, PREVIEW_CHARS), text.length > PREVIEW_CHARS && h('em', '\n… the rest is in the download.'));
  } catch {
    return h('p', 'The file could not be read: the sandbox does not answer.');
  }
}

// The server names its files by the host it listens on; the page may have been opened under another name for it.
function addressOf(file) {
  const url = new URL(file.url_private ?? '', location.href);
  return ownUrl(url.pathname + url.search) ?? '#';
}

function title(file) {
  return file.title || file.name || file.id;
}

function sizeWords(size) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = size > 0 ? Math.min(3, Math.floor(Math.log10(size) / 3)) : 0;
  return `${(size / 1000 ** power).toFixed(power && size / 1000 ** power < 10 ? 1 : 0)} ${units[power]}`;
}
