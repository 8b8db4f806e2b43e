/** Turns of a calibration: from the samples of a run to what each turn cost, and from turns to an effect. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Turn } from '../../harness/calibration.ts';
import type { MetricValues } from '../../harness/metrics.ts';
import type { Sample } from '../../harness/record.ts';
import { readTurns, sideOf, turnAt, turnEffect } from '../../reports/analysis/turns.ts';

const turnMs = 6_000;
const leadMs = 2_000;
const packetsPerSecond = { chrome: 440, synthetic: 450 };

interface World {
  /** Of the run, on the clock of the turns. */
  readonly startMs: number;
  readonly seconds: number;
  /** What a packet costs the worker at an instant of the run. */
  readonly costUs: (side: 'chrome' | 'synthetic', t: number) => number;
  /** What the change from one side to the other costs besides, in the first second. */
  readonly changeCores: number;
}

/** What a collector would store of a run: a reading a second, each side's at an instant of its own. */
function samplesOf({ startMs, seconds, costUs, changeCores }: World): Sample[] {
  const received = { chrome: 0, synthetic: 0 };
  const samples: Sample[] = [];
  const add = (t: number, e: string, v: MetricValues): number => samples.push({ t, e, s: 0, v });
  const stepMs = 10;
  let cpuMs = 0;
  for (let t = 0; t < seconds * 1000; t += stepMs) {
    const now = startMs + t;
    const side = sideOf(turnAt(now, turnMs));
    received[side] += (packetsPerSecond[side] * stepMs) / 1000;
    cpuMs += (packetsPerSecond[side] * costUs(side, t) * stepMs) / 1e6;
    if (now % turnMs < 1000) cpuMs += changeCores * stepMs;
    if (t % 1000 === 300) {
      add(t + stepMs, 'worker:0', { worker_cpu_cores: cpuMs / 1000 });
      add(t + stepMs, 'generator', { generator_cpu_cores: side === 'chrome' ? 0.4 : 0.1 });
      cpuMs = 0;
    }
    if (t % 1000 === 700) {
      for (const [of, total] of Object.entries(received)) {
        add(t + stepMs, `bots:${of}:${of}:audio:0`, { rtp_packets_received_total: total * 0.25 });
        add(t + stepMs, `bots:${of}:${of}:video:0`, { rtp_packets_received_total: total * 0.75 });
      }
    }
  }
  return samples;
}

const plain: World = {
  startMs: 123_456_780,
  seconds: 80,
  costUs: (side) => (side === 'chrome' ? 55 : 50),
  changeCores: 0,
};

function turnsOf(world: World, fromMs = 10_000, toMs = 76_000): Turn[] {
  return readTurns(samplesOf(world), { turnMs, leadMs, startMs: world.startMs, fromMs, toMs });
}

describe('turns of a run', () => {
  it('are those that lie within what counts, one side after the other, each with its cost and load', () => {
    const turns = turnsOf(plain);
    equal(turns.length, 10);
    for (const [at, turn] of turns.entries()) {
      equal(turn.number, (turns[0]?.number ?? 0) + at);
      equal(turn.side, sideOf(turn.number));
      ok(
        turn.number * turnMs >= plain.startMs + 10_000 &&
          (turn.number + 1) * turnMs <= plain.startMs + 76_000,
      );
      const [cost, generator] = turn.side === 'chrome' ? [55, 0.4] : [50, 0.1];
      ok(Math.abs(turn.packetsPerSecond / packetsPerSecond[turn.side] - 1) < 1e-6);
      ok(Math.abs(turn.workerUsPerPacket / cost - 1) < 1e-6, String(turn.workerUsPerPacket));
      ok(Math.abs(turn.generatorCpuCores - generator) < 1e-9);
    }
  });

  it('leave out what the change from one side to the other costs', () => {
    deepEqual(
      turnsOf({ ...plain, changeCores: 0.5 }).map(({ workerUsPerPacket }) => Math.round(workerUsPerPacket)),
      turnsOf(plain).map(({ workerUsPerPacket }) => Math.round(workerUsPerPacket)),
    );
  });

  it('are left out where a reading is missing, or a side received nothing', () => {
    const samples = samplesOf(plain);
    const options = { turnMs, leadMs, startMs: plain.startMs, fromMs: 10_000, toMs: 76_000 };
    const [, second] = readTurns(samples, options);
    ok(second !== undefined);
    const at = second.number * turnMs - plain.startMs + 4_500;
    const without = (changed: (sample: Sample) => Sample): number[] =>
      readTurns(samples.map(changed), options).map(({ number }) => number);
    const all = readTurns(samples, options).map(({ number }) => number);
    const others = all.filter((number) => number !== second.number);
    deepEqual(
      without((sample) =>
        sample.e === 'worker:0' && Math.abs(sample.t - at) < 501
          ? { ...sample, v: { worker_cpu_cores: null } }
          : sample,
      ),
      others,
    );
    deepEqual(
      without((sample) =>
        sample.e.startsWith(`bots:${second.side}:`)
          ? { ...sample, v: { rtp_packets_received_total: 7 } }
          : sample,
      ),
      all.filter((number) => sideOf(number) !== second.side),
    );
  });
});

describe('the effect of turns', () => {
  it('is the log-ratio of the sides, whichever came first, whatever the machine drifts by', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        fc.double({ min: -0.004, max: 0.004, noNaN: true }),
        (startMs, factor, driftPerSecond) => {
          const costUs: World['costUs'] = (side, t) =>
            50 * (side === 'chrome' ? factor : 1) * Math.exp((driftPerSecond * t) / 1000);
          const effect = turnEffect(turnsOf({ ...plain, startMs, costUs })) ?? Number.NaN;
          // What is left is the second in which turns and readings do not meet.
          ok(Math.abs(effect - Math.log(factor)) < 0.004, `${Math.exp(effect)} for ${factor}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes only turns that followed each other, and is missing without any', () => {
    const turns = turnsOf(plain);
    equal(turnEffect(turns.slice(0, 2)), null);
    equal(turnEffect(turns.filter((_, at) => at % 2 === 0)), null);
    const [gone] = turns.splice(5, 1);
    ok(gone !== undefined);
    // Across the gap, the machine is another one.
    const moved = turns.map((turn) =>
      turn.number > gone.number ? { ...turn, workerUsPerPacket: turn.workerUsPerPacket * 3 } : turn,
    );
    ok(Math.abs((turnEffect(moved) ?? 0) - Math.log(55 / 50)) < 1e-6);
  });
});
