// Which block is drawn by what. A block that is not known is shown as such, never dropped.

import { h } from '../dom.js';
import { actions, contextActions } from './actions.js';
import { card } from './card.js';
import { container } from './container.js';
import { dataTable } from './data-table.js';
import { dataVisualization } from './data-visualization.js';
import { input } from './input.js';
import { alert, context, divider, header, image, markdownBlock } from './plain.js';
import { richText } from './rich-text.js';
import { section } from './section.js';
import { table } from './table.js';

const DRAW = {
  actions, alert, card, container, context, divider, header, image, input, section, table,
  context_actions: contextActions, data_table: dataTable, data_visualization: dataVisualization,
  markdown: markdownBlock, rich_text: richText,
};

/**
 * Draws blocks on a surface: {kind: message|modal|home, memory: Map that outlives a redraw, values, errors?,
 * act(block, element, patch), suggest(block, element, text)}.
 */
export function drawBlocks(blocks, surface) {
  return (blocks ?? []).map((block) => drawBlock(block, surface));
}

function drawBlock(block, surface) {
  const draw = Object.hasOwn(DRAW, block?.type ?? '') ? DRAW[block.type] : null;
  if (!draw) return unsupported(block);
  try {
    return h('div.block', { dataset: { type: block.type } }, draw(block, surface, drawBlocks));
  } catch (error) {
    return unsupported(block, error);
  }
}

function unsupported(block, error) {
  const words = `unsupported block: ${block?.type ?? typeof block}`;
  return h('details.block.unsupported', { dataset: { type: String(block?.type) } },
    h('summary', error ? `${words} (${error.message})` : words), h('pre', { tabindex: '0' }, JSON.stringify(block, null, 2)));
}
