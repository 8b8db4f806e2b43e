/** Parameter sets say what they were given: read back bit by bit, as ITU-T H.264 §7.3.2.1.1 has them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  pictureParameterSet,
  sequenceParameterSet,
} from '../../../../bots/engine/payload/h264-parameter-sets.ts';

/** Reads an RBSP; emulation prevention is taken out before. */
class Bits {
  readonly #text: string;
  #at = 0;

  constructor(unit: Uint8Array) {
    const bytes = [...unit.subarray(1)].filter(
      (byte, at, all) => !(byte === 3 && all[at - 1] === 0 && all[at - 2] === 0),
    );
    this.#text = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  }

  take(length: number): number {
    this.#at += length;
    return Number.parseInt(this.#text.slice(this.#at - length, this.#at), 2);
  }

  golomb(): number {
    const zeros = this.#text.indexOf('1', this.#at) - this.#at;
    this.#at += zeros;
    return this.take(zeros + 1) - 1;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }
}

describe('H264 parameter sets', () => {
  it('say profile, level and size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 2048 }).map((half) => 2 * half),
        fc.integer({ min: 8, max: 2048 }).map((half) => 2 * half),
        fc.constantFrom('42e01f', '4d0032', '42001f'),
        (width, height, profile) => {
          const set = sequenceParameterSet(profile, width, height);
          assert.equal(set[0], 0x67);
          const bits = new Bits(set);
          assert.equal(bits.take(24).toString(16), profile);
          assert.deepEqual(
            [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb(), bits.take(1)],
            [0, 0, 2, 1, 0],
          );
          const [columns, rows] = [bits.golomb() + 1, bits.golomb() + 1];
          assert.equal(bits.take(2), 3);
          const isCropped = bits.take(1) === 1;
          const [left, right, top, bottom] = isCropped
            ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()]
            : [0, 0, 0, 0];
          assert.deepEqual([left, top], [0, 0]);
          assert.deepEqual([columns * 16 - 2 * right, rows * 16 - 2 * bottom], [width, height]);
          assert.match(bits.rest, /^010*$/);
        },
      ),
    );
  });

  it('have these bytes', () => {
    assert.equal(Buffer.from(sequenceParameterSet('42e01f', 640, 480)).toString('hex'), '6742e01fda0280f640');
    assert.equal(Buffer.from(pictureParameterSet()).toString('hex'), '68ce3880');
  });
});
