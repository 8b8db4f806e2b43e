/** All charts of a run, in the order of the report. The page and the pictures are drawn from the same configurations. */
import type { ChartSection, RunChart } from './charts/chart.ts';
import { searchChart } from './charts/search.ts';
import { type StoredSamples, timeCharts } from './charts/timeline.ts';
import { trialCharts } from './charts/trials.ts';

export const sectionTitles: Readonly<Record<ChartSection, string>> = {
  capacity: 'The capacity',
  cost: 'What it cost the worker',
  quality: 'What users would notice',
  generator: 'Whether the instrument was sound',
  time: 'The run over time',
};

export function runCharts(run: StoredSamples): readonly RunChart[] {
  const { search } = run.record;
  return [
    ...(search === undefined ? [] : [searchChart(search)]),
    ...trialCharts(run.record),
    ...timeCharts(run),
  ];
}
