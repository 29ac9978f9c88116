import { s } from '../dom.js';
import { axes, canvas, frameOf, hint, valueAt } from './frame.js';

/** Grouped bars, one hue per series. */
export function barChart(chart, label) {
  const frame = frameOf(chart);
  const group = Math.min(frame.step * 0.72, 64 * chart.series.length);
  const width = group / chart.series.length;
  const bars = frame.categories.map((category, index) => chart.series.map((series, order) => {
    const value = valueAt(series, category);
    const [top, bottom] = [frame.y(Math.max(0, value)), frame.y(Math.min(0, value))];
    return s('rect', { class: `bar hue-${order % 8}`, x: frame.x(index) - group / 2 + order * width + 0.5, width: Math.max(width - 1, 1), y: top, height: Math.max(bottom - top, value ? 1 : 0), rx: Math.min(3, width / 4) },
      hint(category, series.name, String(value)));
  }));
  return canvas(label, axes(chart, frame), bars);
}
