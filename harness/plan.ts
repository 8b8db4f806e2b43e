/**
 * Which peer sits in which room and what it sends and takes there. Pure, and a peer's place does not depend on the
 * level: place(8) is the beginning of place(16), so that a step up moves nobody.
 */
import type { BotSpec, MediaKind } from '../bots/bot.ts';
import { segmentsOf } from './executors/registry.ts';
import { audioRate, type Rate, videoRate } from './profiles.ts';
import type { Group } from './scenario.ts';

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
    group: group.name,
    kind: group.bot,
    room: seat.room,
    publish: {
      audio: seat.publishes && rooms.kinds.includes('audio') ? media.audio : null,
      video: seat.publishes && rooms.kinds.includes('video') ? media.video : null,
    },
    consume: group.consume,
    decode: group.decode,
    // Under k6's executors a VU begins its next iteration; a staircase replaces nobody.
    repeat: group.shape.executor !== 'staircase',
    joinTimeoutMs: group.joinTimeoutMs,
    exec: group.exec,
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
}

interface Stream {
  readonly peer: string;
  readonly kind: MediaKind;
  readonly sent: Rate;
  readonly forwarded: Rate;
}

/** Counts are exact; rates come from the table of profiles. A bot has a transport for each direction that it uses. */
export function expectedLoad(specs: readonly BotSpec[]): ExpectedLoad {
  const streams = new Map<string, Stream[]>();
  for (const spec of specs) streams.set(spec.room, [...(streams.get(spec.room) ?? []), ...streamsOf(spec)]);
  const all = [...streams.values()].flat();
  const taken = takenStreams(specs, streams);
  const senders = new Set(all.map(({ peer }) => peer)).size;
  return {
    peers: specs.length,
    rooms: streams.size,
    transports: senders + specs.filter(({ consume }) => consume.kinds.length > 0).length,
    producers: all.length,
    consumers: taken.consumers,
    inbound: sum(all.map(({ sent }) => sent)),
    outbound: taken.rate,
  };
}

function streamsOf({ id, publish }: BotSpec): Stream[] {
  const streams: Stream[] = [];
  if (publish.audio !== null) streams.push({ peer: id, kind: 'audio', sent: audioRate, forwarded: audioRate });
  if (publish.video !== null) streams.push({ peer: id, kind: 'video', ...videoRate(publish.video) });
  return streams;
}
