/** What a chart is, for the page and for the picture alike: words, and a configuration that is plain JSON. */
import type { ChartConfiguration, ChartDataset, ScatterDataPoint } from 'chart.js';
import type { MarkOptions } from './marks.ts';
import type { ColorToken } from './theme.ts';

export interface MarkedPoint {
  readonly x: number;
  /** Null is a gap in the line. */
  readonly y: number | null;
  /** Drawn beside the point; empty draws nothing. */
  readonly label: string;
  /** What the point is, for whoever points at it. */
  readonly tip: string;
}

export type ChartConfig = ChartConfiguration<'scatter', ScatterDataPoint[]>;
export type Dataset = ChartDataset<'scatter', ScatterDataPoint[]>;

export type ChartSection = 'capacity' | 'cost' | 'quality' | 'generator' | 'time';

export interface RunChart {
  /** Also the name of its picture. */
  readonly id: string;
  readonly section: ChartSection;
  readonly title: string;
  /** How to read it: one sentence. */
  readonly caption: string;
  /** What it shows, in words and figures, for whoever does not see it. */
  readonly description: string;
  /** Takes the width of the page. */
  readonly wide: boolean;
  /** Null where nothing was measured. */
  readonly config: ChartConfig | null;
}

export interface Axis {
  readonly title: string;
  /** The axis reaches at least so far. */
  readonly reach?: number;
  readonly end?: number;
  /** At most so many. */
  readonly ticks?: number;
  readonly wholeNumbers?: boolean;
}

/** Points of one chart are no more than names and numbers: what may be scripted in Chart.js is not used. */
export function chartConfig(
  datasets: readonly Dataset[],
  x: Axis,
  y: Axis,
  marks: MarkOptions,
  title: string,
): ChartConfig {
  const ink: ColorToken = 'color:ink';
  const muted: ColorToken = 'color:muted';
  return {
    type: 'scatter',
    data: { datasets: [...datasets] },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      locale: 'en-US',
      color: muted,
      layout: { padding: { top: 4, right: 10, bottom: 0, left: 0 } },
      interaction: { mode: 'nearest', axis: 'xy', intersect: false },
      scales: { x: scale(x), y: scale(y) },
      plugins: {
        title: {
          display: false,
          text: title,
          color: ink,
          align: 'start',
          font: { size: 16, weight: 'bold' },
        },
        subtitle: { display: false, text: '', color: muted, align: 'start' },
        legend: {
          display: datasets.length > 1,
          align: 'start',
          labels: { color: ink, padding: 12, ...swatch(datasets) },
        },
        tooltip: { displayColors: false },
        marks,
      },
    },
  };
}

/** Of an entry of the legend: a piece of line, or the mark where there are marks without one. */
function swatch(datasets: readonly Dataset[]) {
  const hasMarks = datasets.some(({ showLine }) => showLine === false);
  return hasMarks ? { usePointStyle: true, boxHeight: 7 } : { boxWidth: 26, boxHeight: 0 };
}

type Scale = NonNullable<NonNullable<ChartConfig['options']>['scales']>[string];

function scale({ title, reach, end, ticks, wholeNumbers }: Axis): Scale {
  return {
    type: 'linear',
    beginAtZero: true,
    // Room for labels above the highest point, save where the axis has an end of its own.
    ...(end === undefined ? { grace: '8%' } : { max: end }),
    ...(reach === undefined ? {} : { suggestedMax: reach }),
    title: { display: true, text: title, color: 'color:ink' },
    ticks: {
      color: 'color:muted',
      maxRotation: 0,
      maxTicksLimit: ticks ?? 7,
      padding: 8,
      includeBounds: end === undefined,
      ...(wholeNumbers === true ? { precision: 0 } : {}),
    },
    grid: { color: 'color:grid', drawTicks: false },
    border: { display: false },
  };
}
