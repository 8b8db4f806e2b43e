import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DgramUdp } from '../../../bots/udp/dgram.ts';
import { opened, pair, say } from '../../contracts/udp/polling.ts';
import { udpContract } from '../../contracts/udp.ts';

udpContract('portable', (options) => DgramUdp.create(options));

it('tells what nobody listened for from what could not be sent', async (test) => {
  const port = DgramUdp.create();
  test.after(() => port.shut());
  const { a, b } = pair(port);
  port.close(b.handle);
  // Word of it comes when it comes: to the next datagram, unless it is read before that one is sent.
  for (let index = 0; index < 1_000 && port.counters.refused === 0; index++, await sleep(1)) {
    for (let sent = 0; sent < 3; sent++) say(port, a.handle, Buffer.from('nobody there'));
    port.flush();
  }
  const { refused, unsent } = port.counters;
  assert.ok(refused > 0 && unsent === 0, `${refused} refused, ${unsent} unsent`);
  // Nothing may be sent to everybody unless the socket asked for it.
  const { handle } = opened(port, { address: '127.0.0.1' });
  say(port, handle, Buffer.from('x'), port.address({ address: '255.255.255.255', port: 9 }));
  port.flush();
  for (let index = 0; index < 1_000 && port.counters.unsent === 0; index++) await sleep(1);
  assert.equal(port.counters.unsent, 1);
});
