/** The one loop of a host, by itself. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from '../../../bots/synthetic/loop.ts';
import { DgramUdp } from '../../../bots/udp/dgram.ts';

const free = { delayMs: 0, jitterMs: 0, lossRatio: 0, rateBps: null, queueMs: 200 };

it('goes on until what its last member sent has left an emulated network', async () => {
  const loop = Loop.of({ port: DgramUdp.create(), kind: 'portable', reason: '' });
  const open = () => {
    const opening = loop.port.open({ address: '127.0.0.1' });
    assert.ok(opening.state === 'open');
    return opening;
  };
  const [sender, receiver] = [open(), open()];
  const member = { freshMs: 0, receive: () => undefined, turn: () => undefined, work: () => Infinity };
  loop.port.shape(sender.handle, { up: { ...free, delayMs: 80 }, down: free }, () => Math.random);
  loop.add({ ...member, handle: sender.handle, receiveBufferBytes: sender.receiveBufferBytes });
  await sleep(20);
  const to = loop.port.address({ address: '127.0.0.1', port: receiver.port });
  loop.port.send(sender.handle, Buffer.from('goodbye'), 0, 7, to);
  loop.remove(sender.handle);
  await sleep(200);
  assert.deepEqual([loop.port.counters.sent, loop.port.nextAtMs], [1, Infinity]);
  loop.close();
});

it('counts what could not be sent, and not what nobody was there for', () => {
  const port = DgramUdp.create();
  const loop = Loop.of({ port, kind: 'portable', reason: '' });
  Object.assign(port.counters, { sent: 95, blocked: 3, unsent: 2, refused: 40 });
  const { socketDropsTotal, datagramsTotal, unsentTotal } = loop.takeHealth();
  assert.deepEqual([socketDropsTotal, datagramsTotal, unsentTotal], [port.dropsTotal(), 100, 5]);
  loop.close();
});
