/** Datagrams: whole, in order, from whom, when. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import {
  datagramFlags,
  noAddress,
  type OpenSocket,
  type Receive,
  type UdpPort,
} from '../../../bots/udp/port.ts';
import { type CreatePort, collect, nowMs, opened, pair, type Received, say } from './polling.ts';

/** A container may have no IPv6. */
const loopbacks = ['127.0.0.1', '::1'].filter((address) =>
  Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => entry.address === address)),
);

export function datagramsContract(name: string, create: CreatePort): void {
  describe(`${name}: datagrams`, () => {
    let port: UdpPort;
    beforeEach(() => {
      port = create();
    });
    afterEach(() => port.shut());

    for (const address of loopbacks) {
      it(`go both ways between connected sockets on ${address}`, async () => {
        const { a, b } = pair(port, address);
        say(port, a.handle, Buffer.from('ping'));
        assert.equal(port.flush(), 1);
        const [ping] = await collect(port, 1);
        assert.deepEqual([ping?.handle, ping?.bytes.toString(), ping?.from], [b.handle, 'ping', noAddress]);
        say(port, b.handle, Buffer.from('pong'));
        port.flush();
        const [pong] = await collect(port, 1);
        assert.deepEqual([pong?.handle, pong?.bytes.toString()], [a.handle, 'pong']);
      });

      it(`tell senders apart on one unconnected socket on ${address}`, async () => {
        const shared = opened(port, { address });
        const peers = Array.from({ length: 5 }, () => opened(port, { address }));
        const to = port.address({ address, port: shared.port });
        for (const [index, peer] of peers.entries()) say(port, peer.handle, Buffer.from([index]), to);
        port.flush();
        const received = await collect(port, peers.length);
        assert.equal(received.length, peers.length);
        for (const { bytes, from } of received) {
          const peer = peers[bytes[0] as number] as OpenSocket;
          assert.deepEqual(port.endpoint(from), { address, port: peer.port });
          assert.equal(from, port.address({ address, port: peer.port }));
          say(port, shared.handle, bytes, from);
        }
        port.flush();
        const answers = await collect(port, peers.length);
        assert.deepEqual(
          new Map(answers.map(({ handle, bytes }) => [handle, bytes[0]])),
          new Map(peers.map(({ handle }, index) => [handle, index])),
        );
      });
    }

    it('of 0, 1, 1,200 and 2,048 bytes arrive whole; longer ones are cut and say so', async () => {
      const { a } = pair(port);
      const sizes = [0, 1, 1200, 2048, 2049, 9000, 65_507];
      for (const size of sizes) say(port, a.handle, Buffer.alloc(size, size % 251));
      port.flush();
      const received = await collect(port, sizes.length);
      assert.deepEqual(
        received.map(({ bytes, flags }) => [bytes.length, (flags & datagramFlags.truncated) !== 0]),
        sizes.map((size) => [Math.min(size, 2048), size > 2048]),
      );
      for (const [index, { bytes }] of received.entries())
        assert.ok(bytes.every((byte) => byte === (sizes[index] as number) % 251));
      assert.equal(port.counters.truncated, 3);
    });

    it('of 9,000 bytes arrive whole where the inbox is made for them', async () => {
      port.shut();
      port = create({ datagramBytes: 9216 });
      const { a } = pair(port);
      for (let index = 0; index < 70; index++) say(port, a.handle, Buffer.alloc(9000, index));
      port.flush();
      const received = await collect(port, 70);
      assert.ok(received.length > 0);
      for (const { bytes } of received)
        assert.ok(bytes.length === 9000 && bytes.every((byte) => byte === bytes[0]));
      assert.equal(received.length + (port.dropsTotal() ?? 0), 70);
    });

    it('arrive by the thousand, in order, none twice', async () => {
      const { a, b } = pair(port, '127.0.0.1', { receiveBufferBytes: 16 << 20 });
      const bytes = Buffer.alloc(100);
      for (let index = 0; index < 5000; index++) {
        bytes.writeUInt32BE(index);
        say(port, a.handle, bytes);
      }
      port.flush();
      const received = await collect(port, 5000);
      const numbers = received.map(({ bytes: read }) => read.readUInt32BE());
      const drops = port.drops(b.handle) ?? 0;
      assert.equal(numbers.length + drops, 5000);
      assert.deepEqual(
        numbers,
        [...numbers].sort((one, other) => one - other),
      );
      assert.equal(new Set(numbers).size, numbers.length);
      assert.equal(port.counters.sent, 5000);
      assert.equal(port.counters.sentBytes, 500_000);
      assert.equal(port.counters.received, numbers.length);
    });

    it('are written in place by claim and commit', async () => {
      const { a, b } = pair(port);
      for (const text of ['one', 'two']) {
        const at = port.claim(100);
        port.outbox.write(text, at);
        assert.equal(port.commit(a.handle, 3), true);
      }
      port.flush();
      const received = await collect(port, 2);
      assert.deepEqual(
        received.map(({ handle, bytes }) => [handle, bytes.toString()]),
        [
          [b.handle, 'one'],
          [b.handle, 'two'],
        ],
      );
    });

    it('of many sockets are sent and received, each its own', async () => {
      const shared = opened(port, { address: '127.0.0.1' });
      const remote = { address: '127.0.0.1', port: shared.port };
      const peers = Array.from({ length: 600 }, () => opened(port, { address: '127.0.0.1', remote }));
      const bytes = Buffer.alloc(4);
      for (const { handle, port: local } of peers) {
        bytes.writeUInt32BE(local);
        say(port, handle, bytes);
      }
      port.flush();
      const there = await collect(port, 600);
      assert.equal(there.length + (port.drops(shared.handle) ?? 0), 600);
      for (const { bytes: read, from } of there) {
        assert.equal(port.endpoint(from).port, read.readUInt32BE());
        say(port, shared.handle, read, from);
      }
      port.flush();
      const back = await collect(port, there.length);
      const localOf = new Map(peers.map(({ handle, port: local }) => [handle, local]));
      assert.equal(back.length, there.length);
      for (const { handle, bytes: read } of back) assert.equal(localOf.get(handle), read.readUInt32BE());
    });

    it('are read socket by socket, and none is lost to the others', async () => {
      const pairs = Array.from({ length: 3 }, () => pair(port));
      for (const { a } of pairs)
        for (let index = 0; index < 100; index++) say(port, a.handle, Buffer.from([index]));
      port.flush();
      for (let turn = 0; port.kind === 'portable' && turn < 50; turn++) await setImmediate();
      const heard = new Map(pairs.map(({ b }) => [b.handle, [] as number[]]));
      const receive: Receive = (handle, offset) =>
        void heard.get(handle)?.push(port.inbox[offset] ?? Number.NaN);
      const first = pairs[0]?.b.handle ?? -1;
      port.read(first, nowMs(), receive);
      assert.equal(heard.get(first)?.length, 100);
      if (port.kind === 'linux') assert.equal([...heard.values()].flat().length, 100);
      port.poll(nowMs(), receive);
      for (const numbers of heard.values()) assert.deepEqual(numbers, [...Array(100).keys()]);
      port.close(first);
      assert.equal(port.read(first, nowMs(), receive), 0);
    });

    it('wake whoever asks for it, each one that finds it asleep', async () => {
      let waking = Promise.withResolvers<string>();
      port.wakeBy(() => waking.resolve('woken'));
      const [a, b] = [opened(port, { address: '127.0.0.1' }), opened(port, { address: '127.0.0.1' })];
      const to = port.address({ address: '127.0.0.1', port: b.port });
      for (let index = 0; index < 5; index += 1) {
        waking = Promise.withResolvers();
        say(port, a.handle, Buffer.from([index]), to);
        port.flush();
        assert.equal(await Promise.race([waking.promise, sleep(5000, 'asleep', { ref: false })]), 'woken');
        assert.equal((await collect(port, 1)).length, 1);
      }
    });

    it('carry times on the monotonic clock, in order, of when they were sent', async () => {
      const { a, b } = pair(port);
      const bounds: [number, number][] = [];
      const received: Received[] = [];
      for (let index = 0; index < 50; index++) {
        const before = nowMs();
        say(port, a.handle, Buffer.from([index]));
        port.flush();
        bounds.push([before, nowMs()]);
        // The portable one reads when the event loop turns; the other may be polled as late as one likes.
        if (port.kind === 'portable' || index % 10 === 9) received.push(...(await collect(port, 1)));
      }
      received.push(...(await collect(port, 50 - received.length)));
      assert.equal(received.length, 50);
      const late = received.map(({ arrivalMs }, index) => arrivalMs - (bounds[index]?.[1] ?? 0));
      const early = received.map(({ arrivalMs }, index) => arrivalMs - (bounds[index]?.[0] ?? 0));
      assert.ok(
        early.every((ms) => ms > -0.2),
        `earliest ${Math.min(...early)} ms`,
      );
      // A preempted process may lie between the two clock readings: nearly all, not all.
      const boundMs = port.kind === 'linux' ? 1 : 100;
      assert.ok(late.filter((ms) => ms < boundMs).length >= 45, `latest ${Math.max(...late)} ms`);
      for (const [index, { arrivalMs }] of received.entries())
        assert.ok(arrivalMs >= (received[index - 1]?.arrivalMs ?? 0) - 0.2);
      const readTime = received.every(({ flags }) => (flags & datagramFlags.readTime) !== 0);
      assert.equal(readTime, port.kind === 'portable');
      assert.equal(received[0]?.handle, b.handle);
    });
  });
}
