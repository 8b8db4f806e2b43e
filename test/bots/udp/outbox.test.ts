/** Sending where the kernel does not take everything: loopback always does, so the C library is played here. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { error, type Libc } from '../../../bots/udp/linux/libc.ts';
import { Outbox } from '../../../bots/udp/linux/outbox.ts';
import { newCounters, noAddress } from '../../../bots/udp/port.ts';

/** Answers of sendmmsg in turn: how many it takes, or an error below 0. After the last it takes everything. */
function played(answers: readonly number[]): { libc: Libc; asked: { fd: number; count: number }[] } {
  const left = [...answers];
  const asked: { fd: number; count: number }[] = [];
  let errno = 0;
  const libc = {
    sendmmsg(fd: number, _headers: number, count: number): number {
      asked.push({ fd, count });
      const answer = left.shift() ?? count;
      if (answer >= 0) return answer;
      errno = -answer;
      return -1;
    },
    errno: () => errno,
  } as unknown as Libc;
  return { libc, asked };
}

function queue(box: Outbox, handle: number, count: number): void {
  for (let index = 0; index < count; index++) {
    box.claim(100);
    box.commit(handle, 100, noAddress);
  }
}

describe('the outbox of batches', { skip: process.platform !== 'linux' }, () => {
  const fds = new Int32Array(8).fill(-1);
  let counters = newCounters();
  let asked: { fd: number; count: number }[] = [];
  beforeEach(() => {
    counters = newCounters();
    fds.fill(-1);
    fds[1] = 71;
    fds[2] = 72;
  });

  function outbox(answers: readonly number[], limit = 512): Outbox {
    const { libc, asked: calls } = played(answers);
    asked = calls;
    return new Outbox(libc, { at: () => 0, length: () => 16 } as never, counters, fds, limit, 2048);
  }

  it('goes on after a part was taken', () => {
    const box = outbox([3, 2]);
    queue(box, 1, 10);
    assert.equal(box.flush(), 10);
    assert.deepEqual(
      asked.map(({ count }) => count),
      [10, 7, 5],
    );
    assert.equal(counters.sent, 10);
  });

  it('loses and counts what a full buffer does not take, and goes on with the next socket', () => {
    for (const full of [error.again, error.noBuffers]) {
      counters = newCounters();
      const box = outbox([4, -full]);
      queue(box, 1, 10);
      queue(box, 2, 2);
      assert.equal(box.flush(), 6);
      assert.deepEqual(asked, [
        { fd: 71, count: 10 },
        { fd: 71, count: 6 },
        { fd: 72, count: 2 },
      ]);
      assert.deepEqual([counters.sent, counters.blocked, counters.unsent], [6, 6, 0]);
      assert.equal(box.flush(), 0);
    }
  });

  it('tries again once after an error that belongs to an earlier datagram', () => {
    const box = outbox([-error.refused]);
    queue(box, 1, 3);
    assert.equal(box.flush(), 3);
    assert.deepEqual([counters.sent, counters.unsent], [3, 0]);
  });

  it('gives up one datagram per error, so it ends', () => {
    const box = outbox(Array.from({ length: 100 }, () => -error.refused));
    queue(box, 1, 5);
    assert.equal(box.flush(), 0);
    assert.deepEqual([counters.sent, counters.refused, counters.unsent, asked.length], [0, 5, 0, 6]);
    assert.equal(counters.lastError, 'ECONNREFUSED');
  });

  it('skips a datagram that is refused for itself', () => {
    const box = outbox([2, -error.tooLong]);
    queue(box, 1, 5);
    assert.equal(box.flush(), 4);
    assert.deepEqual([counters.sent, counters.unsent, counters.lastError], [4, 1, 'EMSGSIZE']);
  });

  it('sends a socket’s datagrams together, however they were mixed', () => {
    const box = outbox([]);
    for (let turn = 0; turn < 5; turn++) {
      queue(box, 1, 1);
      queue(box, 2, 1);
    }
    assert.equal(box.flush(), 10);
    assert.deepEqual(asked, [
      { fd: 71, count: 5 },
      { fd: 72, count: 5 },
    ]);
  });

  it('flushes itself when it is full', () => {
    const box = outbox([], 4);
    queue(box, 1, 9);
    assert.deepEqual(
      asked.map(({ count }) => count),
      [4, 4],
    );
    assert.equal(box.flush(), 1);
  });
});
