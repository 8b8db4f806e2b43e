import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Fullest } from '../harness/fullest.ts';
import type { Sample } from '../harness/record.ts';
import type { TrialFigures } from '../harness/trial.ts';
import { limitingFactors } from '../reports/analysis/search/limit.ts';

function second(...cores: readonly (number | null)[]): Sample[] {
  return cores.map((value, index) => ({ t: 0, e: `worker:${index}`, s: 0, v: { worker_cpu_cores: value } }));
}

function live(fullest: Fullest, seconds: readonly Sample[][]): void {
  for (const samples of seconds) {
    fullest.collect(samples);
    fullest.tick();
  }
}

test('a worker that fell over while its step settled was full, however idle it is afterwards', () => {
  const fullest = new Fullest();
  fullest.begin('crowd');
  live(
    fullest,
    Array.from({ length: 4 }, () => second(1)),
  );
  equal(fullest.of('crowd'), null);
  live(fullest, [second(1), ...Array.from({ length: 30 }, () => second(0.3))]);
  equal(fullest.of('crowd'), 1);
  equal(fullest.of('others'), null);
  fullest.begin('crowd');
  // A second that nobody told of is none; of two workers the hottest counts.
  live(fullest, [second(0.2, 0.5), second(null), ...Array.from({ length: 4 }, () => second(0.5, 0.1))]);
  equal(fullest.of('crowd'), 0.5);
});

test('it names the worker as the limit, but a moment of joins does not', () => {
  const fullest = new Fullest();
  fullest.begin('crowd');
  live(fullest, [second(1), ...Array.from({ length: 10 }, () => second(0.4))]);
  ok((fullest.of('crowd') ?? 1) < 0.6);
  const idle = { hottestWorkerCpuCores: 0.4, workerCpuCores: 0.4, violationSilenceRatio: 0.5 };
  const fallen = { ...idle, workerFullestCpuCores: 0.99 } as TrialFigures;
  equal(limitingFactors(fallen)[0], 'worker CPU');
  equal(limitingFactors({ ...idle, workerFullestCpuCores: 0.6 } as TrialFigures)[0], 'silence');
});

function limit(hottestWorkerCpuCores: number, workerCpuCores: number, workers: number): string | undefined {
  return limitingFactors({ hottestWorkerCpuCores, workerCpuCores, workers } as TrialFigures)[0];
}

test('it names one hot worker among others that are not, however many', () => {
  equal(limit(0.95, 0.95 + 7 * 0.1, 8), 'one hot worker');
  equal(limit(0.95, 0.95 + 3 * 0.2, 4), 'one hot worker');
  equal(limit(0.95, 0.95 + 0.9, 2), 'worker CPU');
  equal(limit(0.95, 0.95 + 7 * 0.6, 8), 'worker CPU');
  equal(limit(0.95, 0.95, 1), 'worker CPU');
});
