/** What is asked for again and when; frames and freezes at their edges. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Frames } from '../../../../bots/engine/receive/frames.ts';
import { Freezes } from '../../../../bots/engine/receive/freezes.ts';
import { NackList } from '../../../../bots/engine/receive/nack-list.ts';

const sequences = new Uint16Array(1000);

function asked(list: NackList, nowMs: number, rttMs = 50): number[] {
  return [...sequences.subarray(0, list.poll(nowMs, rttMs, sequences))];
}

describe('the NACK list', () => {
  it('asks at once, and again after a round trip', () => {
    const list = new NackList();
    list.packet(131_070, 0);
    list.packet(131_074, 0);
    assert.deepEqual(asked(list, 0), [65_535, 0, 1]);
    assert.deepEqual(asked(list, 49), []);
    list.packet(131_072, 49);
    assert.deepEqual(asked(list, 50), [65_535, 1]);
    // How long ago it was missed does not matter.
    assert.deepEqual(asked(list, 1040, 1000), []);
    assert.deepEqual(asked(list, 1050, 1000), [65_535, 1]);
    assert.deepEqual([list.size, list.givenUpTotal, list.requestedTotal], [2, 0, 7]);
  });

  it('asks ten times at most, and gives up in silence', () => {
    const list = new NackList();
    list.packet(1, 5);
    list.packet(3, 7);
    let times = 0;
    for (let nowMs = 7; nowMs < 1000; nowMs += 20) times += asked(list, nowMs, 20).length;
    assert.equal(times, 10);
    assert.deepEqual([list.size, list.givenUpTotal, list.keyFrameNeeded], [0, 1, false]);
    assert.equal(list.givenUpFromMs, 7);
  });

  it('gives all up when more than a thousand are missing', () => {
    const list = new NackList();
    list.packet(1, 0);
    list.packet(1002, 0);
    assert.equal(list.size, 1000);
    list.packet(1004, 0);
    assert.deepEqual([list.size, list.givenUpTotal, list.keyFrameNeeded], [0, 1001, true]);
  });

  it('gives up what is ten thousand packets old', () => {
    const list = new NackList();
    list.packet(1, 0);
    list.packet(3, 1);
    for (let extended = 4; extended < 10_001; extended += 1) list.packet(extended, 2);
    list.packet(10_002, 2);
    assert.deepEqual([list.size, list.givenUpTotal], [2, 0]);
    list.packet(10_004, 3);
    assert.deepEqual([list.size, list.givenUpTotal, list.keyFrameNeeded], [2, 1, false]);
    assert.equal(list.givenUpFromMs, 1);
  });

  it('does not ask for what lies between its first packet and an earlier one', () => {
    const list = new NackList();
    for (const extended of [10, 12, 7]) list.packet(extended, 0);
    assert.deepEqual(asked(list, 0), [11]);
    list.packet(11, 1);
    assert.equal(list.size, 0);
  });

  it('asks once for what a key frame makes needless', () => {
    const list = new NackList();
    list.packet(1, 0);
    list.packet(5, 0);
    list.packet(7, 0);
    list.forgetBefore(5);
    assert.deepEqual(asked(list, 0, Number.NaN), [2, 3, 4, 6]);
    list.forgetBefore(5);
    assert.deepEqual(asked(list, 99, Number.NaN), []);
    assert.deepEqual(asked(list, 100, Number.NaN), [6]);
  });
});

/** Sequence, timestamp, marker, starts, key. */
const give = (
  frames: Frames,
  packets: readonly (readonly [number, number, boolean, number, number])[],
): void => {
  packets.forEach(([extended, timestamp, marker, starts, key], index) => {
    frames.packet(extended, { timestampBits: timestamp, marker, arrivalMs: index }, starts, key);
  });
};

describe('frames', () => {
  it('come out in order, though their packets do not', () => {
    const frames = new Frames();
    give(frames, [
      [10, 100, false, 1, 1],
      [13, 200, true, 0, 0],
      [12, 200, false, 1, 0],
      [15, 400, true, 1, 0],
      [14, 300, true, 1, 0],
    ]);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal], [3, 0]);
    frames.packet(11, { timestampBits: 100, marker: true, arrivalMs: 9 }, 0, 0);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal, frames.lastDecodedMs], [4, 4, 9]);
  });

  it('wait for a key frame after a hole, and drop what is before it', () => {
    const frames = new Frames();
    give(frames, [
      [10, 100, true, 1, 1],
      [12, 300, true, 1, 0],
      [13, 400, true, 1, 0],
      [14, 500, true, 1, 1],
      [15, 600, true, 1, 0],
    ]);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal, frames.droppedTotal], [5, 3, 2]);
    assert.equal(frames.keyFrameFrom, 14);
  });

  it('are found by their neighbours where payloads cannot be read', () => {
    const frames = new Frames();
    give(frames, [
      [10, 100, true, -1, -1],
      [11, 200, false, -1, -1],
      [12, 200, true, -1, -1],
      [14, 300, true, -1, -1],
    ]);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal], [2, 2]);
    frames.packet(13, { timestampBits: 300, marker: false, arrivalMs: 5 }, -1, -1);
    assert.deepEqual([frames.completeTotal, frames.decodedTotal], [3, 3]);
  });

  it('padding behind a frame breaks no chain', () => {
    const frames = new Frames();
    give(frames, [
      [10, 100, true, 1, 1],
      [11, 100, false, 0, 0],
      [12, 100, false, 0, 0],
      [13, 200, true, 1, 0],
    ]);
    assert.equal(frames.decodedTotal, 2);
  });
});

describe('freezes', () => {
  it('are intervals of three means, or of the mean and 150 ms, they being among those that it is of', () => {
    const freezes = new Freezes();
    let nowMs = 0;
    const after = (ms: number): void => freezes.frame((nowMs += ms));
    for (let index = 0; index <= 30; index += 1) after(33);
    after(188);
    assert.equal(freezes.freezesTotal, 0);
    for (let index = 0; index < 30; index += 1) after(33);
    after(189);
    assert.deepEqual([freezes.freezesTotal, freezes.freezeMsTotal], [1, 189]);
    for (let index = 0; index < 30; index += 1) after(200);
    const before = freezes.freezesTotal;
    after(644);
    assert.equal(freezes.freezesTotal, before);
    freezes.pause();
    after(5000);
    assert.equal(freezes.freezesTotal, before);
    for (let index = 0; index < 30; index += 1) after(200);
    after(645);
    assert.equal(freezes.freezesTotal, before + 1);
  });
});
