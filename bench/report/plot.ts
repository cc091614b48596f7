/** Pictures of a report as SVG text. Colours are classes: the page decides them, for light and dark. */
import type { Plot, PlotPoint } from '../case.ts';
import type { Spread } from '../harness/statistics.ts';
import { scaleOf, type Scale } from './scale.ts';

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 76, right: 20, top: 16, bottom: 52 };
const LEGEND_ROW = 20;
const COLOURS = 8;

const BAR_ROW = 24;
const BAR_LABEL = 270;

/** Lines through the medians, with the spread of each point. */
export function plotSvg(plot: Plot): string {
  const points = plot.series.flatMap((one) => one.points);
  const x = scaleOf(
    plot.x.scale,
    points.map((point) => point.x),
  );
  const y = scaleOf(
    plot.y.scale,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
  );
  const height = HEIGHT + plot.series.length * LEGEND_ROW;
  const parts = [
    ...gridOf(x, y),
    axisLabel(MARGIN.left + plotWidth() / 2, HEIGHT - 10, plot.x.label),
    `<text class="axis" transform="translate(16 ${MARGIN.top + plotHeight() / 2}) rotate(-90)" text-anchor="middle">${escapeText(plot.y.label)}</text>`,
    ...plot.series.map((one, index) => seriesOf(one.name, one.points, index, x, y)),
  ];
  return svg(height, plot.title, parts);
}

function seriesOf(name: string, points: readonly PlotPoint[], index: number, x: Scale, y: Scale): string {
  const colour = `c${index % COLOURS}`;
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const path = sorted.map((point, i) => `${i === 0 ? 'M' : 'L'}${xAt(x, point.x)} ${yAt(y, point.y)}`).join('');
  const marks = sorted.map((point) => markOf(name, point, x, y));
  const top = HEIGHT + index * LEGEND_ROW;
  const legend = `<rect class="fill" x="${MARGIN.left}" y="${top - 10}" width="12" height="12"/><text x="${MARGIN.left + 18}" y="${top}">${escapeText(name)}</text>`;
  return `<g class="${colour}"><path class="line" d="${path}"/>${marks.join('')}${legend}</g>`;
}

function markOf(name: string, { high, low, x: atX, y: atY }: PlotPoint, x: Scale, y: Scale): string {
  const left = xAt(x, atX);
  const spread = low === undefined || high === undefined ? '' : `<path class="spread" d="M${left} ${yAt(y, low)}V${yAt(y, high)}"/>`;
  const title = `<title>${escapeText(`${name}: ${plainNumber(atX)}, ${plainNumber(atY)}`)}</title>`;
  return `${spread}<circle class="fill" cx="${left}" cy="${yAt(y, atY)}" r="3.5" data-x="${atX}" data-y="${atY}">${title}</circle>`;
}

/** One bar per subject, as long as its median on a scale from zero, or on a logarithmic one where they differ by far. */
export function barsSvg(title: string, figure: string, rows: readonly { readonly name: string; readonly spread: Spread }[]): string {
  const medians = rows.map(({ spread }) => spread.median);
  const positive = medians.filter((median) => median > 0);
  const isLog = positive.length === medians.length && Math.max(...medians) / Math.min(...medians) > 30;
  const scale = scaleOf(
    isLog ? 'log' : 'linear',
    rows.flatMap(({ spread }) => [spread.min, spread.max]),
  );
  const width = WIDTH - BAR_LABEL - MARGIN.right;
  const bottom = MARGIN.top + rows.length * BAR_ROW;
  const at = (value: number): number => round(BAR_LABEL + clamp(scale.at(value)) * width);
  const ticks = scale.ticks.map(
    (tick) =>
      `<path class="grid" d="M${at(tick)} ${MARGIN.top}V${bottom}"/><text class="tick" x="${at(tick)}" y="${bottom + 16}" text-anchor="middle">${shortNumber(tick)}</text>`,
  );
  const bars = rows.map(({ name, spread }, index) => {
    const top = MARGIN.top + index * BAR_ROW + 4;
    const middle = top + (BAR_ROW - 8) / 2;
    const length = Math.max(1, at(spread.median) - BAR_LABEL);
    const label = `<text x="${BAR_LABEL - 8}" y="${middle + 4}" text-anchor="end">${escapeText(shorten(name))}</text>`;
    const title = `<title>${escapeText(`${name}: ${plainNumber(spread.median)} ${figure}`)}</title>`;
    const bar = `<rect class="fill" x="${BAR_LABEL}" y="${top}" width="${length}" height="${BAR_ROW - 8}" data-y="${spread.median}">${title}</rect>`;
    return `<g class="c0">${label}${bar}<path class="spread" d="M${at(spread.min)} ${middle}H${at(spread.max)}"/></g>`;
  });
  const label = axisLabel(BAR_LABEL + width / 2, bottom + 36, `${figure}${isLog ? ', logarithmic' : ''}`);
  return svg(bottom + 46, title, [...ticks, ...bars, label]);
}

function gridOf(x: Scale, y: Scale): string[] {
  const bottom = HEIGHT - MARGIN.bottom;
  return [
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${MARGIN.left} ${yAt(y, tick)}H${WIDTH - MARGIN.right}"/><text class="tick" x="${MARGIN.left - 8}" y="${yAt(y, tick) + 4}" text-anchor="end">${shortNumber(tick)}</text>`,
    ),
    ...x.ticks.map(
      (tick) =>
        `<path class="grid" d="M${xAt(x, tick)} ${MARGIN.top}V${bottom}"/><text class="tick" x="${xAt(x, tick)}" y="${bottom + 18}" text-anchor="middle">${shortNumber(tick)}</text>`,
    ),
  ];
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(title)}">\n${parts.join('\n')}\n</svg>`;
}

function axisLabel(x: number, y: number, text: string): string {
  return `<text class="axis" x="${round(x)}" y="${y}" text-anchor="middle">${escapeText(text)}</text>`;
}

function plotWidth(): number {
  return WIDTH - MARGIN.left - MARGIN.right;
}

function plotHeight(): number {
  return HEIGHT - MARGIN.top - MARGIN.bottom;
}

function xAt(scale: Scale, value: number): number {
  return round(MARGIN.left + clamp(scale.at(value)) * plotWidth());
}

function yAt(scale: Scale, value: number): number {
  return round(MARGIN.top + (1 - clamp(scale.at(value))) * plotHeight());
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function shorten(name: string): string {
  return name.length <= 42 ? name : `${name.slice(0, 41)}…`;
}

/** 1000 as 1k, for an axis. */
function shortNumber(value: number): string {
  const units: readonly [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  const [size, unit] = units.find(([limit]) => Math.abs(value) >= limit) ?? [1, ''];
  return `${Number((value / size).toPrecision(4))}${unit}`;
}

function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
