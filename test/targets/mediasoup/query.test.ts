/** What a signalling address asks for: which consumers, how many, over which workers; and where a room goes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { ProtooPeer } from '../../support/protoo-peer.ts';
import { readings, startNode, until, untilEmpty } from '../../support/running-node.ts';

let node: NodeProcess;
let rooms = 0;

before(async () => {
  node = await startNode({ workers: 2 });
});
after(() => node.close());

function newRoom(): string {
  rooms += 1;
  return `room-${rooms}`;
}

function enter(
  roomId: string,
  peerId: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ProtooPeer> {
  return ProtooPeer.connect(node.ready.signalingUrl, { roomId, peerId, ...more });
}

describe('the query', () => {
  it('consume and maxConsumers leave consumers out, and a free place is filled', async () => {
    const room = newRoom();
    const anna = await enter(room, 'anna');
    const { sendId } = await anna.join();
    const audio = await anna.produce(sendId, 'audio', 51);
    const video = await anna.produce(sendId, 'video', 61);
    const wanting = async (id: string, more: Readonly<Record<string, string>>): Promise<ProtooPeer> => {
      const peer = await enter(room, id, more);
      await peer.join();
      return peer;
    };
    const none = await wanting('none', { consume: 'none' });
    const onlyVideo = await wanting('video', { consume: 'video' });
    const one = await wanting('one', { maxConsumers: '1' });
    assert.equal((await onlyVideo.next('newConsumer')).data['producerId'], video);
    assert.equal((await one.next('newConsumer')).data['producerId'], audio);
    await until(node, (workers) => workers.some(({ consumers }) => consumers === 2));
    anna.notify('closeProducer', { producerId: audio });
    await one.next('newConsumer', (data) => data['producerId'] === video);
    assert.equal(none.count('newConsumer') + onlyVideo.count('newConsumer') + one.count('newConsumer'), 3);
    await Promise.all([anna, none, onlyVideo, one].map((peer) => peer.leave()));
    await untilEmpty(node);
  });

  it('consumerReplicas multiplies consumers', async () => {
    const room = newRoom();
    const anna = await enter(room, 'anna', { consumerReplicas: '2' });
    const { sendId } = await anna.join();
    await anna.produce(sendId, 'audio', 71);
    const bert = await enter(room, 'bert');
    await bert.join();
    await until(node, (workers) => workers.some(({ consumers }) => consumers === 3));
    assert.equal(bert.count('newConsumer'), 3);
    await Promise.all([anna.leave(), bert.leave()]);
  });

  it('usePipeTransports puts producers and consumers on different workers', async () => {
    const room = newRoom();
    await untilEmpty(node);
    const anna = await enter(room, 'anna', { usePipeTransports: 'true' });
    const bert = await enter(room, 'bert', { usePipeTransports: 'true' });
    const { sendId } = await anna.join();
    await anna.produce(sendId, 'audio', 81);
    await bert.join();
    const { peerId } = (await bert.next('newConsumer')).data;
    assert.equal(peerId, 'anna');
    const workers = await until(node, (all) => all.some(({ consumers }) => consumers === 1));
    assert.deepEqual(
      workers.map(({ producers, consumers, transports, rooms, peers }) => ({
        producers,
        consumers,
        transports,
        rooms,
        peers,
      })),
      [
        { producers: 1, consumers: 0, transports: 2, rooms: 1, peers: 2 },
        { producers: 0, consumers: 1, transports: 2, rooms: 0, peers: 0 },
      ],
    );
    await Promise.all([anna.leave(), bert.leave()]);
    await untilEmpty(node);
  });

  for (const [what, query] of [
    ['no room', { peerId: 'p' }],
    ['an empty peer', { roomId: 'r', peerId: '' }],
    ['consume=some', { roomId: 'r', peerId: 'p', consume: 'some' }],
    ['maxConsumers=-1', { roomId: 'r', peerId: 'p', maxConsumers: '-1' }],
    ['consumerReplicas=x', { roomId: 'r', peerId: 'p', consumerReplicas: 'x' }],
    ['usePipeTransports=yes', { roomId: 'r', peerId: 'p', usePipeTransports: 'yes' }],
  ] as const) {
    it(`${what} is refused with 400`, async () => {
      const connecting = ProtooPeer.connect(
        node.ready.signalingUrl,
        query as unknown as { roomId: string; peerId: string },
      );
      await assert.rejects(connecting, /400/);
    });
  }
});

it('a room goes to the worker with the fewest consumers', async () => {
  await untilEmpty(node);
  const busy = newRoom();
  const [anna, bert] = [await enter(busy, 'anna'), await enter(busy, 'bert')];
  const { sendId } = await anna.join();
  await bert.join();
  await anna.produce(sendId, 'audio', 91);
  const [first] = await until(node, (workers) => workers.some(({ consumers }) => consumers === 1));
  assert.equal(first?.consumers, 1);
  const others = [await enter(newRoom(), 'x'), await enter(newRoom(), 'y')];
  const { workers } = await readings(node);
  assert.deepEqual(
    workers.map(({ rooms }) => rooms),
    [1, 2],
  );
  await Promise.all([anna, bert, ...others].map((peer) => peer.leave()));
});
