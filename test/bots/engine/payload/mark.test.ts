/** Marks come back as they were written, and nothing else is one. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  Mark,
  markInstant,
  markLength,
  readMark,
  sinceMarkMs,
  writeMark,
} from '../../../../bots/engine/payload/mark.ts';
import { reason } from '../../../../bots/engine/reason.ts';

const bits = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const marks = fc
  .record({
    sourceBits: bits,
    layer: fc.nat(255),
    kind: fc.nat(1),
    index: fc.nat(0xffff),
    frameBits: bits,
    packetBits: bits,
    sentBits: bits,
  })
  .map((fields) => Object.assign(new Mark(), fields));

describe('a mark', () => {
  it('comes back as it was written, from the end of the payload', () => {
    fc.assert(
      fc.property(marks, fc.nat(50), (mark, before) => {
        const bytes = Buffer.alloc(before + markLength + 10, 0xaa);
        writeMark(mark, bytes, before);
        const read = new Mark();
        equal(readMark(read, bytes, 0, before + markLength), 0);
        deepEqual(read, mark);
        equal(bytes[before + markLength], 0xaa);
      }),
    );
  });

  it('has the bytes that were agreed', () => {
    const mark = Object.assign(new Mark(), {
      sourceBits: 0x8000_0001 | 0,
      layer: 2,
      kind: 1,
      index: 258,
      frameBits: 3,
      packetBits: -1,
      sentBits: 0x1234,
    });
    const bytes = Buffer.alloc(markLength);
    writeMark(mark, bytes, 0);
    equal(bytes.toString('hex'), '53465542800000010201010200000003ffffffff00001234');
  });

  it('is not in a payload that is too short or of something else', () => {
    const bytes = Buffer.alloc(60, 0x42);
    equal(readMark(new Mark(), bytes, 0, markLength - 1), reason.truncated);
    equal(readMark(new Mark(), bytes, 0, 60), reason.malformed);
  });

  it('says how old it is across the wrap of its clock', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        (sentMs, agoMs) => {
          const read = sinceMarkMs(markInstant(sentMs), sentMs + agoMs);
          ok(Math.abs(read - agoMs) <= 1 / 16 + 1e-6, `${read} instead of ${agoMs}`);
        },
      ),
    );
  });
});
