/** What is full, too many or too long. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type UdpPort } from '../../../bots/udp/port.ts';
import { type CreatePort, collect, nowMs, opened, pair, say } from './polling.ts';

export function limitsContract(name: string, create: CreatePort): void {
  describe(`${name}: limits`, () => {
    let port: UdpPort;
    beforeEach(() => {
      port = create();
    });
    afterEach(() => port.shut());

    it('count to the packet what a full receive buffer drops', async () => {
      const { a, b } = pair(port, '127.0.0.1', { receiveBufferBytes: 8192 });
      const bytes = Buffer.alloc(1000);
      // In one turn of the event loop: nothing is read meanwhile.
      for (let index = 0; index < 2000; index++) say(port, a.handle, bytes);
      port.flush();
      const sent = port.counters.sent;
      const received = await collect(port, 2000);
      assert.ok(received.length < sent);
      assert.equal(port.drops(b.handle), sent - received.length);
      assert.equal(port.dropsTotal(), sent - received.length);
    });

    it('say which buffers were granted, and what to set for more', () => {
      const small = opened(port, {
        address: '127.0.0.1',
        receiveBufferBytes: 65_536,
        sendBufferBytes: 65_536,
      });
      assert.ok(small.receiveBufferBytes >= 65_536 && small.sendBufferBytes >= 65_536);
      assert.equal(small.hint, null);
      const huge = opened(port, { address: '127.0.0.1', receiveBufferBytes: 2 ** 31 - 2 });
      if (huge.receiveBufferBytes < 2 ** 31 - 2) assert.match(huge.hint ?? '', /net\.core\.rmem_max/);
    });

    it('end a poll after pollLimit; the next one goes on', async () => {
      port.shut();
      port = create({ pollLimit: 64 });
      const { a } = pair(port, '127.0.0.1', { receiveBufferBytes: 4 << 20 });
      for (let index = 0; index < 500; index++) say(port, a.handle, Buffer.from('x'));
      port.flush();
      for (let turn = 0; port.kind === 'portable' && turn < 100; turn++) await setImmediate();
      const handed: number[] = [];
      for (let poll = 0; poll < 20; poll++) handed.push(port.poll(nowMs(), () => undefined));
      assert.ok(Math.max(...handed) < 128, handed.join(' '));
      assert.equal(handed.reduce((sum, count) => sum + count) + (port.dropsTotal() ?? 0), 500);
    });

    it('refuse the socket after the last, and give its handle again after a close', () => {
      port.shut();
      port = create({ sockets: 3 });
      const three = [0, 1, 2].map(() => opened(port, { address: '127.0.0.1' }));
      assert.deepEqual(port.open({ address: '127.0.0.1' }), {
        state: 'refused',
        code: 'SOCKETS',
        reason: '3 sockets are open',
      });
      port.close(three[1]?.handle ?? -1);
      assert.equal(opened(port, { address: '127.0.0.1' }).handle, three[1]?.handle);
    });

    it('refuse a port in use, an address that is not here, and what is no address', () => {
      const first = opened(port, { address: '127.0.0.1' });
      const second = port.open({ address: '127.0.0.1', port: first.port });
      assert.equal(second.state === 'refused' && second.code, 'EADDRINUSE');
      const foreign = port.open({ address: '192.0.2.1' });
      assert.equal(foreign.state === 'refused' && foreign.code, 'EADDRNOTAVAIL');
      assert.throws(() => port.open({ address: 'localhost' }), /"localhost" is not an IPv4 or IPv6 address/);
      assert.throws(() => port.address({ address: '1.2.3', port: 1 }), /is not an IPv4 or IPv6 address/);
      assert.throws(() => port.endpoint(1000), /no address/);
    });

    it('keep a bounded book of addresses', () => {
      port.shut();
      port = create({ addresses: 100 });
      for (let number = 0; number < 100; number++)
        assert.equal(port.address({ address: '127.0.0.1', port: 1000 + number }), number);
      assert.throws(() => port.address({ address: '127.0.0.1', port: 2 }), /more than 100 remote addresses/);
      assert.equal(port.address({ address: '127.0.0.1', port: 1099 }), 99);
    });

    it('a datagram too long is never queued, nor one for a closed socket', () => {
      const { handle } = opened(port, { address: '127.0.0.1' });
      assert.equal(port.send(handle, Buffer.alloc(65_508), 0, 65_508), false);
      assert.throws(() => port.claim(65_508), RangeError);
      port.close(handle);
      assert.equal(port.send(handle, Buffer.alloc(1), 0, 1), false);
      assert.equal(port.commit(handle, 0), false);
      assert.equal(port.send(12_345, Buffer.alloc(1), 0, 1), false);
    });

    it('more is sent between two flushes than the queue holds', async () => {
      port.shut();
      port = create({ sendQueue: 4 });
      const { a } = pair(port);
      for (let index = 0; index < 50; index++) say(port, a.handle, Buffer.alloc(1000, index));
      port.flush();
      const received = await collect(port, 50);
      assert.deepEqual(
        received.map(({ bytes }) => bytes[999]),
        Array.from({ length: 50 }, (_, index) => index),
      );
    });
  });
}
