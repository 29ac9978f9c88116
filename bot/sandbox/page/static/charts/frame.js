// The axes that bars and lines share: a scale with round steps, grid lines, labels that never overlap.

import { s } from '../dom.js';

export const WIDTH = 560;
export const HEIGHT = 220;
const PAD = { top: 12, right: 14, bottom: 30, left: 46 };

/** Where values and categories lie: `x(index)` is a category's centre, `y(value)` a height, `step` a category's width. */
export function frameOf(chart) {
  const categories = chart.axis_config.categories;
  const values = chart.series.flatMap((one) => one.data.map((point) => point.value));
  const ticks = niceTicks(Math.min(0, ...values), Math.max(0, ...values));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const left = PAD.left + (chart.axis_config.y_label ? 16 : 0);
  const bottom = HEIGHT - PAD.bottom - (chart.axis_config.x_label ? 16 : 0);
  const step = (WIDTH - left - PAD.right) / categories.length;
  return {
    categories, ticks, step, left, bottom,
    x: (index) => left + step * (index + 0.5),
    y: (value) => bottom - ((value - low) / (high - low)) * (bottom - PAD.top),
  };
}

export function axes(chart, frame) {
  const { x_label: xLabel, y_label: yLabel } = chart.axis_config;
  const every = Math.ceil((Math.max(...frame.categories.map((one) => one.length)) * 6.5 + 8) / frame.step);
  return [
    frame.ticks.map((tick) => s('g',
      s('line', { class: tick === 0 ? 'axis' : 'grid', x1: frame.left, x2: WIDTH - PAD.right, y1: frame.y(tick), y2: frame.y(tick) }),
      s('text.tick', { x: frame.left - 8, y: frame.y(tick) + 4, 'text-anchor': 'end' }, short(tick)))),
    frame.categories.map((name, index) => index % every === 0 && s('text.tick', { x: frame.x(index), y: frame.bottom + 18, 'text-anchor': 'middle' }, name)),
    xLabel && s('text.axis-label', { x: (frame.left + WIDTH) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }, xLabel),
    yLabel && s('text.axis-label', { transform: `translate(12 ${(PAD.top + frame.bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' }, yLabel),
  ];
}

export function canvas(label, ...children) {
  return s('svg.chart-svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label }, ...children);
}

export function valueAt(series, category) {
  return series.data.find((point) => point.label === category)?.value ?? 0;
}

/** What the pointer reads over a mark. */
export function hint(...words) {
  return s('title', words.filter(Boolean).join(' · '));
}

function niceTicks(low, high) {
  const span = high - low || 1;
  const raw = span / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= raw && (span < 4 || Number.isInteger(one) || one < 1)) ?? raw;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function short(number) {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 }).format(number);
}
