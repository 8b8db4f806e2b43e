import { deepEqual, match } from 'node:assert/strict';
import { test } from 'node:test';
import { Judge } from '../harness/judge.ts';
import type { Sample } from '../harness/record.ts';
import { resolved } from './scenario/scenario-file.ts';

function losing(t: number, lost: number, expected: number): Sample {
  return { t, e: 'bots:default:synthetic:video:0', s: 0, v: { rtp_loss_ratio: [lost, expected] } };
}

test('a threshold that ended the run has failed, whatever is read after that', () => {
  const rule = { threshold: 'rate<0.1', abortOnFail: true };
  const { thresholds, tags, groups } = resolved({
    vus: 2,
    duration: '10s',
    thresholds: { rtp_loss_ratio: [rule, 'rate<0.1'] },
  });
  const judge = new Judge({ thresholds, tags, groups });
  judge.take([losing(1_000, 50, 100)]);
  match(judge.abort(1_000) ?? '', /rtp_loss_ratio: rate<0.1 failed with 0.5/);
  judge.takeOwn([losing(2_000, 50, 10_000)]);
  deepEqual(
    judge.results().map(({ state, observed, aborted }) => [state, observed, aborted]),
    [
      ['fail', 0.5, true],
      ['pass', 0.005, false],
    ],
  );
});

function own(t: number): Sample {
  return { t, e: 'own:', s: null, v: { checks: [1, 1] } };
}

test('a rate is over the load, not over what the scenario measured in its setup and teardown', () => {
  const { thresholds, tags, groups } = resolved({
    vus: 2,
    duration: '10s',
    thresholds: { iterations: ['rate>0.5'] },
  });
  const judge = new Judge({ thresholds, tags, groups });
  judge.takeOwn([own(1_000)]);
  for (let t = 41_000; t <= 100_000; t += 1_000) {
    judge.take([
      { t, e: 'sessions:default:synthetic', s: 0, v: { iterations: Math.ceil((t - 40_000) / 1_600) } },
    ]);
  }
  judge.takeOwn([own(200_000)]);
  deepEqual(
    judge.results().map(({ state }) => state),
    ['pass'],
  );
});
