/** Statistics against the emulator's own drop log, packet by packet; recovery by NACK and RTX. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LossyLink } from './lossy-link.ts';

const steady = { frames: 600, fps: 30, frameBytes: 4000 };

describe('counted against the drop log', () => {
  for (const lossRatio of [0, 0.02, 0.2]) {
    for (const seed of [1, 2, 3]) {
      it(`${lossRatio * 100} % loss, reordering, duplicates and a wrap; seed ${seed}`, () => {
        const link = new LossyLink({
          ...steady,
          firstSequence: 65_536 - 700,
          forward: {
            seed,
            lossRatio,
            duplicateRatio: 0.03,
            reorderRatio: 0.05,
            reorderMs: 40,
            delayMs: 30,
            jitterMs: 8,
          },
          back: null,
        });
        link.run();
        const { receiver, forward, arrived } = link;
        const first = Math.min(...arrived);
        const last = Math.max(...arrived);
        const dropped = forward.dropped.map(({ index }) => index);
        const between = dropped.filter((index) => index > first && index < last);
        const missing: number[] = [];
        for (let index = first; index <= last; index += 1) if (!arrived.has(index)) missing.push(index);
        assert.deepEqual(missing, between);
        assert.equal(receiver.lostTotal, between.length);
        assert.equal(receiver.receivedTotal, forward.sentTotal - dropped.length);
        assert.equal(receiver.duplicatesTotal, forward.duplicatedTotal);
        assert.equal(receiver.expectedTotal, last - first + 1);
        assert.ok(receiver.reorderedTotal > 0);
        assert.deepEqual([receiver.lateTotal, receiver.strayTotal, receiver.restartsTotal], [0, 0, 0]);
        for (let index = first; index <= last; index += 1) {
          assert.equal(receiver.has(65_536 + 65_536 - 700 + index), arrived.has(index));
        }
      });
    }
  }

  it('without loss every frame is complete and nothing freezes', () => {
    const link = new LossyLink({
      ...steady,
      firstSequence: 5,
      forward: { seed: 1, delayMs: 20, jitterMs: 20 },
      back: null,
    });
    link.run();
    const { frames, freezes } = link;
    assert.deepEqual(
      [frames.completeTotal, frames.decodedTotal, frames.keyFramesTotal, frames.droppedTotal],
      [600, 600, 6, 0],
    );
    assert.equal(freezes.freezesTotal, 0);
    assert.equal(link.receiver.jitterMs > 1 && link.receiver.jitterMs < 15, true);
  });

  it('a bottleneck drops what its queue does not hold', () => {
    const link = new LossyLink({
      ...steady,
      firstSequence: 5,
      forward: { seed: 1, rateBps: 600_000, queueBytes: 20_000 },
      back: null,
    });
    link.run();
    assert.ok(link.forward.dropped.length > 500);
    const last = Math.max(...link.arrived);
    const before = link.forward.dropped.filter(({ index }) => index < last);
    assert.equal(link.receiver.lostTotal, before.length);
  });
});

describe('recovery', () => {
  for (const [lossRatio, seed] of [
    [0.02, 11],
    [0.2, 3],
  ] as const) {
    it(`NACK and RTX bring every packet back at ${lossRatio * 100} % loss both ways`, () => {
      const link = new LossyLink({
        ...steady,
        firstSequence: 65_000,
        forward: { seed, lossRatio, delayMs: 25, jitterMs: 5 },
        back: { seed: seed + 100, lossRatio, delayMs: 25 },
      });
      link.run();
      const { receiver, nacks, frames } = link;
      const lostOriginals = new Set(link.originals);
      const dropped = link.forward.dropped.filter(({ index }) => lostOriginals.has(index));
      // Retransmissions have numbers of their own: the stream's loss is that of its originals, less those at its end.
      assert.ok(receiver.lostTotal <= dropped.length && receiver.lostTotal >= dropped.length - 5);
      assert.equal(receiver.missingTotal, 0);
      assert.equal(receiver.recoveredTotal, receiver.lostTotal);
      assert.equal(nacks.size, 0);
      assert.equal(nacks.givenUpTotal, 0);
      assert.ok(frames.decodedTotal >= 595);
    });
  }

  it('without recovery, frames wait for the next key frame and the picture freezes', () => {
    const link = new LossyLink({
      ...steady,
      firstSequence: 65_000,
      forward: { seed: 3, lossRatio: 0.02 },
      back: null,
    });
    link.run();
    assert.ok(link.frames.decodedTotal < 400);
    assert.ok(link.freezes.freezesTotal >= 2);
    assert.ok(link.freezes.freezeMsTotal > 1000);
  });
});
