import { textNodes } from '../text/objects.js';
import { menuButton } from '../views/menu.js';
import { speak, spokenProps } from './speak.js';

/** The "⋯" button with its menu of up to five options. */
export function overflow(element, at) {
  const items = () => element.options.map((option) => ({
    label: textNodes(option.text),
    description: option.description && textNodes(option.description),
    url: option.url,
    onpick: () => speak(element, at, { selected_option: option }),
  }));
  const { 'aria-label': name, ...props } = spokenProps(element, at, 'More actions');
  return menuButton('button.button.overflow', name, '⋯', items, props);
}
