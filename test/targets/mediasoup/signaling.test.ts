/** What peers see of the node: the demo's signalling, on the real worker. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { ProtooPeer, RequestRefused } from '../../support/protoo-peer.ts';
import { readings, startNode, until, untilEmpty } from '../../support/running-node.ts';

let node: NodeProcess;
let rooms = 0;

before(async () => {
  node = await startNode({
    workers: 2,
    dataBot: true,
    audioLevelObserver: true,
    activeSpeakerObserver: true,
  });
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

function refusal(code: number): (error: unknown) => boolean {
  return (error) => error instanceof RequestRefused && error.code === code;
}

async function sum(what: 'consumers' | 'pausedConsumers' | 'producers' | 'rooms'): Promise<number> {
  return (await readings(node)).workers.reduce((total, worker) => total + worker[what], 0);
}

describe('two peers', () => {
  it('greet, join, produce, consume and leave as in the demo', async () => {
    const room = newRoom();
    const anna = await enter(room, 'anna');
    assert.equal((await anna.next('mediasoupVersion')).data['version'], '3.27.1');
    const { sendId, peers } = await anna.join();
    assert.deepEqual(peers, []);
    const producerId = await anna.produce(sendId, 'audio', 11);

    const bert = await enter(room, 'bert');
    const joined = await bert.join();
    assert.deepEqual(
      joined.peers.map(({ peerId }) => peerId),
      ['anna'],
    );
    assert.equal(((await anna.next('newPeer')).data['peer'] as { peerId: string }).peerId, 'bert');

    const late = (await bert.next('newConsumer')).data;
    assert.equal(late['producerId'], producerId);
    assert.equal(late['peerId'], 'anna');
    assert.equal(late['transportId'], joined.receiveId);
    assert.equal(late['kind'], 'audio');
    assert.equal(late['type'], 'simple');
    assert.equal(late['producerPaused'], false);
    assert.deepEqual(late['appData'], { peerId: 'anna', source: 'audio' });
    const { codecs } = late['rtpParameters'] as { codecs: { rtcpFeedback: { type: string }[] }[] };
    assert.ok(
      codecs[0]?.rtcpFeedback.some(({ type }) => type === 'nack'),
      'enableRtx gives audio NACK',
    );
    await until(node, (workers) => workers.some(({ consumers }) => consumers === 1));

    const video = await bert.produce(joined.sendId, 'video', 21);
    assert.equal((await anna.next('newConsumer')).data['producerId'], video);

    await bert.leave();
    assert.equal(
      (await anna.next('consumerClosed')).data['consumerId'],
      (await anna.next('newConsumer')).data['consumerId'],
    );
    assert.equal((await anna.next('peerClosed')).data['peerId'], 'bert');
    await anna.leave();
    await untilEmpty(node);
  });

  it('a consumer is paused until its peer accepted, and stays so when it refuses', async () => {
    const room = newRoom();
    const [anna, bert] = [await enter(room, 'anna'), await enter(room, 'bert')];
    const { sendId } = await anna.join();
    bert.accept = () => false;
    await bert.join();
    await anna.produce(sendId, 'audio', 31);
    const { consumerId } = (await bert.next('newConsumer')).data;
    await until(node, (workers) => workers.some(({ pausedConsumers }) => pausedConsumers === 1));
    assert.equal(await sum('consumers'), 0);
    bert.notify('resumeConsumer', { consumerId });
    await until(node, (workers) => workers.some(({ consumers }) => consumers === 1));
    await Promise.all([anna.leave(), bert.leave()]);
    await untilEmpty(node);
  });

  it('pausing and closing a producer is told to who consumes it', async () => {
    const room = newRoom();
    const [anna, bert] = [await enter(room, 'anna'), await enter(room, 'bert')];
    const { sendId } = await anna.join();
    await bert.join();
    const producerId = await anna.produce(sendId, 'video', 41);
    const { consumerId } = (await bert.next('newConsumer')).data;
    anna.notify('pauseProducer', { producerId });
    assert.deepEqual((await bert.next('consumerPaused')).data, { consumerId });
    await until(node, (workers) => workers.some(({ pausedConsumers }) => pausedConsumers === 1));
    anna.notify('resumeProducer', { producerId });
    assert.deepEqual((await bert.next('consumerResumed')).data, { consumerId });
    bert.notify('setConsumerPreferredLayers', { consumerId, spatialLayer: 0 });
    bert.notify('setConsumerPriority', { consumerId, priority: 2 });
    bert.notify('requestConsumerKeyFrame', { consumerId });
    bert.notify('setConsumerPreferredLayers', { consumerId, spatialLayer: 'top' });
    bert.notify('noSuchThing', { consumerId });
    const { stats } = await bert.request('getConsumerStats', { consumerId });
    assert.ok(Array.isArray(stats));
    anna.notify('closeProducer', { producerId });
    assert.deepEqual((await bert.next('consumerClosed')).data, { consumerId });
    anna.notify('changeDisplayName', { displayName: 'Anna B' });
    assert.deepEqual((await bert.next('peerDisplayNameChanged')).data, {
      peerId: 'anna',
      displayName: 'Anna B',
      oldDisplayName: 'anna',
    });
    await Promise.all([anna.leave(), bert.leave()]);
  });

  it('the second of the same id replaces the first, which the third does not hear of', async () => {
    const room = newRoom();
    const [anna, bert] = [await enter(room, 'anna'), await enter(room, 'bert')];
    await anna.join();
    await bert.join();
    const again = await enter(room, 'anna');
    assert.equal((await anna.closed).code, 4000);
    const { peers } = await again.join();
    assert.deepEqual(
      peers.map(({ peerId }) => peerId),
      ['bert'],
    );
    await bert.next('newPeer', (data) => (data['peer'] as { peerId: string }).peerId === 'anna');
    assert.equal(bert.count('peerClosed'), 0);
    await Promise.all([again.leave(), bert.leave()]);
    await untilEmpty(node);
  });
});

describe('requests', () => {
  it('are refused with a code that says why', async () => {
    const anna = await enter(newRoom(), 'anna');
    const produce = { transportId: 'x', kind: 'audio', rtpParameters: {}, appData: { source: 'audio' } };
    await assert.rejects(anna.request('produce', produce), refusal(409));
    const { sendId, receiveId } = await anna.join();
    await assert.rejects(anna.request('join', {}), refusal(409));
    await assert.rejects(anna.request('dance'), refusal(404));
    await assert.rejects(anna.request('toString'), refusal(404));
    await assert.rejects(anna.request('applyNetworkThrottle', {}), refusal(404));
    await assert.rejects(anna.request('produce', produce), refusal(404));
    await assert.rejects(anna.request('produce', { ...produce, transportId: sendId }), refusal(400));
    await assert.rejects(
      anna.request('produce', { ...produce, transportId: sendId, kind: 'smell' }),
      refusal(400),
    );
    await assert.rejects(anna.request('createWebRtcTransport', {}), refusal(400));
    await assert.rejects(
      anna.request('createWebRtcTransport', { appData: { direction: 'up' } }),
      refusal(400),
    );
    await assert.rejects(anna.request('connectWebRtcTransport', { transportId: sendId }), refusal(400));
    await assert.rejects(anna.request('getProducerStats', { producerId: 'x' }), refusal(404));
    const { iceParameters } = await anna.request('restartIce', { transportId: receiveId });
    assert.ok(iceParameters);
    assert.deepEqual(await anna.request('getRtcStatsUrl'), {});
    assert.equal(
      ((await anna.request('getTransportStats', { transportId: sendId }))['stats'] as unknown[]).length,
      1,
    );
    await anna.leave();
  });

  it('of the data bot: offered to each peer, and chat goes to the others', async () => {
    const room = newRoom();
    const [anna, bert] = [await enter(room, 'anna'), await enter(room, 'bert')];
    const { sendId } = await anna.join();
    await bert.join();
    const bot = (await bert.next('newDataConsumer')).data;
    assert.equal(bot['label'], 'bot');
    assert.equal(bot['peerId'], undefined);
    const { dataProducerId } = await anna.request('produceData', {
      transportId: sendId,
      sctpStreamParameters: { streamId: 1, ordered: true },
      label: 'chat',
      protocol: '',
      appData: { channel: 'chat' },
    });
    const chat = await bert.next('newDataConsumer', (data) => data['dataProducerId'] === dataProducerId);
    assert.equal(chat.data['peerId'], 'anna');
    await anna.leave();
    await bert.next('dataConsumerClosed');
    await bert.leave();
  });
});

it('what is no protoo ends the connection with a code, and the room with it', async () => {
  for (const [frame, code] of [
    ['{', 1007],
    ['[]', 1008],
    ['{"request":true}', 1008],
  ] as const) {
    const peer = await enter(newRoom(), 'p');
    peer.socket.send(frame);
    assert.equal((await peer.closed).code, code);
  }
  const binary = await enter(newRoom(), 'p');
  binary.socket.send(Buffer.from('{}'));
  assert.equal((await binary.closed).code, 1003);
  await untilEmpty(node);
});
