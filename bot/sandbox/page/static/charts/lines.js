import { s } from '../dom.js';
import { axes, canvas, frameOf, hint, valueAt } from './frame.js';

/** Lines; an area chart fills them down to zero. */
export function lineChart(chart, label) {
  const frame = frameOf(chart);
  const drawn = chart.series.map((series, order) => {
    const points = frame.categories.map((category, index) => ({ category, value: valueAt(series, category), x: frame.x(index) }));
    const path = points.map((point, index) => `${index ? 'L' : 'M'}${point.x.toFixed(1)} ${frame.y(point.value).toFixed(1)}`).join('');
    const zero = frame.y(0).toFixed(1);
    return s('g', { class: `hue-${order % 8}` },
      chart.type === 'area' && s('path.area', { d: `${path}L${points.at(-1).x.toFixed(1)} ${zero}L${points[0].x.toFixed(1)} ${zero}Z` }),
      s('path.line', { d: path }),
      points.map((point) => s('circle.dot', { cx: point.x, cy: frame.y(point.value), r: 3 }, hint(point.category, series.name, String(point.value)))));
  });
  return canvas(label, axes(chart, frame), drawn);
}
