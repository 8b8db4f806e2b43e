import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Mark, markKind } from '../../../../bots/engine/payload/mark.ts';
import { Identity } from '../../../../bots/engine/receive/identity.ts';

function markOf(packet: number, changes: Partial<Mark> = {}): Mark {
  const frameBits = packet >> 2;
  return Object.assign(new Mark(), {
    kind: markKind.video,
    sourceBits: 77,
    packetBits: packet | 0,
    frameBits,
    ...changes,
  });
}

/** The sequence number of a stream's packet 0. */
const begin = 70_000;

function see(identity: Identity, ...packets: readonly number[]): void {
  for (const packet of packets) identity.packet(markOf(packet), begin + packet);
}

function counts(identity: Identity, layer = 0): object {
  const { receivedTotal, recoveredTotal, gapsTotal, repeatedTotal, skippedTotal, runs } =
    identity.ledgers[layer] ?? assert.fail(`layer ${layer} never came`);
  return { receivedTotal, recoveredTotal, gapsTotal, repeatedTotal, skippedTotal, runs };
}

const none = { recoveredTotal: 0, gapsTotal: 0, repeatedTotal: 0, skippedTotal: 0, runs: 1 };

describe('identities', () => {
  it('are complete: what came and what is missing is all from the first to the last, in any order', () => {
    const packets = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1 });
    fc.assert(
      fc.property(packets, fc.integer({ min: 0, max: 2 ** 32 - 400 }), (all, from) => {
        const identity = new Identity(markKind.video);
        // Frames forward only with numbers: a late packet's frame is not compared.
        for (const packet of all)
          identity.packet(markOf(from + packet, { frameBits: packet }), begin + packet);
        const span = Math.max(...all) - Math.min(...all) + 1;
        assert.deepEqual(counts(identity), {
          ...none,
          receivedTotal: all.length,
          gapsTotal: span - all.length,
        });
        assert.equal(identity.wrongTotal, 0);
      }),
    );
  });

  it('that RTX brought are recovered, and still a gap of the stream', () => {
    const identity = new Identity(markKind.video);
    see(identity, 0, 1, 4, 5);
    identity.restored(markOf(2), begin + 2);
    identity.restored(markOf(2), begin + 2);
    identity.restored(markOf(5), begin + 5);
    assert.deepEqual(counts(identity), { ...none, receivedTotal: 4, recoveredTotal: 1, gapsTotal: 2 });
    see(identity, 2);
    assert.deepEqual(counts(identity), { ...none, receivedTotal: 5, gapsTotal: 1 });
    identity.restored(markOf(7), begin + 7);
    see(identity, 8);
    assert.deepEqual(counts(identity), { ...none, receivedTotal: 6, recoveredTotal: 1, gapsTotal: 3 });
    assert.equal(identity.wrongTotal, 0);
  });

  it('that come twice under two numbers, of somebody else, backwards or without a mark are wrong', () => {
    const identity = new Identity(markKind.video);
    see(identity, 0, 1, 2);
    identity.packet(markOf(2), begin + 3);
    assert.deepEqual([identity.wrongTotal, identity.foreignTotal], [1, 0]);
    identity.packet(markOf(3, { sourceBits: 78 }), begin + 4);
    identity.packet(markOf(3, { kind: markKind.audio }), begin + 4);
    identity.packet(markOf(3, { layer: 9 }), begin + 4);
    identity.unmarked();
    assert.equal(identity.foreignTotal, 4);
    identity.packet(markOf(9, { frameBits: 5 }), begin + 9);
    identity.packet(markOf(10, { frameBits: 3 }), begin + 10);
    identity.packet(markOf(7), begin + 11);
    identity.packet(markOf(-3000), begin + 12);
    assert.equal(identity.foreignTotal, 7);
    assert.equal(identity.ledgers[0]?.repeatedTotal, 1);
  });

  it('that the SFU passed over are no loss: only sequence numbers say what was lost', () => {
    const identity = new Identity(markKind.video);
    see(identity, 0, 1);
    // Paused: a hundred packets were not forwarded; then one more was lost.
    identity.packet(markOf(102), begin + 2);
    identity.packet(markOf(104), begin + 4);
    assert.deepEqual(counts(identity), { ...none, receivedTotal: 4, gapsTotal: 1, skippedTotal: 100 });
    assert.equal(identity.wrongTotal, 0);
  });

  it('of each layer count by themselves, and a switch back begins a new run', () => {
    const identity = new Identity(markKind.video);
    see(identity, 0, 1, 2);
    for (let index = 0; index < 40; index += 1)
      identity.packet(markOf(500 + index, { layer: 1 }), begin + 3 + index);
    identity.packet(markOf(10), begin + 43);
    // Of the layer before the switch, late.
    identity.packet(markOf(11), begin + 44);
    assert.deepEqual(counts(identity), { ...none, receivedTotal: 5, skippedTotal: 7, runs: 2 });
    assert.deepEqual(counts(identity, 1), { ...none, receivedTotal: 40 });
    assert.equal(identity.wrongTotal, 0);
  });
});
