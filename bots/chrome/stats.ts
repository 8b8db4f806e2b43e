/**
 * From a `getStats()` report to streams (https://www.w3.org/TR/webrtc-stats/, as Chrome fills it in). Runs in the page;
 * pure. `packetsSent` and `packetsReceived` of Chrome contain retransmissions; bytes here are whole RTP packets,
 * header included, as mediasoup counts them.
 */
import type { MediaKind } from '../bot.ts';
import type { StreamCounters } from '../readings.ts';
import type { PageStream } from './contract.ts';

export type Stat = Readonly<Record<string, unknown>> & { readonly type: string };

/** mediasoup probes the bandwidth towards a receiver by packets of this SSRC: padding, no media. */
const probationSsrc = 1234;

/** What the SFU calls a stream. */
export interface StreamName {
  readonly id: string;
  readonly producer: string;
  readonly paused: boolean;
}

function number(stat: Stat | undefined, name: string): number | null {
  const value = stat?.[name];
  return typeof value === 'number' ? value : null;
}

function text(stat: Stat | undefined, name: string): string | null {
  const value = stat?.[name];
  return typeof value === 'string' ? value : null;
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}

/** Sum of those that are there; missing when none is. */
function sum(...parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((total, part) => total + part, 0);
}

type Counted = { readonly [name in keyof StreamCounters]?: number | null };

function counted(values: Counted): Partial<StreamCounters> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function received(stat: Stat, kind: MediaKind): Partial<StreamCounters> {
  const always: Counted = {
    receivedPacketsTotal: number(stat, 'packetsReceived'),
    receivedBytesTotal: sum(number(stat, 'bytesReceived'), number(stat, 'headerBytesReceived')),
    lostPacketsTotal: number(stat, 'packetsLost'),
    recoveredPacketsTotal: number(stat, 'retransmittedPacketsReceived'),
    nacksSentTotal: number(stat, 'nackCount'),
  };
  if (kind === 'audio')
    return counted({
      ...always,
      audioSamplesTotal: number(stat, 'totalSamplesReceived'),
      concealedSamplesTotal: number(stat, 'concealedSamples'),
    });
  return counted({
    ...always,
    plisSentTotal: number(stat, 'pliCount'),
    framesReceivedTotal: number(stat, 'framesReceived'),
    framesDecodedTotal: number(stat, 'framesDecoded'),
    framesDroppedTotal: number(stat, 'framesDropped'),
    freezesTotal: number(stat, 'freezeCount'),
    freezeMsTotal: toMs(number(stat, 'totalFreezesDuration')),
  });
}

function sent(stat: Stat, kind: MediaKind): Partial<StreamCounters> {
  return counted({
    sentPacketsTotal: number(stat, 'packetsSent'),
    sentBytesTotal: sum(number(stat, 'bytesSent'), number(stat, 'headerBytesSent')),
    nacksReceivedTotal: number(stat, 'nackCount'),
    plisReceivedTotal: kind === 'video' ? number(stat, 'pliCount') : null,
    framesEncodedTotal: kind === 'video' ? number(stat, 'framesEncoded') : null,
  });
}

/** The candidate pair that the transport uses. */
function selectedPair(stats: ReadonlyMap<string, Stat>): Stat | undefined {
  for (const stat of stats.values()) {
    const pair = stat.type === 'transport' ? text(stat, 'selectedCandidatePairId') : null;
    if (pair !== null) return stats.get(pair);
  }
  return undefined;
}

function streamOf(
  stat: Stat,
  name: StreamName,
  remote: Stat | undefined,
  pair: Stat | undefined,
): PageStream {
  const direction = stat.type === 'inbound-rtp' ? 'in' : 'out';
  const kind: MediaKind = text(stat, 'kind') === 'audio' ? 'audio' : 'video';
  const video = kind === 'video';
  return {
    direction,
    kind,
    id: name.id,
    producer: name.producer,
    ssrc: number(stat, 'ssrc') ?? 0,
    rid: text(stat, 'rid'),
    statMs: number(stat, 'timestamp') ?? 0,
    paused: name.paused,
    width: video ? number(stat, 'frameWidth') : null,
    height: video ? number(stat, 'frameHeight') : null,
    counters: direction === 'in' ? received(stat, kind) : sent(stat, kind),
    jitterMs: toMs(number(direction === 'in' ? stat : remote, 'jitter')),
    // A receiver has no other measure of the round trip than ICE's own checks.
    rttMs: toMs(number(remote, 'roundTripTime') ?? number(pair, 'currentRoundTripTime')),
    availableBitrateBps: direction === 'out' && video ? number(pair, 'availableOutgoingBitrate') : null,
    bufferedMsTotal: direction === 'in' ? toMs(number(stat, 'jitterBufferDelay')) : null,
    emittedTotal: direction === 'in' ? number(stat, 'jitterBufferEmittedCount') : null,
    qualityLimitation: text(stat, 'qualityLimitationReason'),
  };
}

/** Streams of one transport. `names`: by mid; a stream without a name is none of ours (padding probes). */
export function streamsOf(
  stats: ReadonlyMap<string, Stat>,
  names: ReadonlyMap<string, StreamName>,
): PageStream[] {
  const pair = selectedPair(stats);
  const remotes = new Map<string, Stat>();
  for (const stat of stats.values())
    if (stat.type === 'remote-inbound-rtp') remotes.set(text(stat, 'localId') ?? '', stat);
  const streams: PageStream[] = [];
  for (const [key, stat] of stats) {
    if (stat.type !== 'inbound-rtp' && stat.type !== 'outbound-rtp') continue;
    const name = names.get(text(stat, 'mid') ?? '');
    if (name === undefined || number(stat, 'ssrc') === probationSsrc) continue;
    streams.push(streamOf(stat, name, remotes.get(key), pair));
  }
  return streams;
}
