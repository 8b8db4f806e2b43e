import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BotSpec } from '../bots/bot.ts';
import type { BotEvent } from '../bots/messages.ts';
import { PeerBook } from '../harness/peers.ts';
import type { Group } from '../harness/scenario.ts';

const group = { name: 'crowd', joinTimeoutMs: 10_000 } as Group;

function spec(peer: number): BotSpec {
  return { id: `crowd-${peer}`, group: 'crowd', kind: 'chrome', room: 'r' } as BotSpec;
}

type Tail = BotEvent extends infer Event
  ? Event extends BotEvent
    ? Omit<Event, 'bot' | 'group' | 'kind' | 'atMs'>
    : never
  : never;

function event(peer: number, tail: Tail): BotEvent {
  return { bot: `crowd-${peer}`, group: 'crowd', kind: 'chrome', atMs: 1, ...tail };
}

const joined = (peer: number): BotEvent =>
  event(peer, { event: 'joined', iteration: 0, dueMs: 0, joinMs: 50 });

describe('the book of peers', () => {
  it('settles when the last pending join has succeeded or failed', async () => {
    const book = new PeerBook([group]);
    for (const peer of [0, 1, 2]) book.ask(spec(peer), peer * 100);
    const settled = new AbortController();
    const wait = book.settled('crowd').finally(() => settled.abort());
    assert.equal(book.deadlineMs('crowd'), 10_200);
    book.receive(joined(0));
    book.receive(event(1, { event: 'join-failed', iteration: 0, dueMs: 0, reason: 'timeout', message: '' }));
    await Promise.resolve();
    assert.equal(settled.signal.aborted, false);
    book.lose(['crowd-2']);
    await wait;
    assert.deepEqual([book.connected(), book.failed, book.crashed()], [1, 1, 1]);
    assert.deepEqual(book.joinsOfStep('crowd'), {
      joinMs: [50],
      firstMediaMs: [],
      firstFrameMs: [],
      failed: 1,
      failedHere: 0,
      dropped: 0,
    });
  });

  it('does not count a peer that was taken out as missing, nor bring it back by a late word', () => {
    const book = new PeerBook([group]);
    book.ask(spec(0), 0);
    book.takeOut('crowd-0');
    book.receive(joined(0));
    book.receive(event(0, { event: 'dropped', reason: 'signaling-closed', message: '' }));
    assert.deepEqual([book.asked().length, book.connected()], [0, 0]);
  });

  it('keeps a dropped peer as asked for: it is missing, not gone', () => {
    const book = new PeerBook([group]);
    book.ask(spec(0), 0);
    book.receive(joined(0));
    book.receive(event(0, { event: 'dropped', reason: 'transport-failed', message: '' }));
    assert.deepEqual([book.asked().length, book.connected(), book.connectedMost], [1, 0, 1]);
  });

  it('knows who is lost for good, and who comes back in its next session', () => {
    const book = new PeerBook([group]);
    for (const peer of [0, 1, 2]) book.ask(spec(peer), 0);
    book.ask({ ...spec(3), repeat: true }, 0);
    for (const peer of [0, 1, 3]) book.receive(joined(peer));
    assert.equal(book.lost('crowd'), 0);
    for (const peer of [1, 3]) {
      book.receive(event(peer, { event: 'dropped', reason: 'transport-failed', message: '' }));
    }
    book.receive(event(2, { event: 'join-failed', iteration: 0, dueMs: 0, reason: 'timeout', message: '' }));
    assert.deepEqual([book.lost('crowd'), book.lost('others')], [2, 0]);
    book.takeOut('crowd-1');
    assert.equal(book.lost('crowd'), 1);
  });

  it('takes a peer in again, and no late word of its last turn', () => {
    const book = new PeerBook([group]);
    assert.equal(book.ask(spec(0), 0), 0);
    book.receive(joined(0), 0);
    book.takeOut('crowd-0');
    assert.equal(book.ask(spec(0), 100), 1);
    assert.deepEqual([book.isCurrent('crowd-0', 0), book.isCurrent('crowd-0', 1)], [false, true]);
    for (const late of [joined(0), event(0, { event: 'left', reason: 'taken-out' })]) book.receive(late, 0);
    assert.deepEqual([book.pending(), book.connected()], [['crowd-0'], 0]);
    book.receive(joined(0), 1);
    assert.deepEqual([book.pending(), book.connected(), book.joined], [[], 1, 3]);
  });

  it('knows whose page is gone, and that it may come back; who threw, or was taken out, does not', () => {
    const book = new PeerBook([group]);
    for (const peer of [0, 1, 2, 3]) book.ask(spec(peer), 0);
    for (const peer of [0, 1, 2]) book.receive(joined(peer));
    book.receive(event(0, { event: 'crashed', what: 'page', message: '' }));
    book.receive(event(1, { event: 'crashed', what: 'page', message: '' }));
    book.receive(event(3, { event: 'join-failed', iteration: 0, dueMs: 0, reason: 'threw', message: '' }));
    book.takeOut('crowd-1');
    assert.deepEqual(
      book.down('crowd').map(({ id }) => id),
      ['crowd-0'],
    );
    assert.deepEqual(
      book.able().map(({ id }) => id),
      ['crowd-2'],
    );
    assert.deepEqual([book.asked().length, book.crashed(), book.lost('crowd')], [3, 2, 2]);
    assert.deepEqual([book.isDown('crowd-1'), book.isDown('crowd-3')], [true, false]);
    book.ask(spec(0), 100);
    assert.deepEqual([book.isDown('crowd-0'), book.down('crowd'), book.crashed()], [false, [], 1]);
  });

  it('does not miss a peer between two sessions, and has it back with the next one', () => {
    const book = new PeerBook([group]);
    book.ask({ ...spec(0), repeat: true }, 0);
    book.receive(joined(0));
    const before = book.moves;
    book.receive(event(0, { event: 'left', reason: 'returned' }));
    assert.deepEqual([book.asked().length, book.connected()], [0, 0]);
    book.receive(event(0, { event: 'joined', iteration: 1, dueMs: 0, joinMs: 50 }));
    assert.deepEqual([book.asked().length, book.connected(), book.moves - before], [1, 1, 2]);
  });

  it('never has more connected than asked for, whatever the order of words', () => {
    const words = fc.array(
      fc.tuple(
        fc.nat({ max: 4 }),
        fc.constantFrom('ask', 'joined', 'failed', 'dropped', 'crashed', 'left', 'out'),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(words, (list) => {
        const book = new PeerBook([group]);
        for (const [peer, word] of list) {
          if (word === 'ask') book.ask(spec(peer), 0);
          else if (word === 'joined') book.receive(joined(peer));
          else if (word === 'failed') {
            book.receive(
              event(peer, { event: 'join-failed', iteration: 0, dueMs: 0, reason: 'refused', message: '' }),
            );
          } else if (word === 'dropped') {
            book.receive(event(peer, { event: 'dropped', reason: 'signaling-closed', message: '' }));
          } else if (word === 'crashed')
            book.receive(event(peer, { event: 'crashed', what: 'page', message: '' }));
          else if (word === 'left') book.receive(event(peer, { event: 'left', reason: 'returned' }));
          else book.takeOut(`crowd-${peer}`);
          assert.ok(book.connected() + book.crashed() <= book.asked().length);
          assert.ok(book.connectedMost <= book.askedMost);
        }
      }),
    );
  });
});
