/**
 * Which peer sits in which room and what it sends and takes there. Pure, and a peer's place does not depend on the
 * level: place(8) is the beginning of place(16), so that a step up moves nobody.
 */
import type { BotSpec } from '../bots/bot.ts';
import { segmentsOf } from './executors/registry.ts';
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
