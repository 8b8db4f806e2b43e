import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Accounting, Manifest, TrialFigures, TrialRecord } from '../harness/record.ts';
import { resolveSynthetic } from '../harness/scenario/resolve.ts';
import { warningsOf } from '../harness/warnings.ts';
import { group } from './executors/groups.ts';

const manifest = { node: {} } as Manifest;
const quiet = { groups: [group({ bot: 'synthetic' })], synthetic: resolveSynthetic() };

function trial(figures: Partial<TrialFigures>, more: Partial<TrialRecord> = {}): TrialRecord {
  const phases = [{ phase: 'hold', startMs: 0, endMs: 10_000 }];
  return { level: 4, state: 'good', reasons: [], phases, figures, ...more } as TrialRecord;
}

function messages(
  trials: readonly TrialRecord[],
  accounting: Accounting | null = null,
  from = manifest,
  scenario = quiet,
): string {
  return warningsOf(trials, from, accounting, scenario)
    .map(({ message, advice }) => `${message} → ${advice}`)
    .join('\n');
}

describe('warnings of a run', () => {
  it('say what it understates that bots give no feedback', () => {
    const cheap = { ...quiet, synthetic: { ...quiet.synthetic, feedback: 'none' as const } };
    assert.match(messages([], null, manifest, cheap), /no feedback.*understates what a browser costs/);
    assert.equal(messages([], null, manifest, { ...cheap, groups: [group({ bot: 'chrome' })] }), '');
  });

  it('are none when nothing is wrong', () => {
    assert.equal(
      messages([trial({ hostStealRatio: 0.01, workerPreemptions: 5, hottestWorkerCpuCores: 0.5 })]),
      '',
    );
  });

  it('name the level that says nothing, and what to do', () => {
    const text = messages([trial({}, { state: 'invalid', reasons: ['generator at 90 %'] })]);
    assert.match(
      text,
      /^level 4 says nothing about the SFU: generator at 90 % → give the generator more cores/,
    );
  });

  it('blame no level for one of its trials', () => {
    const late = trial({}, { state: 'invalid', reasons: ['late'] });
    const elsewhere = [trial({}, { level: 5 }), trial({}, { group: 'others' })];
    assert.match(
      messages([trial({}), late, ...elsewhere]),
      /^one of 2 trials at level 4 says nothing about the SFU: late/,
    );
    assert.match(messages([late, ...elsewhere]), /^level 4 says nothing about the SFU: late/);
  });

  it('tell a core that is not the worker’s own', () => {
    assert.match(
      messages([trial({ workerPreemptions: 5000, hottestWorkerCpuCores: 0.3 })]),
      /preempted 500 times a second/,
    );
    assert.equal(
      messages([trial({ workerPreemptions: 5000, hottestWorkerCpuCores: 0.95 })]),
      '',
      'a full worker is',
    );
  });

  it('tell a missing control endpoint once there is something to miss', () => {
    const elsewhere = { node: null } as Manifest;
    assert.match(messages([trial({})], null, elsewhere), /no worker figures → .*sfubench node/);
    assert.equal(messages([], null, elsewhere), '');
  });

  it('tell sums of both sides that differ by more than half a percent', () => {
    const sums = { consumers: 1, sentBySfu: 1000, receivedByBots: 990, lostByBots: 0 };
    assert.match(messages([], { ...sums, mismatchRatio: -0.01 }), /account for 99\.00 %/);
    assert.match(
      messages([], { ...sums, mismatchRatio: 0.2 }),
      /miss 20\.00 % more .* lost before it sent them/,
    );
    assert.equal(messages([], { ...sums, mismatchRatio: 0.004 }), '');
  });
});
