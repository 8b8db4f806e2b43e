import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nowMs, sleepMs } from '../harness/clock.ts';
import { Conditions } from '../harness/conditions.ts';
import { CoreSpeed } from '../harness/core-speed.ts';
import type { Sample } from '../harness/record.ts';
import { defaultQuality } from '../harness/scenario/quality.ts';
import { CoreWork } from '../harness/targets/mediasoup/core-work.ts';
import { limitsOf } from '../reports/analysis/classify.ts';
import { group } from './executors/groups.ts';

function secondAt(cores: number, ...us: readonly (number | null)[]): Sample[] {
  return us.map((value, index) => ({
    t: 0,
    e: `worker:${index}`,
    s: 0,
    v: { worker_core_work_us: value, worker_cpu_cores: cores },
  }));
}

const second = (...us: readonly (number | null)[]): Sample[] => secondAt(0.5, ...us);

function live(watch: Pick<CoreSpeed, 'collect' | 'tick'>, seconds: readonly Sample[][]): void {
  for (const samples of seconds) {
    watch.collect(samples);
    watch.tick();
  }
}

const times = (count: number, ...us: readonly (number | null)[]): Sample[][] =>
  Array.from({ length: count }, () => second(...us));

const idle = (count: number, us: number): Sample[][] =>
  Array.from({ length: count }, () => secondAt(0.01, us));

describe('the speed of the workers’ cores', () => {
  it('is told over the best two seconds of the run, and is of the slowest core since the step began', () => {
    const speed = new CoreSpeed();
    speed.begin('crowd');
    live(speed, times(1, 100, 200));
    equal(speed.of('crowd'), null);
    live(speed, times(4, 100, 200));
    equal(speed.of('crowd'), 1);
    live(speed, times(3, 100, 250));
    equal(speed.of('crowd'), 0.8);
    live(speed, times(3, 100, 200));
    equal(speed.of('crowd'), 0.8);
    speed.begin('crowd');
    live(speed, times(1, 100, 200));
    equal(speed.of('crowd'), null);
    live(speed, times(1, 100, 200));
    equal(speed.of('crowd'), 1);
  });

  it('is kept of the first seconds of a step, however long that takes', () => {
    const speed = new CoreSpeed();
    speed.begin('crowd');
    live(speed, [...times(14, 100), ...times(6, 125)]);
    // The first of them tells nothing yet, the fifteenth after it is half slow.
    equal(speed.atStart('crowd'), 0.8);
    equal(speed.of('crowd'), 0.8);
    speed.begin('crowd');
    equal(speed.atStart('crowd'), null);
    live(speed, [...times(16, 100), ...times(6, 125)]);
    equal(speed.atStart('crowd'), 1);
    equal(speed.of('crowd'), 0.8);
  });

  it('is kept of the seconds in which a step was measured', () => {
    const speed = new CoreSpeed();
    speed.begin('crowd');
    live(speed, [...times(4, 100), ...times(4, 200)]);
    equal(speed.measured('crowd'), null);
    speed.measure('crowd');
    live(speed, [...times(4, 125), ...times(4, 100)]);
    // Its first second is held together with the one before it.
    equal(speed.measured('crowd'), 100 / ((200 + 125) / 2));
    equal(speed.of('crowd'), 0.5);
    speed.begin('crowd');
    live(speed, times(4, 100));
    equal(speed.measured('crowd'), null);
  });

  it('learns of a better best, and holds what nobody told for nothing', () => {
    const speed = new CoreSpeed();
    speed.begin('crowd');
    equal(speed.bestUs, null);
    live(speed, times(3, 150));
    equal(speed.bestUs, 150);
    live(speed, [...times(3, 100), ...times(5, null), ...times(3, 125)]);
    equal(speed.of('crowd'), 0.8);
    equal(speed.bestUs, 100);
    // An idle core is slow to wake.
    live(speed, idle(5, 300));
    equal(speed.of('crowd'), 0.8);
    equal(speed.idle, 1);
    live(speed, times(1, 100));
    equal(speed.idle, null);
    const silent = new CoreSpeed();
    silent.begin('crowd');
    live(silent, times(9, null));
    equal(silent.of('crowd'), null);
  });

  it('disturbs a search, which measures again, and nothing else', () => {
    const searched = group();
    const shape = { executor: 'capacity-search' } as never;
    const groups = [{ ...searched, name: 'searched', shape }, group()];
    const conditions = new Conditions(groups, limitsOf(defaultQuality));
    for (const name of ['searched', 'crowd']) conditions.begin(name);
    live(conditions, times(3, 100));
    ok(!conditions.isDisturbed('searched'));
    // One second alone at two thirds of the speed is let pass.
    live(conditions, [...times(1, 140), ...times(3, 100)]);
    ok(!conditions.isDisturbed('searched'));
    live(conditions, times(2, 140));
    ok(conditions.isDisturbed('searched'));
    ok(!conditions.isDisturbed('crowd'));
    live(conditions, times(3, 100));
    ok(conditions.isDisturbed('searched'));
    // Nor the step of one that has lost too much time to that.
    conditions.begin('searched', { asItComes: true });
    live(conditions, [...times(3, 140), ...idle(3, 140), ...idle(3, 200)]);
    ok(!conditions.isDisturbed('searched') && !conditions.wouldDisturb('searched'));
    conditions.begin('searched');
    live(conditions, [...times(3, 140), ...idle(3, 200)]);
    ok(conditions.isDisturbed('searched') && conditions.wouldDisturb('searched'));
  });

  it('would disturb a search where an idle core is slower than at its best when idle', () => {
    const shape = { executor: 'capacity-search' } as never;
    const conditions = new Conditions(
      [{ ...group(), name: 'searched', shape }, group()],
      limitsOf(defaultQuality),
    );
    conditions.begin('searched');
    live(conditions, [...times(3, 100), ...idle(3, 150)]);
    ok(!conditions.wouldDisturb('searched'));
    live(conditions, idle(2, 200));
    ok(conditions.wouldDisturb('searched') && !conditions.wouldDisturb('crowd'));
    ok(!conditions.isDisturbed('searched'));
    live(conditions, idle(2, 150));
    ok(!conditions.wouldDisturb('searched'));
  });

  it('is measured on each core, and not taken twice', { skip: process.platform !== 'linux' }, async () => {
    const cores = [0, 1];
    const work = new CoreWork([...cores, 0]);
    try {
      const limitMs = nowMs() + 10_000;
      const told = new Map<number, number>();
      while (told.size < cores.length && nowMs() < limitMs) {
        await sleepMs(50);
        for (const core of cores) {
          const us = work.take(core);
          if (us !== null) told.set(core, us);
        }
      }
      deepEqual(
        [...told.keys()].sort((a, b) => a - b),
        cores,
      );
      for (const us of told.values()) ok(us > 1 && us < 100_000, `${us} µs`);
      equal(work.take(7_777), null);
    } finally {
      await work.close();
    }
    for (const core of cores) work.take(core);
    await sleepMs(300);
    deepEqual(
      cores.map((core) => work.take(core)),
      [null, null],
    );
  });
});
