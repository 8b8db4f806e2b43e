import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom, seedOf } from '../../../bots/random.ts';
import { DgramUdp } from '../../../bots/udp/dgram.ts';
import { LinuxUdp } from '../../../bots/udp/linux.ts';
import type { UdpPort } from '../../../bots/udp/port.ts';
import type { LinkConditions } from '../../../bots/udp/shaped/link.ts';
import { ShapedUdp } from '../../../bots/udp/shaped.ts';
import { nowMs, pair, type Received, say } from '../../contracts/udp/polling.ts';
import { udpContract } from '../../contracts/udp.ts';

const free: LinkConditions = { delayMs: 0, jitterMs: 0, lossRatio: 0, rateBps: null, queueMs: 200 };
const isLinux = process.platform === 'linux';

function drawn(purpose: string): () => number {
  return randomFrom(seedOf(7, purpose));
}

function inner(options = {}): UdpPort {
  return isLinux ? LinuxUdp.create(options) : DgramUdp.create(options);
}

udpContract('shaped', (options) => ShapedUdp.over(inner(options), nowMs));

/** Reads one socket, and sends what is due, for so long. */
async function run(port: ShapedUdp, handle: number, forMs: number): Promise<Received[]> {
  const received: Received[] = [];
  for (const endMs = nowMs() + forMs; nowMs() < endMs; await sleep(1)) {
    port.flush();
    port.read(handle, nowMs(), (to, offset, length, arrivalMs, flags, from) => {
      const bytes = Buffer.from(port.inbox.subarray(offset, offset + length));
      received.push({ handle: to, bytes, arrivalMs, flags, from });
    });
  }
  return received;
}

describe('a shaped socket', () => {
  let port: ShapedUdp;
  beforeEach(() => {
    port = ShapedUdp.over(inner(), nowMs);
  });
  afterEach(() => port.shut());

  it('holds up what it sends, and says when it is due', async () => {
    const { a, b } = pair(port);
    port.shape(a.handle, { up: { ...free, delayMs: 50 }, down: free }, drawn);
    const sentMs = nowMs();
    say(port, a.handle, Buffer.from('hello'));
    assert.ok(Math.abs(port.nextAtMs - sentMs - 50) < 5);
    assert.equal((await run(port, b.handle, 30)).length, 0);
    const [received] = await run(port, b.handle, 100);
    assert.equal(received?.bytes.toString(), 'hello');
    assert.ok(received.arrivalMs - sentMs >= 50);
    assert.equal(port.nextAtMs, Number.POSITIVE_INFINITY);
  });

  it('holds up what it receives, and its arrival is when it came out, not when it was read', async () => {
    const { a, b } = pair(port);
    port.shape(b.handle, { up: free, down: { ...free, delayMs: 50 } }, drawn);
    const sentMs = nowMs();
    say(port, a.handle, Buffer.from('hello'));
    port.flush();
    assert.equal((await run(port, b.handle, 30)).length, 0);
    await sleep(100);
    const [received] = await run(port, b.handle, 5);
    assert.equal(received?.bytes.toString(), 'hello');
    const delayMs = received.arrivalMs - sentMs;
    // The kernel's stamp is of its arrival; without one it is of the reading.
    assert.ok(delayMs >= 50 && delayMs < (isLinux ? 75 : 200), `${delayMs} ms`);
  });

  it('keeps to itself where what is below reads all sockets at once', async () => {
    const all = ShapedUdp.over(DgramUdp.create(), nowMs);
    const [shaped, other] = [pair(all), pair(all)];
    all.shape(shaped.b.handle, { up: free, down: { ...free, delayMs: 60 } }, drawn);
    const texts = async (handle: number, forMs: number): Promise<string[]> =>
      (await run(all, handle, forMs)).map(({ handle: to, bytes }) => `${to} ${bytes.toString()}`);
    say(all, shaped.a.handle, Buffer.from('late'));
    say(all, other.a.handle, Buffer.from('now'));
    assert.deepEqual(await texts(shaped.b.handle, 30), [`${other.b.handle} now`]);
    say(all, other.a.handle, Buffer.from('again'));
    assert.deepEqual(await texts(other.b.handle, 80), [`${other.b.handle} again`]);
    assert.deepEqual(await texts(shaped.b.handle, 20), [`${shaped.b.handle} late`]);
    all.shut();
  });

  it('loses what its seed says, both ways', async () => {
    const { a, b } = pair(port);
    const half = { ...free, lossRatio: 0.5 };
    port.shape(a.handle, { up: half, down: half }, drawn);
    const names = Array.from({ length: 200 }, (_, index) => String(index));
    for (const name of names) say(port, a.handle, Buffer.from(name));
    const there = (await run(port, b.handle, 50)).map(({ bytes }) => bytes.toString());
    const [up, down] = [drawn('up loss'), drawn('down loss')];
    assert.deepEqual(
      there,
      names.filter(() => up() >= 0.5),
    );
    for (const name of names) say(port, b.handle, Buffer.from(name));
    const back = await run(port, a.handle, 50);
    assert.deepEqual(
      back.map(({ bytes }) => bytes.toString()),
      names.filter(() => down() >= 0.5),
    );
  });

  it('keeps datagrams whole while its line grows, and leaves other sockets alone', async () => {
    const { a, b } = pair(port, '127.0.0.1', { receiveBufferBytes: 1 << 20 });
    const other = pair(port);
    port.shape(b.handle, { up: free, down: { ...free, delayMs: 40, jitterMs: 10 } }, drawn);
    const sent = Array.from({ length: 100 }, (_, index) => Buffer.alloc(1000 + index, index));
    for (const bytes of sent) say(port, a.handle, bytes);
    say(port, other.a.handle, Buffer.from('quick'));
    port.flush();
    await sleep(5);
    const polled: string[] = [];
    const take = (handle: number, offset: number, length: number): void => {
      assert.equal(handle, other.b.handle);
      polled.push(port.inbox.toString('utf8', offset, offset + length));
    };
    assert.equal(port.poll(nowMs(), take), 1);
    assert.deepEqual(polled, ['quick']);
    const received = await run(port, b.handle, 100);
    assert.deepEqual(
      received.map(({ bytes }) => bytes),
      sent,
    );
  });

  it('sends what was under way when it was closed, and then lets go of its handle', async () => {
    const { a, b } = pair(port);
    port.shape(a.handle, { up: { ...free, delayMs: 30 }, down: free }, drawn);
    say(port, a.handle, Buffer.from('goodbye'));
    port.close(a.handle);
    assert.equal(port.send(a.handle, Buffer.from('more'), 0, 4), false);
    const received = await run(port, b.handle, 80);
    assert.deepEqual(
      received.map(({ bytes }) => bytes.toString()),
      ['goodbye'],
    );
    assert.equal(port.drops(a.handle), null);
    const again = pair(port);
    say(port, again.a.handle, Buffer.from('at once'));
    assert.equal((await run(port, again.b.handle, 20)).length, 1);
  });

  it('says goodbye at once when all is shut', async () => {
    const listener = ShapedUdp.over(inner(), nowMs);
    const at = listener.open({ address: '127.0.0.1' });
    assert.ok(at.state === 'open');
    const from = port.open({ address: '127.0.0.1', remote: { address: '127.0.0.1', port: at.port } });
    assert.ok(from.state === 'open');
    port.shape(from.handle, { up: { ...free, delayMs: 60_000 }, down: free }, drawn);
    say(port, from.handle, Buffer.from('goodbye'));
    port.shut();
    const received = await run(listener, at.handle, 20);
    listener.shut();
    assert.equal(received.length, 1);
  });
});
