/** The run over time, from its samples: what the worker, the generator and the packets did, with the holds shaded. */
import type { MetricName } from '../../harness/metrics.ts';
import type { EventLine, RunRecord, Sample, TrialRecord } from '../../harness/record.ts';
import { elapsed, fixed, plural, significant } from '../format.ts';
import { type Axis, chartConfig, type Dataset, type RunChart } from './chart.ts';
import { type MarkOptions, noMarks } from './marks.ts';
import { type Moment, meanOverTime, rateOverTime, timeGrid } from './series.ts';
import type { ColorToken } from './theme.ts';

export interface StoredSamples {
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly events: readonly EventLine[];
}

interface TimeSeries {
  readonly name: string;
  readonly color: ColorToken;
  readonly dash: readonly number[];
  readonly points: readonly Moment[];
}

/** More names than these would cover what they point at. */
const momentsAtMost = 12;

export function timeCharts(run: StoredSamples): readonly RunChart[] {
  const grid = timeGrid(run.samples);
  const worker = entityNumbers(run.samples, 'worker_cpu_cores', 'worker:');
  const several = worker.size > 1;
  const cpu: TimeSeries[] = [
    {
      name: several ? 'hottest worker' : 'worker',
      color: 'color:first',
      dash: [],
      points: scaled(meanOverTime(worker, grid, 'highest'), 100),
    },
    {
      name: 'generator',
      color: 'color:second',
      dash: [7, 4],
      points: scaled(
        meanOverTime(entityNumbers(run.samples, 'generator_cpu_cores', 'generator'), grid, 'sum'),
        100,
      ),
    },
  ];
  const received = entityNumbers(run.samples, 'rtp_packets_received_total', 'bots:');
  const packets: TimeSeries[] = [
    { name: 'packets received', color: 'color:first', dash: [], points: rateOverTime(received, grid) },
  ];
  const about = 'Shaded: the holds, which alone the figures speak of.';
  return [
    timeChart(run, {
      id: 'cpu-over-time',
      title: 'CPU over time',
      caption: `Worker and generator. ${about}`,
      y: { title: 'CPU (% of a core)' },
      unit: '%',
      series: cpu,
    }),
    timeChart(run, {
      id: 'packets-over-time',
      title: 'Packets over time',
      caption: `RTP packets that all bots received. ${about}`,
      y: { title: 'packets/s received by bots' },
      unit: 'packets/s',
      series: packets,
    }),
  ];
}

interface TimeChart {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly y: Axis;
  readonly unit: string;
  readonly series: readonly TimeSeries[];
}

function timeChart(run: StoredSamples, chart: TimeChart): RunChart {
  const { id, title, caption } = chart;
  const endMs = Math.max(run.record.durationMs ?? 0, run.samples.at(-1)?.t ?? 0);
  const perUnit = endMs > 600_000 ? 60_000 : 1000;
  const shown = chart.series.filter(({ points }) => points.some(({ value }) => value !== null));
  const x: Axis = {
    title: `time since the start (${perUnit === 1000 ? 's' : 'min'})`,
    end: significant(endMs / perUnit),
  };
  const datasets = shown.map((series) => lineOf(series, perUnit));
  return {
    id,
    section: 'time',
    title,
    caption,
    description: describe(shown, chart.unit),
    wide: true,
    config: shown.length === 0 ? null : chartConfig(datasets, x, chart.y, marksOf(run, perUnit), title),
  };
}

function lineOf({ name, color, dash, points }: TimeSeries, perUnit: number): Dataset {
  return {
    label: name,
    data: points.map(({ atMs, value }) => ({
      x: significant(atMs / perUnit),
      y: value === null ? null : significant(value),
      tip: elapsed(atMs),
    })),
    showLine: true,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 1.75,
    borderDash: [...dash],
    pointRadius: 0,
    pointHoverRadius: 4,
    pointHitRadius: 8,
  };
}

function marksOf({ record, events }: StoredSamples, perUnit: number): MarkOptions {
  const bands = record.trials.flatMap((trial) =>
    trial.phases
      .filter(({ phase }) => phase === 'hold')
      .map(({ startMs, endMs }) => ({
        from: startMs / perUnit,
        to: endMs / perUnit,
        color: trial.state === 'invalid' ? 'color:bandInvalid' : 'color:band',
        labels: bandLabels(trial),
      })),
  );
  const moments = events.flatMap((event) => {
    const label = deaths[event.event];
    return label === undefined ? [] : [{ x: event.t / perUnit, label }];
  });
  return { ...noMarks, yWidth: 68, bands, moments: moments.slice(0, momentsAtMost) };
}

function bandLabels({ level, state }: TrialRecord): readonly string[] {
  const word = state === 'good' ? '' : ` ${state}`;
  return [`level ${level}${word}`, `${level}${word}`, String(level)];
}

const deaths: Partial<Record<EventLine['event'], string>> = {
  'worker-died': 'worker died',
  'node-died': 'node died',
  'host-died': 'bot host died',
  crashed: 'bot crashed',
  dropped: 'bot dropped',
};

function describe(series: readonly TimeSeries[], unit: string): string {
  if (series.length === 0) return 'Not measured.';
  return series
    .map(({ name, points }) => {
      const known = points.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }]));
      const highest = known.reduce((best, point) => (point.value > best.value ? point : best), {
        atMs: 0,
        value: 0,
      });
      const mean = known.reduce((sum, point) => sum + point.value, 0) / known.length;
      return `${name}: mean ${fixed(mean, 1)} ${unit} over ${plural(known.length, 'reading')}, highest ${fixed(highest.value, 1)} ${unit} at ${elapsed(highest.atMs)}.`;
    })
    .join(' ');
}

function scaled(points: readonly Moment[], by: number): readonly Moment[] {
  return points.map(({ atMs, value }) => ({ atMs, value: value === null ? null : value * by }));
}

/** The readings of every entity whose name begins so, in the order of their instants. */
function entityNumbers(samples: readonly Sample[], metric: MetricName, begin: string): Map<string, Moment[]> {
  const entities = new Map<string, Moment[]>();
  for (const { t, e, v } of samples) {
    const value = v[metric];
    if (!e.startsWith(begin) || value === undefined) continue;
    const readings = entities.get(e) ?? [];
    readings.push({ atMs: t, value: typeof value === 'number' ? value : null });
    entities.set(e, readings);
  }
  return entities;
}
