import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { markInstant } from '../../../../bots/engine/payload/mark.ts';
import { Delays } from '../../../../bots/engine/receive/delays.ts';
import { writeNtp } from '../../../../bots/engine/rtp/extension-values.ts';
import { RtpHeader } from '../../../../bots/engine/rtp/header.ts';

/** Any constant does; this one is of today's size. */
const offsetMs = 4_004_565_821_042.25;

function arrivingAt(atMs: number): RtpHeader {
  const header = new RtpHeader();
  header.arrivalMs = atMs;
  return header;
}

function captured(delays: Delays, capturedMs: number, arrivalMs: number): void {
  const bytes = Buffer.alloc(12);
  writeNtp(bytes, 3, capturedMs + offsetMs);
  delays.captured(arrivingAt(arrivalMs), bytes, 3, offsetMs);
}

function drained(delays: Delays): [number, number][] {
  const all: [number, number][] = [];
  delays.drain((ms, count) => all.push([ms, count]));
  return all;
}

describe('delays', () => {
  it('are what lies between capture and arrival, to 0.8 %', () => {
    const milliseconds = fc.double({ min: 0.13, max: 60_000, noNaN: true });
    fc.assert(
      fc.property(milliseconds, fc.double({ min: 1, max: 1e9, noNaN: true }), (delayMs, sentMs) => {
        const delays = new Delays(150);
        captured(delays, sentMs, sentMs + delayMs);
        const [[ms, count]] = drained(delays) as [[number, number]];
        assert.equal(count, 1);
        assert.ok(Math.abs(ms - delayMs) <= 0.008 * delayMs + 0.003, `${ms} for ${delayMs}`);
      }),
    );
  });

  it('of marks are exact to their own sixteenth of a millisecond', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 30_000, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (delayMs, sentMs) => {
          const delays = new Delays(150);
          delays.marked(arrivingAt(sentMs + delayMs), markInstant(sentMs));
          const [[ms]] = drained(delays) as [[number, number]];
          // And to the microsecond that histograms count in.
          assert.ok(Math.abs(ms - delayMs) <= 0.0635 + 0.008 * delayMs, `${ms} for ${delayMs}`);
        },
      ),
    );
  });

  it('are counted once, and begun anew', () => {
    const delays = new Delays(150);
    for (let index = 0; index < 1000; index += 1) captured(delays, 1000, 1000 + index);
    assert.equal(delays.size, 1000);
    const all = drained(delays);
    assert.equal(
      all.reduce((sum, [, count]) => sum + count, 0),
      1000,
    );
    assert.deepEqual(
      all.map(([ms]) => ms),
      all.map(([ms]) => ms).toSorted((left, right) => left - right),
    );
    assert.deepEqual([drained(delays), delays.size], [[], 0]);
  });

  it('of a clock that is not ours are none; a little before is at once', () => {
    const delays = new Delays(150);
    captured(delays, 1000, 1000 - 0.5);
    captured(delays, 1000, 1000 - 500);
    captured(delays, 1000, 1000 + 3_600_000);
    assert.deepEqual([drained(delays), delays.strangeTotal], [[[0, 1]], 2]);
  });
});
