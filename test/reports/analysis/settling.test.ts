import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../../../bots/random.ts';
import {
  createSettling,
  isSteady,
  type SettlingReading,
  settlingLimits,
} from '../../../reports/analysis/settling.ts';

const task = { peers: 8, measured: { cpu: true, packets: true } };
const steady: SettlingReading = { cpuCores: 0.5, packetsPerSecond: 8_000, peers: 8 };
const { windowReadings, windows } = settlingLimits;
const soonest = windowReadings + windows - 1;

/** The second in which it is settled; null where it never is. */
function settledAfter(readings: readonly SettlingReading[], of: typeof task = task): number | null {
  const settling = createSettling(of);
  const at = readings.findIndex((reading) => settling.add(reading));
  return at < 0 ? null : at + 1;
}

function seconds(count: number, reading: (second: number) => Partial<SettlingReading>): SettlingReading[] {
  return Array.from({ length: count }, (_, second) => ({ ...steady, ...reading(second) }));
}

/** About normal, of deviation 1. */
function noise(seed: number): () => number {
  const random = randomFrom(seed);
  return () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
}

describe('settling', () => {
  it('takes one window and its next position, where nothing moves', () => {
    assert.equal(settledAfter(seconds(40, () => ({}))), soonest);
    assert.equal(soonest, 16);
  });

  it('begins anew with the last second that was not steady', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: soonest - 1 }), fc.constantFrom(0, 1, 2), (at, which) => {
        const jolt = [{ cpuCores: 0.9 }, { packetsPerSecond: 4_000 }, { peers: 7 }][which] ?? {};
        const readings = seconds(60, (second) => (second === at ? jolt : {}));
        assert.equal(settledAfter(readings), at + 1 + soonest);
      }),
    );
  });

  it('waits for what still rises, and not for what has risen', () => {
    // A browser's way to its size: 63 % of the rest every 5 s.
    const rising = seconds(60, (second) => ({ packetsPerSecond: 8_000 * (1 - Math.exp(-second / 5)) }));
    const at = settledAfter(rising);
    assert.ok(at !== null && at > soonest + 5 && at < soonest + 25, `${at}`);
    assert.equal(settledAfter(seconds(60, (second) => ({ cpuCores: 0.8 * 1.003 ** second }))), null);
  });

  it('bears the noise that it is meant to, and not five times that', () => {
    let [calm, wild] = [0, 0];
    for (let seed = 0; seed < 40; seed += 1) {
      const next = noise(seed);
      const of = (cpu: number, bitrate: number): SettlingReading[] =>
        seconds(60, () => ({
          cpuCores: 0.5 * (1 + cpu * next()),
          packetsPerSecond: 8_000 * (1 + bitrate * next()),
        }));
      if (settledAfter(of(0.06, 0.005)) !== null) calm += 1;
      if (settledAfter(of(0.3, 0.005)) !== null) wild += 1;
    }
    assert.equal(calm, 40);
    assert.equal(wild, 0);
  });

  it('never settles on what is missing, unless nobody could tell it', () => {
    const blind = seconds(60, () => ({ cpuCores: null }));
    assert.equal(settledAfter(blind), null);
    assert.equal(settledAfter(blind, { ...task, measured: { cpu: false, packets: true } }), soonest);
    assert.equal(settledAfter(seconds(60, () => ({ peers: 9 }))), null);
  });

  it('does not hold idle figures to shares of nothing', () => {
    const idle = seconds(40, (second) => ({ cpuCores: 0.004 + 0.003 * (second % 2), packetsPerSecond: 0 }));
    assert.equal(settledAfter(idle), soonest);
  });

  it('says what moves still', () => {
    const settling = createSettling(task);
    assert.deepEqual(settling.unsteady(), ['worker CPU', 'packet rate', 'peers']);
    for (const reading of seconds(20, (second) => ({ cpuCores: 0.1 + 0.02 * second }))) settling.add(reading);
    assert.deepEqual(settling.unsteady(), ['worker CPU']);
  });

  it('knows no unit: what is steady stays so at any size', () => {
    const limits = { variation: 0.05, trend: 0.02, floor: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 900, max: 1_100 }), { minLength: 15, maxLength: 15 }),
        fc.integer({ min: -8, max: 8 }),
        (values, power) => {
          assert.equal(
            isSteady(
              values.map((value) => value * 2 ** power),
              limits,
            ),
            isSteady(values, limits),
          );
          assert.equal(isSteady(values.toReversed(), limits), isSteady(values, limits));
        },
      ),
    );
  });
});
