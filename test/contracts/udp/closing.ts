/** What remains of a socket: nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Receive, UdpPort } from '../../../bots/udp/port.ts';
import { type CreatePort, collect, nowMs, opened, pair, say } from './polling.ts';

function descriptors(pid: number | 'self'): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

export function closingContract(name: string, create: CreatePort): void {
  describe(`${name}: closing`, () => {
    let port: UdpPort;
    beforeEach(() => {
      port = create();
    });
    afterEach(() => port.shut());

    it('a socket with datagrams waiting loses them, and its successor gets none of them', async () => {
      const { a, b } = pair(port);
      for (let index = 0; index < 10; index++) say(port, a.handle, Buffer.from('old'));
      port.flush();
      await setImmediate();
      port.close(b.handle);
      const successor = opened(port, { address: '127.0.0.1' });
      const received = await collect(port, 1, 50);
      assert.deepEqual(received, []);
      say(port, a.handle, Buffer.from('to nobody'));
      port.flush();
      const to = port.address({ address: '127.0.0.1', port: successor.port });
      const other = opened(port, { address: '127.0.0.1' });
      say(port, other.handle, Buffer.from('new'), to);
      port.flush();
      const [fresh] = await collect(port, 1);
      assert.deepEqual([fresh?.handle, fresh?.bytes.toString()], [successor.handle, 'new']);
    });

    const readings: Readonly<Record<string, (handles: readonly number[], receive: Receive) => void>> = {
      'of all': (_, receive) => void port.poll(nowMs(), receive),
      'one by one': (handles, receive) => {
        for (const handle of handles) port.read(handle, nowMs(), receive);
      },
    };
    for (const [how, read] of Object.entries(readings))
      it(`within its own datagram ends it at once, and others go on: read ${how}`, async () => {
        const { a, b } = pair(port);
        const { a: c, b: d } = pair(port);
        for (let index = 0; index < 20; index++) {
          say(port, a.handle, Buffer.from('closing'));
          say(port, c.handle, Buffer.from('staying'));
        }
        port.flush();
        for (let turn = 0; port.kind === 'portable' && turn < 10; turn++) await setImmediate();
        const counts = new Map([
          [b.handle, 0],
          [d.handle, 0],
        ]);
        let successor = -1;
        for (let poll = 0; poll < 5; poll++)
          read([b.handle, d.handle], (handle) => {
            counts.set(handle, (counts.get(handle) ?? 0) + 1);
            if (handle !== b.handle) return;
            port.close(handle);
            successor = opened(port, { address: '127.0.0.1' }).handle;
          });
        assert.equal(counts.get(b.handle), 1);
        assert.equal(counts.get(d.handle), 20);
        // Each handle has one owner, whenever it was closed.
        const others = Array.from({ length: 5 }, () => opened(port, { address: '127.0.0.1' }).handle);
        const taken = [a.handle, c.handle, d.handle, successor, ...others];
        assert.equal(new Set(taken).size, taken.length, String(taken));
      });

    it('sends what was queued before', async () => {
      const { a } = pair(port);
      say(port, a.handle, Buffer.from('bye'));
      port.close(a.handle);
      port.close(a.handle);
      assert.equal((await collect(port, 1))[0]?.bytes.toString(), 'bye');
      assert.equal(port.flush(), 0);
    });

    it('1,000 times leaves no descriptor and takes no new handle', async () => {
      const before = descriptors('self').length;
      for (let round = 0; round < 1000; round++) {
        const { handle } = opened(port, { address: '127.0.0.1' });
        assert.equal(handle, 0);
        port.close(handle);
        if (round % 50 === 0) await setImmediate();
      }
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      assert.ok(descriptors('self').length <= before + 1);
    });

    it('everything by shut, twice; then nothing opens', async () => {
      const before = descriptors('self').length;
      const { a } = pair(port);
      port.shut();
      port.shut();
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      assert.ok(descriptors('self').length <= before);
      assert.equal(port.open({ address: '127.0.0.1' }).state, 'refused');
      assert.equal(port.send(a.handle, Buffer.alloc(1), 0, 1), false);
    });

    it('errors of a peer that is gone are counted, and datagrams behind them arrive', async () => {
      const { a, b } = pair(port);
      const peer = { address: '127.0.0.1', port: a.port };
      port.close(b.handle);
      say(port, a.handle, Buffer.from('nobody there'));
      port.flush();
      const back = opened(port, { address: '127.0.0.1', port: b.port, remote: peer });
      say(port, back.handle, Buffer.from('here again'));
      port.flush();
      const received = await collect(port, 1);
      assert.equal(received[0]?.bytes.toString(), 'here again');
      say(port, a.handle, Buffer.from('hello'));
      port.flush();
      assert.equal((await collect(port, 1))[0]?.bytes.toString(), 'hello');
    });

    it('is not needed in children: they inherit none of the sockets', async () => {
      for (let index = 0; index < 20; index++) opened(port, { address: '127.0.0.1' });
      const child = spawn('sleep', ['5'], { stdio: 'ignore' });
      try {
        await new Promise((resolve) => child.once('spawn', resolve));
        const held = descriptors(child.pid ?? 0).filter((link) => /^socket:|eventpoll/.test(link));
        assert.deepEqual(held, []);
      } finally {
        child.kill('SIGKILL');
      }
    });
  });
}
