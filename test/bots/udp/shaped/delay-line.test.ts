import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { DelayLine } from '../../../../bots/udp/shaped/delay-line.ts';

interface Item {
  readonly atMs: number;
  readonly bytes: Buffer;
  readonly mark: number;
}

function head(line: DelayLine): Item {
  const { headAtMs: atMs, headOffset: from, headLength, headMark: mark } = line;
  return { atMs, bytes: Buffer.from(line.bytes.subarray(from, from + headLength)), mark };
}

const item = fc.record(
  {
    atMs: fc.integer(),
    bytes: fc.uint8Array({ maxLength: 2048 }).map((bytes) => Buffer.from(bytes)),
    mark: fc.integer({ min: 0, max: 1000 }),
  },
  { noNullPrototype: true },
);

it('a delay line gives back what it was given, in its order, however it grows', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(item, fc.constant('shift' as const)), { maxLength: 120 }), (steps) => {
      const line = new DelayLine();
      const model: Item[] = [];
      for (const step of steps) {
        if (step !== 'shift') {
          assert.equal(
            line.push(step.atMs, step.bytes, 0, step.bytes.length, step.mark, step.mark + 1),
            true,
          );
          model.push(step);
        } else if (model.length > 0) {
          assert.equal(line.headPeer, (model[0]?.mark ?? 0) + 1);
          line.shift();
          model.shift();
        }
        assert.equal(line.isEmpty, model.length === 0);
        if (model[0] === undefined) assert.equal(line.headAtMs, Number.POSITIVE_INFINITY);
        else assert.deepEqual(head(line), model[0]);
      }
    }),
  );
});

it('a delay line is bounded, in datagrams and in their length', () => {
  const line = new DelayLine();
  const byte = Buffer.of(7);
  assert.equal(line.push(0, Buffer.alloc(2049), 0, 2049, 0, 0), false);
  let taken = 0;
  while (line.push(taken, byte, 0, 1, 0, 0)) taken += 1;
  assert.equal(taken, 8192);
  line.shift();
  assert.equal(line.push(taken, byte, 0, 1, 0, 0), true);
  for (let atMs = 1; atMs <= taken; atMs += 1) {
    assert.equal(line.headAtMs, atMs);
    line.shift();
  }
  assert.equal(line.isEmpty, true);
});
