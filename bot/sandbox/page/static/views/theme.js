// Light, dark, or as the system says; remembered in this browser.

import { h } from '../dom.js';
import { openMenu } from './menu.js';

const KEY = 'joblogs-theme';
const NAMES = { system: 'Like the system', light: 'Light', dark: 'Dark' };

export function applyTheme(theme = stored()) {
  document.documentElement.dataset.theme = theme;
}

export function themeButton() {
  const node = h('button', { type: 'button', class: 'icon-button theme', 'aria-label': 'Colours', title: 'Colours', 'aria-haspopup': 'menu' }, h('span', { class: 'theme-sign', 'aria-hidden': 'true' }));
  node.addEventListener('click', () => openMenu(node, Object.entries(NAMES).map(([theme, label]) => ({
    label,
    checked: theme === stored(),
    onpick: () => {
      localStorage.setItem(KEY, theme);
      applyTheme(theme);
    },
  }))));
  return node;
}

function stored() {
  const theme = localStorage.getItem(KEY);
  return theme in NAMES ? theme : 'system';
}
