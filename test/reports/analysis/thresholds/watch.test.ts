import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BotEvent } from '../../../../bots/messages.ts';
import { encode } from '../../../../reports/analysis/histogram.ts';
import {
  evaluate,
  type ThresholdResult,
  verdictOf,
} from '../../../../reports/analysis/thresholds/evaluate.ts';
import { metricOf } from '../../../../reports/analysis/thresholds/measure.ts';
import { SessionTally } from '../../../../reports/analysis/thresholds/sessions.ts';
import type { Reading } from '../../../../reports/analysis/thresholds/threshold.ts';
import { ThresholdWatch } from '../../../../reports/analysis/thresholds/watch.ts';
import { judge, reading, thresholdsOf } from './readings.ts';

describe('the verdict', () => {
  const [threshold] = thresholdsOf({ join_ms: ['avg<1'] });
  ok(threshold !== undefined);
  const pass: ThresholdResult = { state: 'pass', threshold, observed: 0 };
  const fail: ThresholdResult = { state: 'fail', threshold, observed: 2 };
  const inconclusive: ThresholdResult = { state: 'inconclusive', threshold, observed: null, reason: '' };

  it('is failed by one, then inconclusive by one; none where nothing was asked', () => {
    equal(verdictOf([]), null);
    equal(verdictOf([pass, pass]), 'pass');
    equal(verdictOf([pass, inconclusive]), 'inconclusive');
    equal(verdictOf([inconclusive, fail, pass]), 'fail');
  });
});

function lossy(t: number, lost: number): Reading {
  return reading('bots:a:synthetic:video:0', t, { rtp_loss_ratio: [lost, 100] });
}

describe('the watch over a run', () => {
  it('ends the run at the first failure of a threshold that says so, after its delay', () => {
    const watch = new ThresholdWatch(
      thresholdsOf({
        rtp_loss_ratio: ['rate<0.01', { threshold: 'rate<0.05', abortOnFail: true, delayAbortEval: '10s' }],
      }),
    );
    equal(watch.look(20_000).abort, null, 'nothing measured ends nothing');
    watch.take([lossy(1_000, 4)]);
    const early = watch.look(1_000);
    deepEqual(
      [early.results.map(({ state }) => state), early.abort],
      [['fail', 'pass'], null],
      'a failure without abortOnFail ends nothing',
    );
    watch.take([lossy(2_000, 7)]);
    equal(watch.look(2_000).results[1]?.state, 'fail');
    equal(watch.look(9_999).abort, null, 'not before the delay');
    const { abort } = watch.look(10_000);
    deepEqual([abort?.threshold.expression, abort?.observed], ['rate<0.05', 0.07]);
    watch.take([lossy(11_000, 5 - 1)]);
    equal(watch.look(11_000).abort, null, 'it may recover');
  });

  it('says the same as all readings at once', () => {
    const lists = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 100 })), { maxLength: 40 });
    const thresholds = thresholdsOf({
      rtt_ms: ['avg<40', 'p(95)<80'],
      nacks_total: ['count<500', 'rate<20'],
      'nacks_total{host:1}': ['count<100'],
    });
    fc.assert(
      fc.property(lists, (list) => {
        const totals = [0, 0, 0, 0];
        const readings = list.map(([host, value], at) => {
          totals[host] = (totals[host] ?? 0) + value;
          return reading(`bots:a:synthetic:video:${host}`, at * 500, {
            rtt_ms: encode([value]),
            nacks_total: totals[host] ?? 0,
          });
        });
        const watch = new ThresholdWatch(thresholds);
        for (const one of readings) {
          watch.take([one]);
          watch.look(one.t);
        }
        deepEqual(
          watch.look(0).results,
          thresholds.map((threshold) =>
            evaluate(threshold, metricOf(readings, threshold.selector, threshold.kind)),
          ),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('the tally of sessions', () => {
  const who = { bot: 'crowd-0', group: 'crowd', kind: 'chrome', atMs: 0 } as const;
  const joined = (joinMs: number): BotEvent => ({ ...who, event: 'joined', iteration: 0, dueMs: 0, joinMs });

  it('makes readings of events: counters since the start, times since the last reading', () => {
    const tally = new SessionTally();
    deepEqual(tally.drain(500, null), [], 'nothing happened, nothing was measured');
    for (const event of [
      joined(100),
      joined(300),
      { ...who, event: 'join-failed', iteration: 0, dueMs: 0, reason: 'timeout', message: '' },
      { ...who, event: 'first-media', dueMs: 0, firstMediaMs: 400 },
      { ...who, event: 'first-frame', dueMs: 0, firstFrameMs: 500 },
      { ...who, event: 'iteration', iteration: 0 },
      { ...who, event: 'left', reason: 'returned' },
    ] satisfies BotEvent[])
      tally.receive(event);
    tally.drop('crowd', 'chrome', 2);
    const first = tally.drain(1_000, 0);
    tally.receive(joined(700));
    const readings = [...first, ...tally.drain(2_000, 1)];
    deepEqual(judge('join_ms', ['max==700', 'min==100', 'med==300'], readings).flat(), [
      'pass',
      700,
      'pass',
      100,
      'pass',
      300,
    ]);
    deepEqual(judge('join_ms{step:1,scenario:crowd,bot:chrome}', ['min==700'], readings), [['pass', 700]]);
    for (const [metric, count] of [
      ['joins_total', 3],
      ['joins_failed_total', 1],
      ['iterations', 1],
      ['dropped_iterations', 2],
    ] as const)
      deepEqual(judge(metric, [`count==${count}`], readings), [['pass', count]], metric);
    deepEqual(judge('first_media_ms', ['max<=400'], readings), [['pass', 400]]);
    deepEqual(judge('first_frame_ms', ['max<=500'], readings), [['pass', 500]]);
  });
});
