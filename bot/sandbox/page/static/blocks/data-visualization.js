// data_visualization: a titled chart with its legend, and the same numbers as a table for screen readers.

import { h } from '../dom.js';
import { barChart } from '../charts/bars.js';
import { lineChart } from '../charts/lines.js';
import { pieChart } from '../charts/pie.js';
import { wordsOf } from '../text/objects.js';

export function dataVisualization(block) {
  const chart = block.chart;
  const title = wordsOf(block.title);
  return h('figure.chart',
    h('figcaption.chart-title', title),
    picture(chart, `${chart.type} chart: ${title}`),
    legend(chart),
    numbers(chart));
}

function picture(chart, label) {
  switch (chart.type) {
    case 'pie':
      return pieChart(chart.segments, label);
    case 'bar':
      return barChart(chart, label);
    case 'line':
    case 'area':
      return lineChart(chart, label);
    default:
      throw new Error(`unknown chart: ${chart.type}`);
  }
}

function legend(chart) {
  const total = chart.segments?.reduce((sum, segment) => sum + segment.value, 0);
  const entries = chart.segments?.map((one) => [one.label, `${one.value} (${Math.round((100 * one.value) / total)} %)`]) ?? chart.series.map((one) => [one.name, null]);
  if (!chart.segments && entries.length < 2) return null;
  return h('ul', { class: chart.segments ? 'legend legend-tall' : 'legend', 'aria-hidden': 'true' }, entries.map(([name, note], index) =>
    h('li', h('span', { class: `legend-key hue-${index % 8}` }), name, note && h('span.quiet', ` ${note}`))));
}

function numbers(chart) {
  const head = chart.segments ? ['Segment', 'Value'] : ['', ...chart.series.map((one) => one.name)];
  const rows = chart.segments
    ? chart.segments.map((one) => [one.label, one.value])
    : chart.axis_config.categories.map((category) => [category, ...chart.series.map((one) => one.data.find((point) => point.label === category)?.value ?? '')]);
  return h('table.sr-only',
    h('thead', h('tr', head.map((cell) => h('th', { scope: 'col' }, cell || 'Category')))),
    h('tbody', rows.map((row) => h('tr', row.map((cell) => h('td', String(cell)))))));
}
