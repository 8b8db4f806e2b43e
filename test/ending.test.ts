import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ending } from '../harness/ending.ts';
import {
  BenchError,
  errorCodes,
  exitCodes,
  exitPrecedence,
  explain,
  worstExitCode,
} from '../harness/errors.ts';
import type { ThresholdRecord, TrialRecord } from '../harness/record.ts';

function trials(...states: readonly TrialRecord['state'][]): TrialRecord[] {
  return states.map((state) => ({ state }) as TrialRecord);
}

function thresholds(...states: readonly ThresholdRecord['state'][]): ThresholdRecord[] {
  return states.map((state) => ({ state }) as ThresholdRecord);
}

function ends(...states: readonly ThresholdRecord['state'][]): unknown[] {
  const { verdict, exitCode } = new Ending().resolve(trials('good', 'bad'), thresholds(...states));
  return [verdict, exitCode];
}

describe('how a run ends', () => {
  it('with thresholds: 0 when all are met, 99 when one failed, 120 when one says nothing', () => {
    assert.deepEqual(ends('pass', 'pass'), ['pass', 0]);
    assert.deepEqual(ends('pass', 'inconclusive'), ['inconclusive', 120]);
    assert.deepEqual(ends('pass', 'inconclusive', 'fail'), ['fail', 99]);
  });

  it('with thresholds on invalid trials: 121, met or not', () => {
    for (const state of ['pass', 'fail', 'inconclusive'] as const) {
      const { verdict, exitCode } = new Ending().resolve(trials('invalid'), thresholds(state));
      assert.deepEqual([verdict, exitCode], ['invalid', 121]);
    }
  });

  it('by a threshold: the load ends, the drain goes on, the run is complete', () => {
    const ending = new Ending();
    ending.abort();
    assert.deepEqual([ending.load.aborted, ending.everything.aborted], [true, false]);
    const { state, exitCode } = ending.resolve(trials('good'), thresholds('fail'));
    assert.deepEqual({ state, exitCode }, { state: 'completed', exitCode: 99 });
  });

  it('by itself: 0, and nothing was judged', () => {
    const { state, verdict, exitCode, failure } = new Ending().resolve(trials('good', 'bad'));
    assert.deepEqual(
      { state, verdict, exitCode, failure },
      { state: 'completed', verdict: null, exitCode: 0, failure: null },
    );
  });

  it('with an invalid trial: 121', () => {
    const { state, verdict, exitCode } = new Ending().resolve(trials('good', 'invalid'));
    assert.deepEqual({ state, verdict, exitCode }, { state: 'completed', verdict: 'invalid', exitCode: 121 });
  });

  it('by the user: soft once, hard twice, 105 whatever else went wrong', () => {
    const ending = new Ending();
    ending.interrupt();
    assert.deepEqual([ending.load.aborted, ending.everything.aborted], [true, false]);
    ending.fail(new BenchError('TARGET_DIED', 'gone'));
    ending.interrupt();
    assert.equal(ending.everything.aborted, true);
    const { state, exitCode } = ending.resolve(trials('invalid'));
    assert.deepEqual({ state, exitCode }, { state: 'interrupted', exitCode: 105 });
  });

  it('by a failure: the first one is named, the worst one is the exit code', () => {
    const ending = new Ending();
    ending.fail(new BenchError('GENERATOR_LOST', 'first', { hint: 'h', field: 'f', value: 3 }));
    ending.fail(new BenchError('DISK_FULL', 'second'));
    const { state, verdict, exitCode, failure } = ending.resolve([]);
    assert.deepEqual(
      { state, verdict, exitCode },
      { state: 'failed', verdict: 'inconclusive', exitCode: 123 },
    );
    assert.deepEqual(failure, { code: 'GENERATOR_LOST', message: 'first', hint: 'h', field: 'f', value: 3 });
  });

  it('by a finding that the run outlives: it has failed, and goes on', () => {
    const ending = new Ending();
    ending.note(new BenchError('TARGET_DIED', 'one of two'));
    assert.equal(ending.load.aborted, false);
    const { state, exitCode } = ending.resolve(trials('bad'));
    assert.deepEqual({ state, exitCode }, { state: 'failed', exitCode: 122 });
  });

  it('leaves a trial that it cut short out of the verdict, which is that of the thresholds', () => {
    const ending = new Ending();
    assert.equal(ending.isCut, false);
    ending.abort();
    assert.equal(ending.isCut, true);
    const cut = trials('good', 'invalid').map((trial, at) =>
      at === 1 ? { ...trial, cut: true as const } : trial,
    );
    const { verdict, exitCode } = ending.resolve(cut, thresholds('fail'));
    assert.deepEqual({ verdict, exitCode }, { verdict: 'fail', exitCode: 99 });
  });

  it('is no cut by what the load met, and is one by the scenario’s own word', () => {
    const [met, asked] = [new Ending(), new Ending()];
    met.fail(new BenchError('TARGET_DIED', 'gone'));
    asked.fail(new BenchError('SCENARIO_ABORTED', 'enough'));
    assert.deepEqual([met.isCut, asked.isCut], [false, true]);
  });

  it('by what nobody expected: 103', () => {
    const ending = new Ending();
    ending.fail(new TypeError('oops'));
    const { exitCode, failure } = ending.resolve([]);
    assert.deepEqual([exitCode, failure?.code, failure?.message], [103, 'BUG', 'oops']);
  });
});

describe('exit codes', () => {
  it('have one order, and every error has one of them', () => {
    assert.deepEqual(new Set(exitPrecedence), new Set(Object.values(exitCodes)));
    for (const code of Object.values(errorCodes)) assert.ok(exitPrecedence.includes(code));
  });

  it('the worst of several stands first in the order, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...exitPrecedence)), (codes) => {
        const worst = worstExitCode(codes);
        assert.equal(worst, worstExitCode(codes.toReversed()));
        for (const code of codes) assert.ok(exitPrecedence.indexOf(worst) <= exitPrecedence.indexOf(code));
        if (codes.length === 0) assert.equal(worst, 0);
      }),
    );
  });

  it('are told with place and hint', () => {
    const text = explain('wrong', { file: 'a.ts', field: 'b[0]', value: { c: 1 }, hint: 'do' });
    assert.equal(text, 'error: wrong\n  file:  a.ts\n  field: b[0]\n  value: {"c":1}\n  hint:  do');
  });
});
