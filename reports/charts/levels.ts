/**
 * Charts with one point for each trial, and a line from level to level. Invalid trials say nothing about the SFU: they
 * are drawn hollow and apart, save in charts that are about the generator itself. A bad trial at a level that was good
 * as well stands apart, too: the line would go up and down there. Beyond the good levels it follows the bad ones, also
 * back: an SFU that falls over sends less the more is asked of it.
 */
import type { TrialRecord, TrialState } from '../../harness/record.ts';
import { type Figure, fixed, significant } from '../format.ts';
import {
  type Axis,
  type ChartSection,
  chartConfig,
  type Dataset,
  type MarkedPoint,
  type RunChart,
} from './chart.ts';
import { type MarkOptions, noMarks } from './marks.ts';
import type { ColorToken } from './theme.ts';

export interface LevelSeries {
  readonly name: string;
  readonly value: (trial: TrialRecord) => Figure;
}

export interface LevelChart {
  readonly id: string;
  readonly section: ChartSection;
  readonly title: string;
  readonly caption: string;
  readonly x: Axis & { readonly value: (trial: TrialRecord) => Figure };
  readonly y: Axis;
  /** Of the values, for the description: `%`, `ms`. */
  readonly unit: string;
  readonly series: readonly LevelSeries[];
  readonly lines?: MarkOptions['lines'];
  /** Whether the figures are about the SFU, or about the generator. */
  readonly about: 'sfu' | 'generator';
  /** Where the level is not the x axis, it stands beside each point. */
  readonly levels: 'axis' | 'labels';
}

const colors: readonly ColorToken[] = ['color:first', 'color:second', 'color:third', 'color:ink'];
const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

interface PointLook {
  readonly pointStyle: 'circle' | 'crossRot' | 'rectRot' | 'triangle';
  readonly radius: number;
  readonly borderWidth: number;
  readonly filled: boolean;
}

/** Shape and size, and a word beside the point: the state of a trial shows without any colour. */
const looks: Readonly<Record<TrialState, PointLook>> = {
  good: { pointStyle: 'circle', radius: 4, borderWidth: 1, filled: true },
  bad: { pointStyle: 'crossRot', radius: 6, borderWidth: 3, filled: true },
  unsettled: { pointStyle: 'triangle', radius: 6, borderWidth: 2, filled: false },
  invalid: { pointStyle: 'rectRot', radius: 6, borderWidth: 2, filled: false },
};

interface Spot {
  readonly point: MarkedPoint;
  readonly trial: TrialRecord;
}

export function levelChart(trials: readonly TrialRecord[], chart: LevelChart): RunChart {
  const { id, section, title, caption } = chart;
  const shown = chart.series
    .map((series, index) => ({ name: series.name, index, spots: spotsOf(trials, chart, series, index) }))
    .filter(({ spots }) => spots.some(({ point }) => point.y !== null));
  const datasets = shown.map(({ name, index, spots }) =>
    dataset(name, index, chart.about === 'sfu' ? lineThenApart(spots) : inOrder(spots)),
  );
  const marks = {
    ...noMarks,
    lines: chart.lines ?? [],
    xTicks: chart.levels === 'axis' ? levelsOf(trials) : [],
  };
  return {
    id,
    section,
    title,
    caption,
    description: describe(shown, chart.unit),
    wide: false,
    config: shown.length === 0 ? null : chartConfig(datasets, chart.x, chart.y, marks, title),
  };
}

function levelsOf(trials: readonly TrialRecord[]): readonly number[] {
  return [...new Set(trials.map(({ level }) => level))].toSorted((a, b) => a - b);
}

function inOrder(spots: readonly Spot[]): readonly Spot[] {
  return spots.toSorted((a, b) => a.trial.level - b.trial.level || a.point.x - b.point.x);
}

/** What is on the line; then each of the others by itself, between two gaps. */
function lineThenApart(spots: readonly Spot[]): readonly Spot[] {
  const good = spots.filter(({ trial }) => trial.state === 'good').map(({ trial }) => trial.level);
  const highestGood = Math.max(Number.NEGATIVE_INFINITY, ...good);
  const isApart = ({ trial: { state, level } }: Spot): boolean =>
    state === 'invalid' || (state === 'bad' && level <= highestGood);
  const apart = inOrder(spots.filter(isApart)).flatMap((spot) => [gapAt(spot), spot]);
  return [...inOrder(spots.filter((spot) => !isApart(spot))), ...apart];
}

function gapAt({ point, trial }: Spot): Spot {
  return { trial, point: { ...point, y: null, label: '' } };
}

function spotsOf(
  trials: readonly TrialRecord[],
  chart: LevelChart,
  series: LevelSeries,
  index: number,
): Spot[] {
  const groups = new Set(trials.map(({ group }) => group));
  return trials.flatMap((trial): Spot[] => {
    const x = chart.x.value(trial) ?? null;
    const y = series.value(trial) ?? null;
    if (x === null) return [];
    const level = groups.size > 1 ? `${trial.group} ${trial.level}` : String(trial.level);
    const state = trial.state === 'good' ? [] : [trial.state];
    const words = chart.levels === 'labels' ? [level, ...state] : state;
    const point: MarkedPoint = {
      x: significant(x),
      y: y === null ? null : significant(y),
      label: index === 0 ? words.join(' ') : '',
      tip: `level ${level} · ${trial.state}`,
    };
    return [{ point, trial }];
  });
}

function dataset(name: string, index: number, spots: readonly Spot[]): Dataset {
  const color = colors[index] ?? 'color:first';
  const each = spots.map(({ trial }) => looks[trial.state]);
  return {
    label: name,
    data: spots.map(({ point }) => point),
    showLine: true,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 2,
    borderDash: [...(dashes[index] ?? [])],
    pointStyle: each.map(({ pointStyle }) => pointStyle),
    pointRadius: each.map(({ radius }) => radius),
    pointHoverRadius: each.map(({ radius }) => radius + 2),
    pointBorderWidth: each.map(({ borderWidth }) => borderWidth),
    pointBorderColor: spots.map(({ trial }) => (trial.state === 'bad' ? 'color:bad' : color)),
    pointBackgroundColor: each.map(({ filled }) => (filled ? color : 'color:surface')),
  };
}

/** Every value while they are few, then the ends and the extremes. */
function describe(series: readonly { name: string; spots: readonly Spot[] }[], unit: string): string {
  const sentences = series.map(({ name, spots }) => {
    const known = spots.filter((spot) => spot.point.y !== null);
    const few = known.length <= 8 ? known : ends(known);
    const values = few.map(({ point, trial }) => {
      const state = trial.state === 'good' ? '' : ` (${trial.state})`;
      return `${short(point.y ?? 0)}${unit === '' ? '' : ` ${unit}`} at level ${trial.level}${state}`;
    });
    const gaps = spots.length - known.length;
    return `${name}: ${values.join(', ')}${gaps > 0 ? `; ${gaps} not measured` : ''}.`;
  });
  return sentences.length === 0 ? 'Not measured.' : sentences.join(' ');
}

function ends(spots: readonly Spot[]): readonly Spot[] {
  const byValue = spots.toSorted((a, b) => (a.point.y ?? 0) - (b.point.y ?? 0));
  const chosen = new Set([spots[0], byValue[0], byValue.at(-1), spots.at(-1)]);
  return spots.filter((spot) => chosen.has(spot));
}

function short(value: number): string {
  return fixed(value, Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2);
}
