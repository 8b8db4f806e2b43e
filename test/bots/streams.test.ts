/** What a bot takes of what it is offered. */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaKind } from '../../bots/bot.ts';
import type { Signaling } from '../../bots/signaling/signaling.ts';
import { Streams } from '../../bots/streams.ts';
import { stage } from '../support/fake-endpoint.ts';

async function offered(kinds: readonly MediaKind[]) {
  const { endpoint, calls, target } = stage();
  const streams = new Streams(endpoint);
  const signaling: Signaling = await target.dialect({} as never);
  const offer = (id: string, kind: MediaKind) =>
    streams.consume(
      { id, kind, producerId: id, peer: 'other', rtpParameters: { codecs: [] }, paused: false },
      signaling,
    );
  for (const [index, kind] of kinds.entries()) await offer(`${kind}-${index}`, kind);
  calls.length = 0;
  const told = (): string[] => calls.splice(0).filter((call) => call.includes('consumer'));
  return { streams, signaling, offer, told };
}

test('chooses kinds, the first ones, all and none, and asks for nothing twice', async () => {
  const { streams, signaling, told } = await offered(['audio', 'video', 'audio', 'video']);
  await streams.choose(signaling, { kinds: ['audio'], max: null });
  deepEqual(told(), ['pause consumer video-1', 'pause consumer video-3']);
  await streams.choose(signaling, { kinds: ['audio', 'video'], max: 2 });
  deepEqual(told(), ['resume consumer video-1', 'pause consumer audio-2']);
  await streams.choose(signaling, { kinds: [], max: null });
  deepEqual(told(), ['pause consumer audio-0', 'pause consumer video-1']);
  await streams.choose(signaling, { kinds: ['audio', 'video'], max: null });
  deepEqual(told().length, 4);
  await streams.choose(signaling, { kinds: ['audio', 'video'], max: null });
  deepEqual(told(), []);
});

test('the choice holds for what comes later, and fills the place of what goes', async () => {
  const { streams, signaling, offer, told } = await offered(['audio', 'audio']);
  await streams.choose(signaling, { kinds: ['audio'], max: 2 });
  await offer('audio-late', 'audio');
  await offer('video-late', 'video');
  deepEqual(told(), ['pause consumer audio-late', 'pause consumer video-late']);
  streams.closed('audio-0', signaling);
  deepEqual(told(), ['resume consumer audio-late']);
  await streams.pause(signaling, undefined, false);
  deepEqual(told(), ['resume consumer video-late']);
  await offer('video-last', 'video');
  deepEqual(told(), [], 'what was chosen before is over');
});
