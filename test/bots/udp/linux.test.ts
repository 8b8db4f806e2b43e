import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mostSleepers } from '../../../bots/udp/linux/sleepers.ts';
import { LinuxUdp } from '../../../bots/udp/linux.ts';
import { collect, nowMs, opened, pair, say } from '../../contracts/udp/polling.ts';
import { udpContract } from '../../contracts/udp.ts';

const skip = process.platform !== 'linux';

if (!skip) udpContract('linux', (options) => LinuxUdp.create(options));

describe('batches on Linux', { skip }, () => {
  let port: LinuxUdp;
  beforeEach(() => {
    port = LinuxUdp.create();
  });
  afterEach(() => port.shut());

  it('take one call for many datagrams of a socket', async () => {
    const { a } = pair(port, '127.0.0.1', { receiveBufferBytes: 4 << 20 });
    for (let index = 0; index < 128; index++) say(port, a.handle, Buffer.from('x'));
    const before = port.counters.calls;
    port.flush();
    assert.equal(port.counters.calls - before, 2);
    await collect(port, 128);
    assert.ok(port.counters.calls - before <= 5);
  });

  it('give back the place of a socket that was closed while it had more to read', async () => {
    const narrow = LinuxUdp.create({ sockets: 3, pollLimit: 1 });
    const to = { address: '127.0.0.1', receiveBufferBytes: 4 << 20 };
    const sender = opened(narrow, { address: '127.0.0.1' });
    for (let round = 0; round < 8; round++) {
      const receiver = opened(narrow, to);
      const address = narrow.address({ address: '127.0.0.1', port: receiver.port });
      for (let index = 0; index < 200; index++) narrow.send(sender.handle, Buffer.from('x'), 0, 1, address);
      narrow.flush();
      let read = 0;
      for (const endMs = nowMs() + 2000; read === 0 && nowMs() < endMs; await sleep(1))
        read = narrow.read(receiver.handle, nowMs(), () => undefined);
      assert.ok(read >= 64 && read < 200, `${read} read in round ${round}`);
      narrow.close(receiver.handle);
    }
    narrow.shut();
  });

  it('arrival times are those of arrival, however late the poll', async () => {
    const { a } = pair(port);
    const sentMs: number[] = [];
    for (let index = 0; index < 5; index++) {
      say(port, a.handle, Buffer.from('x'));
      port.flush();
      sentMs.push(nowMs());
      await sleep(20);
    }
    const received = await collect(port, 5);
    const off = received.map(({ arrivalMs }, index) => Math.abs(arrivalMs - (sentMs[index] ?? 0)));
    assert.ok(off.filter((ms) => ms < 1).length >= 4, off.join(' '));
  });

  it('stamps stay after the first batch, and after truncated ones', async () => {
    const { a } = pair(port);
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 20; index++) say(port, a.handle, Buffer.alloc(index === 3 ? 3000 : 10));
      port.flush();
      const received = await collect(port, 20);
      assert.ok(received.every(({ flags }) => (flags & 2) === 0));
      assert.equal(received.filter(({ flags }) => (flags & 1) === 1).length, 1);
    }
  });

  it('refuses the socket that no thread is left to be woken for, and takes it again after a close', () => {
    port.wakeBy(() => undefined);
    const open = () => port.open({ address: '127.0.0.1' });
    const sockets = Array.from({ length: mostSleepers() }, () => opened(port, { address: '127.0.0.1' }));
    const refused = open();
    assert.equal(refused.state === 'refused' && refused.code, 'SLEEPERS');
    port.close(sockets[0]?.handle ?? -1);
    assert.equal(open().state, 'open');
  });
});
