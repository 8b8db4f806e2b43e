/**
 * What Chart.js does not draw by itself: holds as shaded bands, limits as lines, the level beside each point. The
 * functions below use one another and nothing else, because the page carries their source (`marksSource`); options
 * reach them with their colours resolved.
 */
import type { Chart, ChartType, Plugin } from 'chart.js';

export interface Band {
  readonly from: number;
  readonly to: number;
  /** The first that fits is drawn. */
  readonly labels: readonly string[];
  readonly color: string;
}

export interface LimitLine {
  readonly y: number;
  readonly label: string;
  /** Where its label stands: at the end at which the points are likely to be elsewhere. */
  readonly side: 'left' | 'right';
}

export interface MarkOptions {
  readonly bands: readonly Band[];
  /** Horizontal lines: limits, and what a figure should be. */
  readonly lines: readonly LimitLine[];
  /** Instants at which something died. */
  readonly moments: readonly { readonly x: number; readonly label: string }[];
  /** Where the x axis has its ticks; empty leaves it to Chart.js. */
  readonly xTicks: readonly number[];
  /** Of the y axis, so that charts below one another line up; null leaves it to Chart.js. */
  readonly yWidth: number | null;
  readonly ink: string;
  readonly muted: string;
  readonly limit: string;
  readonly alarm: string;
  readonly surface: string;
}

declare module 'chart.js' {
  interface PluginOptionsByType<TType extends ChartType> {
    marks?: TType extends 'scatter' ? MarkOptions : never;
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const noMarks: MarkOptions = {
  bands: [],
  lines: [],
  moments: [],
  xTicks: [],
  yWidth: null,
  ink: 'color:ink',
  muted: 'color:muted',
  limit: 'color:limit',
  alarm: 'color:bad',
  surface: 'color:surface',
};

function writeText(chart: Chart, text: string, x: number, y: number, color: string, surface: string): void {
  const { ctx } = chart;
  ctx.lineWidth = 3;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = surface;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
}

function setFont(chart: Chart, size: number): void {
  chart.ctx.font = `${size}px ${chart.options.font?.family ?? 'sans-serif'}`;
}

function drawBands(chart: Chart, options: MarkOptions): void {
  const { ctx, chartArea: area, scales } = chart;
  const x = scales.x;
  if (x === undefined) return;
  setFont(chart, 11);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  for (const band of options.bands) {
    const left = Math.max(area.left, x.getPixelForValue(band.from));
    const right = Math.min(area.right, x.getPixelForValue(band.to));
    if (right <= left) continue;
    ctx.fillStyle = band.color;
    ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
    const room = right - left - 6;
    const text = band.labels.find((label) => ctx.measureText(label).width <= room);
    if (text === undefined) continue;
    ctx.fillStyle = options.muted;
    ctx.fillText(text, (left + right) / 2, area.top + 4);
  }
}

function drawLines(chart: Chart, options: MarkOptions): void {
  const { ctx, chartArea: area, scales } = chart;
  setFont(chart, 11);
  ctx.textBaseline = 'bottom';
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = 1;
  for (const line of options.lines) {
    const y = scales.y?.getPixelForValue(line.y) ?? Number.NaN;
    if (!(y >= area.top && y <= area.bottom)) continue;
    ctx.strokeStyle = options.limit;
    ctx.beginPath();
    ctx.moveTo(area.left, y);
    ctx.lineTo(area.right, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.textAlign = line.side;
    const labelX = line.side === 'left' ? area.left + 6 : area.right - 6;
    writeText(chart, line.label, labelX, y - 3, options.muted, options.surface);
    ctx.setLineDash([4, 4]);
    ctx.lineWidth = 1;
  }
}

/** Over the lines: what died explains why they end. */
function drawMoments(chart: Chart, options: MarkOptions): void {
  const { ctx, chartArea: area, scales } = chart;
  setFont(chart, 11);
  ctx.textBaseline = 'top';
  for (const moment of options.moments) {
    const x = scales.x?.getPixelForValue(moment.x) ?? Number.NaN;
    if (!(x >= area.left && x <= area.right)) continue;
    ctx.setLineDash([4, 4]);
    ctx.lineWidth = 1;
    ctx.strokeStyle = options.alarm;
    ctx.beginPath();
    ctx.moveTo(x, area.top);
    ctx.lineTo(x, area.bottom);
    ctx.stroke();
    ctx.setLineDash([]);
    const late = x > (area.left + area.right) / 2;
    ctx.textAlign = late ? 'right' : 'left';
    writeText(chart, moment.label, late ? x - 5 : x + 5, area.top + 22, options.alarm, options.surface);
  }
}

/** Boxes that text must not cover: names of limits and points, then each label that found its place. */
function takenBoxes(chart: Chart, options: MarkOptions): Box[] {
  const { ctx, chartArea: area } = chart;
  setFont(chart, 11);
  const boxes: Box[] = options.lines.map(({ y, label, side }) => {
    const width = ctx.measureText(label).width;
    const top = (chart.scales.y?.getPixelForValue(y) ?? 0) - 15;
    return { left: side === 'left' ? area.left + 6 : area.right - 6 - width, top, width, height: 15 };
  });
  for (const [index, dataset] of chart.data.datasets.entries()) {
    if (!chart.isDatasetVisible(index)) continue;
    for (const [at, element] of chart.getDatasetMeta(index).data.entries()) {
      const raw = dataset.data[at] as { label?: string } | undefined;
      if (raw?.label === undefined || !Number.isFinite(element.y)) continue;
      boxes.push({ left: element.x - 5, top: element.y - 5, width: 10, height: 10 });
    }
  }
  return boxes;
}

function placeLabel(
  area: Chart['chartArea'],
  boxes: readonly Box[],
  x: number,
  y: number,
  width: number,
): Box | undefined {
  const height = 13;
  const places: Box[] = [
    { left: x - width / 2, top: y - height - 8, width, height },
    { left: x - width / 2, top: y + 8, width, height },
    { left: x + 9, top: y - height / 2, width, height },
    { left: x - width - 9, top: y - height / 2, width, height },
  ];
  return places.find(
    (place) =>
      place.left >= area.left - 4 &&
      place.left + width <= area.right + 10 &&
      place.top >= area.top - 12 &&
      place.top + height <= area.bottom &&
      boxes.every(
        (box) =>
          place.left >= box.left + box.width ||
          box.left >= place.left + width ||
          place.top >= box.top + box.height ||
          box.top >= place.top + height,
      ),
  );
}

function drawLabels(chart: Chart, options: MarkOptions): void {
  const { ctx } = chart;
  const boxes = takenBoxes(chart, options);
  setFont(chart, 12);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  const wanted = chart.data.datasets.flatMap((dataset, index) =>
    chart.isDatasetVisible(index)
      ? chart.getDatasetMeta(index).data.map((element, at) => ({
          x: element.x,
          y: element.y,
          label: (dataset.data[at] as { label?: string } | undefined)?.label ?? '',
        }))
      : [],
  );
  // Where there is no room for all, the longer ones stay: they say that a trial is not good.
  for (const { x, y, label } of wanted.toSorted((a, b) => b.label.length - a.label.length)) {
    if (label === '' || !Number.isFinite(y)) continue;
    const place = placeLabel(chart.chartArea, boxes, x, y, ctx.measureText(label).width);
    if (place === undefined) continue;
    boxes.push(place);
    writeText(chart, label, place.left, place.top, options.ink, options.surface);
  }
}

/** Ticks at the levels that were measured; where two would touch, the higher one stays. */
function setScales(chart: Chart, options: MarkOptions): void {
  const axis = chart.config.options?.scales?.x;
  const yAxis = chart.config.options?.scales?.y;
  const { yWidth } = options;
  if (yAxis !== undefined && yWidth !== null) {
    yAxis.afterFit = (scale) => {
      scale.width = yWidth;
    };
  }
  if (axis === undefined || options.xTicks.length === 0) return;
  axis.afterBuildTicks = (scale) => {
    const apart = ((scale.max - scale.min) / Math.max(1, chart.width)) * 30;
    const kept: number[] = [];
    for (const value of options.xTicks.toReversed()) {
      const above = kept[0];
      if (above === undefined || above - value >= apart) kept.unshift(value);
    }
    scale.ticks = kept.map((value) => ({ value }));
  };
}

export function createMarks(): Plugin<'scatter', MarkOptions> {
  return {
    id: 'marks',
    beforeInit: (chart, _event, options) => setScales(chart, options),
    beforeDatasetsDraw: (chart, _event, options) => {
      chart.ctx.save();
      drawBands(chart, options);
      drawLines(chart, options);
      chart.ctx.restore();
    },
    afterDatasetsDraw: (chart, _event, options) => {
      chart.ctx.save();
      drawMoments(chart, options);
      drawLabels(chart, options);
      chart.ctx.restore();
    },
  };
}

/** The source of `createMarks` and of all that it uses. */
export const marksSource: string = [
  writeText,
  setFont,
  drawBands,
  drawLines,
  drawMoments,
  takenBoxes,
  placeLabel,
  drawLabels,
  setScales,
  createMarks,
]
  .map(String)
  .join('\n');
