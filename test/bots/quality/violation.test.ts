import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { causes, causesOf, violationsOf, type WindowFigures } from '../../../bots/quality/violation.ts';
import { plainQuality } from '../../support/bot-specs.ts';

const { limits } = plainQuality;

const fine: WindowFigures = {
  seconds: 2,
  receivedPackets: 100,
  missingPackets: 0,
  frames: 30,
  sourceFps: 15,
  freezes: 0,
  freezeMs: 0,
  timedPackets: 100,
  latePackets: 0,
  jitterBufferMs: 40,
  bytes: 50_000,
  targetBytes: 50_000,
};

function broken(changes: Partial<WindowFigures>): readonly string[] {
  return causesOf(violationsOf({ ...fine, ...changes }, limits));
}

describe('a window violates quality', () => {
  const rows: readonly [string, Partial<WindowFigures>, readonly string[]][] = [
    ['nothing is wrong', {}, []],
    ['nothing came: that alone', { receivedPackets: 0, bytes: 0, frames: 0, latePackets: 9 }, ['silence']],
    ['2 % lost', { receivedPackets: 98, missingPackets: 2 }, []],
    ['more than 2 % lost', { receivedPackets: 97, missingPackets: 3 }, ['loss']],
    ['one in a hundred late', { latePackets: 1 }, []],
    ['two in a hundred late', { latePackets: 2 }, ['latency']],
    ['one of a few late', { timedPackets: 10, latePackets: 1 }, ['latency']],
    ['a full jitter buffer', { jitterBufferMs: 251 }, ['latency']],
    ['no jitter buffer', { jitterBufferMs: null }, []],
    ['a freeze of 200 ms', { freezes: 1, freezeMs: 200 }, []],
    ['a longer freeze', { freezes: 1, freezeMs: 201 }, ['freeze']],
    ['two short freezes', { freezes: 2, freezeMs: 390 }, []],
    ['0.8 of the frames', { frames: 24 }, []],
    ['one frame less, which is under way', { frames: 23 }, []],
    ['fewer', { frames: 22 }, ['fps']],
    ['a source that is not known', { frames: 2, sourceFps: null, targetBytes: null, bytes: 1 }, []],
    ['audio', { frames: null }, []],
    ['0.7 of the bitrate', { bytes: 35_000 }, []],
    ['a lower layer', { bytes: 34_999 }, ['bitrate']],
    [
      'all at once',
      { missingPackets: 99, latePackets: 99, freezes: 1, freezeMs: 900, frames: 1, bytes: 1 },
      ['loss', 'latency', 'freeze', 'fps', 'bitrate'],
    ],
  ];
  for (const [name, changes, expected] of rows)
    it(`${name}: ${expected.join(', ') || 'no'}`, () => assert.deepEqual(broken(changes), expected));

  it('by latency exactly where the 99th percentile of its packets is over the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 }), (waysMs) => {
        const sorted = waysMs.toSorted((a, b) => a - b);
        const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] as number;
        const late = waysMs.filter((ms) => ms > limits.latencyMs).length;
        const found = broken({ timedPackets: waysMs.length, latePackets: late });
        assert.equal(found.includes('latency'), p99 > limits.latencyMs);
      }),
    );
  });

  it('no less when anything gets worse, and not at all for what is not known', () => {
    const count = fc.nat({ max: 200 });
    const windows = fc.record({
      receivedPackets: fc.integer({ min: 1, max: 200 }),
      missingPackets: count,
      frames: count,
      freezeMs: count,
      latePackets: count,
      bytes: fc.nat({ max: 100_000 }),
    });
    fc.assert(
      fc.property(windows, fc.nat({ max: 50 }), (window, more) => {
        const before = broken({ ...window, freezes: 1 });
        const worse = broken({
          ...window,
          freezes: 1,
          missingPackets: window.missingPackets + more,
          latePackets: window.latePackets + more,
          freezeMs: window.freezeMs + more,
          frames: window.frames - more,
          bytes: window.bytes - more,
        });
        assert.deepEqual(
          before.filter((cause) => !worse.includes(cause)),
          [],
        );
        const unknown = {
          frames: null,
          targetBytes: null,
          timedPackets: 0,
          latePackets: 0,
          jitterBufferMs: null,
        };
        const left = broken({ ...window, ...unknown });
        assert.deepEqual(
          left.filter((cause) => ['fps', 'bitrate', 'latency'].includes(cause)),
          [],
        );
      }),
    );
  });

  it('by causes that a mask tells apart', () => {
    fc.assert(
      fc.property(fc.subarray([...causes]), (chosen) => {
        const mask = chosen.reduce((sum, cause) => sum | (1 << causes.indexOf(cause)), 0);
        assert.deepEqual(causesOf(mask), chosen);
      }),
    );
  });
});
