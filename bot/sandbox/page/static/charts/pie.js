import { s } from '../dom.js';
import { hint } from './frame.js';

const SIZE = 200;
const [OUTER, INNER] = [92, 50];

/** A ring of segments that starts at twelve o'clock. */
export function pieChart(segments, label) {
  const total = segments.reduce((sum, segment) => sum + segment.value, 0);
  let angle = 0;
  const slices = segments.map((segment, index) => {
    const from = angle;
    angle += (segment.value / total) * 2 * Math.PI;
    return s('path', { class: `slice hue-${index % 8}`, 'fill-rule': 'evenodd', d: ring(from, angle) }, hint(segment.label, String(segment.value)));
  });
  return s('svg.pie-svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'img', 'aria-label': label }, slices,
    s('text.pie-total', { x: SIZE / 2, y: SIZE / 2 + 6, 'text-anchor': 'middle' }, new Intl.NumberFormat('en-US', { notation: 'compact' }).format(total)));
}

function ring(from, to) {
  const end = to - from > 2 * Math.PI - 0.001 ? to - 0.001 : to;
  const large = end - from > Math.PI ? 1 : 0;
  return `M${at(OUTER, from)}A${OUTER} ${OUTER} 0 ${large} 1 ${at(OUTER, end)}L${at(INNER, end)}A${INNER} ${INNER} 0 ${large} 0 ${at(INNER, from)}Z`;
}

function at(radius, angle) {
  return `${(SIZE / 2 + radius * Math.sin(angle)).toFixed(2)} ${(SIZE / 2 - radius * Math.cos(angle)).toFixed(2)}`;
}
