import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { BotSpec } from '../bots/bot.ts';
import { cameraFps, expectedLoad, place } from '../harness/plan.ts';
import type { Group } from '../harness/scenario.ts';
import { group, groups, rooms } from './executors/groups.ts';

function seats(specs: readonly BotSpec[]): string[] {
  return specs.map(
    ({ id, room, publish }) => `${id} in ${room}${publish.video === null ? '' : ' publishes'}`,
  );
}

const probes = (fields: Partial<Group> = {}): Group =>
  group({
    name: 'probes',
    joins: 'crowd',
    shape: { executor: 'constant-vus', vus: 3, durationMs: null, gracefulStopMs: 0 },
    rooms: { size: 2, publishers: 0, kinds: ['audio', 'video'] },
    ...fields,
  });

test('peers fill one room after the other, and the first of each publish', () => {
  const crowd = group({ rooms: { size: 3, publishers: 1, kinds: ['video'] } });
  const specs = place({ groups: [crowd] }, crowd, 5);
  deepEqual(seats(specs), [
    'crowd-0 in crowd-r0 publishes',
    'crowd-1 in crowd-r0',
    'crowd-2 in crowd-r0',
    'crowd-3 in crowd-r1 publishes',
    'crowd-4 in crowd-r1',
  ]);
  ok(specs.every(({ publish, repeat }) => publish.audio === null && !repeat));
});

test('peers that join are dealt out over the rooms of the first step, from room 0', () => {
  const crowd = group({
    shape: { executor: 'staircase', levels: [4, 20], levelUnit: 'peers', holdMs: 1_000 },
  });
  const watching = probes();
  deepEqual(seats(place({ groups: [crowd, watching] }, watching, 3)), [
    'probes-0 in crowd-r0',
    'probes-1 in crowd-r1',
    'probes-2 in crowd-r0',
  ]);
  const talking = probes({ rooms: { size: 2, publishers: 1, kinds: ['audio', 'video'] } });
  deepEqual(seats(place({ groups: [crowd, talking] }, talking, 3)), [
    'probes-0 in crowd-r0 publishes',
    'probes-1 in crowd-r1 publishes',
    'probes-2 in crowd-r0',
  ]);
});

test('placement is monotone: more peers move nobody', () => {
  fc.assert(
    fc.property(groups, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (crowd, fewer, more) => {
      const scenario = { groups: [crowd, probes()] };
      for (const each of scenario.groups) {
        deepEqual(place(scenario, each, fewer + more).slice(0, fewer), place(scenario, each, fewer));
      }
    }),
  );
});

test('rooms are full but for the last, and ids are unique', () => {
  fc.assert(
    fc.property(rooms, fc.integer({ min: 1, max: 60 }), (size, peers) => {
      const crowd = group({ rooms: size });
      const specs = place({ groups: [crowd] }, crowd, peers);
      const filled = [...Map.groupBy(specs, ({ room }) => room).values()];
      equal(filled.length, Math.ceil(peers / size.size));
      ok(filled.slice(0, -1).every((inRoom) => inRoom.length === size.size));
      equal(new Set(specs.map(({ id }) => id)).size, peers);
      for (const inRoom of filled) {
        const publishing = inRoom.filter(({ publish }) => publish.video !== null).length;
        equal(publishing, Math.min(size.publishers, inRoom.length));
      }
    }),
  );
});

/** One consumer after the other, as the SFU would make them. */
function countedConsumers(specs: readonly BotSpec[]): number {
  let consumers = 0;
  for (const { id, room, consume } of specs) {
    let own = 0;
    for (const other of specs) {
      if (other.id === id || other.room !== room) continue;
      for (const kind of ['audio', 'video'] as const) {
        if (other.publish[kind] !== null && consume.kinds.includes(kind)) own += 1;
      }
    }
    consumers += Math.min(own, consume.max ?? own);
  }
  return consumers;
}

test('expected counts are those of counting one by one', () => {
  const consume = fc.record({
    kinds: fc.subarray(['audio', 'video'] as const),
    max: fc.option(fc.nat({ max: 5 }), { nil: null }),
  });
  fc.assert(
    fc.property(rooms, consume, fc.nat({ max: 40 }), fc.nat({ max: 5 }), (size, taken, peers, extra) => {
      const crowd = group({ rooms: size, consume: taken });
      const watching = probes({ rooms: { size: size.size, publishers: 1, kinds: ['audio'] } });
      const scenario = { groups: [crowd, watching] };
      const specs = [...place(scenario, crowd, peers), ...place(scenario, watching, extra)];
      const load = expectedLoad(specs);
      equal(load.consumers, countedConsumers(specs));
      equal(load.peers, specs.length);
      const producers = specs
        .flatMap(({ publish }) => [publish.audio, publish.video])
        .filter((made) => made !== null);
      equal(load.producers, producers.length);
      ok(load.outbound.packetsPerSecond >= -1e-6 && load.inbound.bitrateBps >= 0);
    }),
  );
});

test('a meeting of four: everybody’s two streams to the three others', () => {
  const four = group({ rooms: { size: 4, publishers: 4, kinds: ['audio', 'video'] } });
  const load = expectedLoad(place({ groups: [four] }, four, 8));
  const { peers, rooms: open, transports, producers, consumers, inbound, outbound } = load;
  deepEqual(
    { peers, open, transports, producers, consumers },
    { peers: 8, open: 2, transports: 16, producers: 16, consumers: 48 },
  );
  ok(Math.abs(outbound.packetsPerSecond - 3 * inbound.packetsPerSecond) < 1e-6);
  ok(Math.abs(outbound.bitrateBps - 3 * inbound.bitrateBps) < 1e-3);
});

test('viewers have one transport, a silent publisher too', () => {
  const stage = group({
    rooms: { size: 4, publishers: 1, kinds: ['video'] },
    consume: { kinds: ['audio', 'video'], max: null },
  });
  equal(expectedLoad(place({ groups: [stage] }, stage, 4)).transports, 5);
  const deaf = { ...stage, consume: { kinds: [], max: null } };
  deepEqual(expectedLoad(place({ groups: [deaf] }, deaf, 4)).transports, 1);
});

test('a room of thousands is counted in no time', () => {
  const hall = group({ rooms: { size: 20_000, publishers: 20_000, kinds: ['audio', 'video'] } });
  equal(expectedLoad(place({ groups: [hall] }, hall, 20_000)).consumers, 2 * 20_000 * 19_999);
});

function filming(fps: number, fields: Partial<Group> = {}): Group {
  const { media } = group();
  const video = media.video === null ? null : { ...media.video, fps };
  return group({ media: { ...media, video }, ...fields });
}

test('pictures are held against a camera where all cameras have the same rate', () => {
  equal(cameraFps([filming(30)]), 30);
  equal(cameraFps([filming(30), filming(30)]), 30);
  equal(cameraFps([filming(30), filming(10)]), null);
  equal(cameraFps([filming(30), filming(10, { rooms: { size: 4, publishers: 0, kinds: ['video'] } })]), 30);
  equal(cameraFps([filming(30, { rooms: { size: 4, publishers: 4, kinds: ['audio'] } })]), null);
});
