/** Where good turns bad: every trial of a capacity search, the curve that was fitted to them, and the interval. */
import type { SearchRecord } from '../../harness/search-record.ts';
import { badProbability } from '../analysis/search/likelihood.ts';
import { capacitySentence, levelText } from '../capacity.ts';
import { significant } from '../format.ts';
import { chartConfig, type Dataset, type MarkedPoint, type RunChart } from './chart.ts';
import { noMarks } from './marks.ts';
import type { ColorToken } from './theme.ts';

/** Trials at one level stand above one another, and none is cut off by the frame. */
const stackStep = 0.035;
const inset = 0.02;
const curvePoints = 60;

export function searchChart(search: SearchRecord): RunChart {
  const { result, levelUnit } = search;
  const title = 'Where good turns bad';
  const shown = result.trials.filter(({ state }) => state === 'good' || state === 'bad');
  const datasets = [...trialSets(search), ...curve(search), ...intervalLines(search)];
  const x = { title: `level (${levelUnit})`, ticks: 24, end: endOf(search) };
  const y = { title: 'probability of a bad trial', end: 1.001 };
  return {
    id: 'capacity',
    section: 'capacity',
    title,
    caption:
      'Each mark is a trial: good ones below, bad ones above. The curve is the fit; halfway up it is the capacity. The lines are the ends of its 95 % interval.',
    description: `${describe(search)} Capacity: ${capacitySentence(search)}.`,
    wide: true,
    config: shown.length === 0 ? null : chartConfig(datasets, x, y, noMarks, title),
  };
}

function endOf({ result }: SearchRecord): number {
  return Math.max(...result.trials.map(({ level }) => level), result.interval?.high ?? 0) * 1.06;
}

function trialSets({ result, levelUnit }: SearchRecord): Dataset[] {
  const stacks = new Map<string, number>();
  const pointsOf = (state: 'good' | 'bad'): MarkedPoint[] =>
    result.trials
      .filter((trial) => trial.state === state)
      .map(({ level, purpose }) => {
        const key = `${state} ${level}`;
        const height = stacks.get(key) ?? 0;
        stacks.set(key, height + 1);
        const away = inset + height * stackStep;
        const y = state === 'good' ? away : 1 - away;
        return { x: level, y, label: '', tip: `${level} ${levelUnit} · ${state} · ${purpose}` };
      });
  return [
    points('good trial', pointsOf('good'), 'color:first', 'circle', 4),
    points('bad trial', pointsOf('bad'), 'color:bad', 'crossRot', 6),
  ];
}

function points(
  label: string,
  data: readonly MarkedPoint[],
  color: ColorToken,
  pointStyle: 'circle' | 'crossRot',
  radius: number,
): Dataset {
  return {
    label,
    data: [...data],
    showLine: false,
    borderColor: color,
    backgroundColor: color,
    pointStyle,
    pointRadius: radius,
    pointHoverRadius: radius + 2,
    pointBorderWidth: pointStyle === 'circle' ? 1 : 3,
    pointBorderColor: color,
    pointBackgroundColor: color,
  };
}

function line(label: string, data: readonly MarkedPoint[], color: ColorToken, borderDash: number[]): Dataset {
  return {
    label,
    data: [...data],
    showLine: true,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 2,
    borderDash,
    pointStyle: 'line',
    pointBorderWidth: 2,
    pointRadius: 0,
    pointHoverRadius: 0,
  };
}

function curve(search: SearchRecord): Dataset[] {
  const { pointLevel, noise, lapseRate } = search.result;
  if (pointLevel === null || noise === null) return [];
  const end = endOf(search);
  const fit = { point: pointLevel, noise, speedExponent: 0, lapseRate: lapseRate ?? 0 };
  const levels = Array.from(
    { length: curvePoints },
    (_, at) => pointLevel * Math.exp((at / (curvePoints - 1) - 0.5) * 10 * noise),
  );
  const data = [0.01, ...levels, end]
    .filter((level) => level <= end)
    .map((level) => {
      const y = significant(badProbability(level, fit));
      return { x: significant(level), y, label: '', tip: `${levelText(level)}: ${y}` };
    });
  return [line('fit', data, 'color:ink', [])];
}

function intervalLines({ result: { interval } }: SearchRecord): Dataset[] {
  if (interval === null) return [];
  // Between the two a gap, so that they are one entry of the legend.
  const data = [
    { x: interval.low, y: 0 },
    { x: interval.low, y: 1 },
    { x: interval.low, y: null },
    { x: interval.high, y: 0 },
    { x: interval.high, y: 1 },
  ].map((point) => ({ ...point, label: '', tip: `95 %: ${levelText(point.x)}` }));
  return [line('95 % interval', data, 'color:second', [6, 4])];
}

function describe({ result, levelUnit }: SearchRecord): string {
  const levels = result.levels.map(
    ({ level, good, bad }) => `${level} ${levelUnit}: ${good} good, ${bad} bad`,
  );
  return levels.length === 0 ? 'No trial said anything.' : `${levels.join('; ')}.`;
}
