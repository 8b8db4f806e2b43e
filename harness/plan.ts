/**
 * Which peer sits in which room and what it sends and takes there. Pure, and a peer's place does not depend on the
 * level: place(8) is the beginning of place(16), so that a step up moves nobody.
 */
import type { BotSpec, MediaKind } from '../bots/bot.ts';
import { segmentsOf } from './executors/registry.ts';
import { audioRate, botCores, publishedRate, type Rate, totalRate } from './profiles.ts';
import type { Group, Synthetic } from './scenario.ts';

/** The part of a scenario that places are made from. */
export interface Placed {
  readonly groups: readonly Group[];
}

export function roomName(group: string, room: number): string {
  return `${group}-r${room}`;
}

/** Peers of the group at its first step that has any. */
export function firstPeers(group: Group): number {
  return segmentsOf(group).find(({ peers }) => peers > 0)?.peers ?? 0;
}

/** Bots of a group's peers 0 … peers − 1. */
export function place(scenario: Placed, group: Group, peers: number): BotSpec[] {
  const seat = seating(scenario, group);
  return Array.from({ length: peers }, (_, peer) => botSpec(group, peer, seat(peer)));
}

interface Seat {
  readonly room: string;
  readonly publishes: boolean;
}

/**
 * Peers of a group fill one room after the other. Those that join another group are dealt out over the rooms that it
 * has at its first step, from room 0 on; each room's first ones publish, if any do.
 */
function seating(scenario: Placed, group: Group): (peer: number) => Seat {
  const { size, publishers } = group.rooms;
  const host = scenario.groups.find(({ name }) => name === group.joins);
  if (host === undefined) {
    return (peer) => ({
      room: roomName(group.name, Math.floor(peer / size)),
      publishes: peer % size < publishers,
    });
  }
  const rooms = Math.max(1, Math.ceil(firstPeers(host) / host.rooms.size));
  return (peer) => ({
    room: roomName(host.name, peer % rooms),
    publishes: Math.floor(peer / rooms) < publishers,
  });
}

function botSpec(group: Group, peer: number, seat: Seat): BotSpec {
  const { media, rooms } = group;
  return {
    id: `${group.name}-${peer}`,
    vu: peer + 1,
    group: group.name,
    kind: group.bot,
    room: seat.room,
    publish: {
      audio: seat.publishes && rooms.kinds.includes('audio') ? media.audio : null,
      video: seat.publishes && rooms.kinds.includes('video') ? media.video : null,
    },
    consume: group.consume,
    decode: group.decode,
    network: group.network,
    // A VU begins its next iteration by itself; a staircase replaces nobody, and plans of sessions say who is next.
    repeat: group.shape.executor === 'constant-vus' || group.shape.executor === 'ramping-vus',
    joinTimeoutMs: group.joinTimeoutMs,
    exec: group.exec,
    env: group.env,
  };
}

/** What bots that are all in their rooms make of the SFU. */
export interface ExpectedLoad {
  readonly peers: number;
  readonly rooms: number;
  readonly transports: number;
  readonly producers: number;
  readonly consumers: number;
  /** From the bots to the SFU, all simulcast layers. */
  readonly inbound: Rate;
  /** From the SFU to the bots, the highest layer of each stream. */
  readonly outbound: Rate;
  /** CPU of the bots, in cores. */
  readonly generatorCores: number;
}

/** Counts are exact; rates and CPU come from the table of profiles. A bot has a transport for each direction it uses. */
export function expectedLoad(
  specs: readonly BotSpec[],
  payload: Synthetic['payload'] = 'cassette',
): ExpectedLoad {
  const rooms = new Map<string, Stream[]>();
  const own = new Map<string, readonly Stream[]>();
  for (const spec of specs) {
    const streams = streamsOf(spec, payload);
    own.set(spec.id, streams);
    const room = rooms.get(spec.room);
    if (room === undefined) rooms.set(spec.room, [...streams]);
    else room.push(...streams);
  }
  const totals = new Map([...rooms].map(([room, streams]) => [room, totalsOf(streams)] as const));
  let consumers = 0;
  let generatorCores = 0;
  const outbound: Rate[] = [];
  for (const spec of specs) {
    const taken =
      spec.consume.max === null
        ? takenOfAll(spec, totals.get(spec.room), totalsOf(own.get(spec.id) ?? []))
        : firstOf(spec, rooms.get(spec.room) ?? [], spec.consume.max);
    consumers += taken.streams;
    outbound.push(taken.forwarded);
    generatorCores += botCores(spec, taken.forwarded.packetsPerSecond, payload);
  }
  const sent = [...own.values()].filter((streams) => streams.length > 0);
  return {
    peers: specs.length,
    rooms: rooms.size,
    transports: sent.length + specs.filter(({ consume }) => consume.kinds.length > 0).length,
    producers: sent.flat().length,
    consumers,
    inbound: totalRate(sent.flat().map((stream) => stream.sent)),
    outbound: totalRate(outbound),
    generatorCores,
  };
}

interface Stream {
  readonly peer: string;
  readonly kind: MediaKind;
  readonly sent: Rate;
  readonly forwarded: Rate;
}

function streamsOf({ id, kind, publish }: BotSpec, payload: Synthetic['payload']): Stream[] {
  const streams: Stream[] = [];
  if (publish.audio !== null) {
    const audio = audioRate(kind, publish.audio);
    streams.push({ peer: id, kind: 'audio', sent: audio, forwarded: audio });
  }
  if (publish.video !== null)
    streams.push({ peer: id, kind: 'video', ...publishedRate(kind, publish.video, payload) });
  return streams;
}

interface Total {
  readonly streams: number;
  readonly forwarded: Rate;
}

type Totals = Readonly<Record<MediaKind, Total>>;

function totalsOf(streams: readonly Stream[]): Totals {
  const total = (kind: MediaKind): Total => {
    const found = streams.filter((stream) => stream.kind === kind);
    return { streams: found.length, forwarded: totalRate(found.map(({ forwarded }) => forwarded)) };
  };
  return { audio: total('audio'), video: total('video') };
}

/** Everything in the room but one's own: by subtraction, as rooms may have thousands of peers. */
function takenOfAll({ consume }: BotSpec, room: Totals | undefined, own: Totals): Total {
  let streams = 0;
  const rates: Rate[] = [];
  for (const kind of consume.kinds) {
    const [all, mine] = [room?.[kind] ?? own[kind], own[kind]];
    streams += all.streams - mine.streams;
    rates.push({
      packetsPerSecond: all.forwarded.packetsPerSecond - mine.forwarded.packetsPerSecond,
      bitrateBps: all.forwarded.bitrateBps - mine.forwarded.bitrateBps,
    });
  }
  return { streams, forwarded: totalRate(rates) };
}

/** With a limit the SFU offers streams in the order in which they came. */
function firstOf({ id, consume }: BotSpec, room: readonly Stream[], max: number): Total {
  const rates: Rate[] = [];
  for (const stream of room) {
    if (rates.length >= max) break;
    if (stream.peer !== id && consume.kinds.includes(stream.kind)) rates.push(stream.forwarded);
  }
  return { streams: rates.length, forwarded: totalRate(rates) };
}

/** Frames per second of all cameras; null where there is none, or where they differ, as all pictures are one figure. */
export function cameraFps(groups: readonly Group[]): number | null {
  const publishing = groups.filter(({ rooms }) => rooms.publishers > 0 && rooms.kinds.includes('video'));
  const rates = new Set(publishing.flatMap(({ media }) => media.video?.fps ?? []));
  const [fps = null] = rates;
  return rates.size === 1 ? fps : null;
}
