// Light, dark, or as the system says; remembered in this browser.

import { menuButton } from './menu.js';

const KEY = 'joblogs-theme';
const NAMES = { system: 'Like the system', light: 'Light', dark: 'Dark' };

export function applyTheme(theme = stored()) {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
}

export function themeButton() {
  return menuButton('button.icon-button.theme', 'Colours', '◐', () =>
    Object.entries(NAMES).map(([theme, label]) => ({ label, checked: theme === stored(), onpick: () => applyTheme(theme) })));
}

function stored() {
  const theme = localStorage.getItem(KEY);
  return theme in NAMES ? theme : 'system';
}
