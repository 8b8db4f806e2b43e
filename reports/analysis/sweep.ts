/**
 * Two sweeps around a hold turn cumulative counters into rates. Each stream's rate is taken over its own
 * timestamps; a stream that is not in both sweeps, or whose counter went back, has no rate.
 */
import type { BotStreamReading } from '../../bots/readings.ts';
import type { Accounting } from '../../harness/record.ts';
import type { StreamReading, WorkerReading } from '../../harness/targets/control.ts';

/** Everything of both sides, read in full at one end of a hold. */
export interface Sweep {
  /** Null without a control endpoint. */
  readonly workers: readonly WorkerReading[] | null;
  readonly sfuStreams: readonly StreamReading[] | null;
  readonly botStreams: readonly BotStreamReading[];
}

export interface SfuRates {
  readonly packetsInPerSecond: number;
  readonly packetsOutPerSecond: number;
  readonly bitrateOutBps: number;
}

/** Σ of the streams' own rates; null without readings on either side. */
export function sfuRates(opening: Sweep, closing: Sweep): SfuRates | null {
  if (opening.sfuStreams === null || closing.sfuStreams === null) return null;
  const before = new Map(opening.sfuStreams.map((stream) => [streamKey(stream), stream]));
  let packetsInPerSecond = 0;
  let packetsOutPerSecond = 0;
  let bitrateOutBps = 0;
  for (const stream of closing.sfuStreams) {
    const first = before.get(streamKey(stream));
    if (first === undefined || stream.atMs <= first.atMs || stream.packetsTotal < first.packetsTotal)
      continue;
    const seconds = (stream.atMs - first.atMs) / 1000;
    const packetsPerSecond = (stream.packetsTotal - first.packetsTotal) / seconds;
    if (stream.side === 'producer') {
      packetsInPerSecond += packetsPerSecond;
    } else {
      packetsOutPerSecond += packetsPerSecond;
      bitrateOutBps += ((stream.bytesTotal - first.bytesTotal) * 8) / seconds;
    }
  }
  return { packetsInPerSecond, packetsOutPerSecond, bitrateOutBps };
}

/** CPU of each worker between the sweeps, in cores; null for a worker that did not answer at both ends. */
export function workerCpuCores(opening: Sweep, closing: Sweep): readonly (number | null)[] {
  return (closing.workers ?? []).map((last) => {
    const first = opening.workers?.find((worker) => worker.index === last.index && worker.pid === last.pid);
    if (first === undefined || last.atMs <= first.atMs) return null;
    const cpuMs = cpuMsTotal(last);
    const cpuMsBefore = cpuMsTotal(first);
    return cpuMs === null || cpuMsBefore === null ? null : (cpuMs - cpuMsBefore) / (last.atMs - first.atMs);
  });
}

export function cpuMsTotal(worker: WorkerReading): number | null {
  const { userCpuMsTotal, systemCpuMsTotal } = worker;
  return userCpuMsTotal === null || systemCpuMsTotal === null ? null : userCpuMsTotal + systemCpuMsTotal;
}

export interface Reception {
  readonly received: number;
  readonly lost: number;
  /** Packets that the consumers' publishers sent, once for each consumer that the plan asks for. */
  readonly due: number;
}

/**
 * What the bots received against what was due to them: each received stream is due as many packets as its publisher
 * sent meanwhile, and consumers that the plan asks for but nobody saw are due the mean. Simulcast publishers send
 * layers that nobody is due, so they are left out of `due`; null when nothing could be compared.
 */
export function reception(opening: Sweep, closing: Sweep, askedConsumers: number): Reception | null {
  const before = new Map(opening.botStreams.map((stream) => [botStreamKey(stream), stream]));
  const sent = new Map<string, number | null>();
  for (const stream of closing.botStreams) {
    if (stream.direction !== 'out') continue;
    const first = before.get(botStreamKey(stream));
    const packets = difference(first?.counters.sentPacketsTotal, stream.counters.sentPacketsTotal);
    sent.set(stream.producer, sent.has(stream.producer) ? null : packets);
  }
  let received = 0;
  let lost = 0;
  let due = 0;
  let compared = 0;
  let paused = 0;
  for (const stream of closing.botStreams) {
    if (stream.direction !== 'in') continue;
    const first = before.get(botStreamKey(stream));
    const packets = difference(first?.counters.receivedPacketsTotal, stream.counters.receivedPacketsTotal);
    const expected = sent.get(stream.producer) ?? null;
    if (packets === null || expected === null) continue;
    // What the bot itself did not want for a while was not due to it.
    if ((stream.pausedMs ?? 0) > (first?.pausedMs ?? 0)) {
      paused += 1;
      continue;
    }
    received += packets;
    lost += difference(first?.counters.lostPacketsTotal, stream.counters.lostPacketsTotal) ?? 0;
    due += expected;
    compared += 1;
  }
  if (compared === 0 && sent.size === 0) return null;
  const sentValues = [...sent.values()].filter((packets) => packets !== null);
  const meanSent = sentValues.reduce((sum, packets) => sum + packets, 0) / Math.max(1, sentValues.length);
  const missing = sent.size === sentValues.length ? Math.max(0, askedConsumers - compared - paused) : 0;
  return { received, lost, due: due + missing * (compared > 0 ? due / compared : meanSent) };
}

/** Whole-life sums of both sides over the consumers that both sides know at the drain. */
export function accounting(drained: Sweep): Accounting | null {
  if (drained.sfuStreams === null) return null;
  const sfu = new Map<string, number>();
  for (const stream of drained.sfuStreams) {
    if (stream.side !== 'consumer') continue;
    sfu.set(stream.id, (sfu.get(stream.id) ?? 0) + stream.packetsTotal);
  }
  let consumers = 0;
  let sentBySfu = 0;
  let receivedByBots = 0;
  let lostByBots = 0;
  for (const stream of drained.botStreams) {
    if (stream.direction !== 'in') continue;
    const sentPackets = sfu.get(stream.id);
    const receivedPackets = stream.counters.receivedPacketsTotal;
    if (sentPackets === undefined || receivedPackets === undefined) continue;
    consumers += 1;
    sentBySfu += sentPackets;
    receivedByBots += receivedPackets;
    lostByBots += stream.counters.lostPacketsTotal ?? 0;
  }
  const mismatchRatio = sentBySfu === 0 ? null : (receivedByBots + lostByBots) / sentBySfu - 1;
  return { consumers, sentBySfu, receivedByBots, lostByBots, mismatchRatio };
}

function streamKey(stream: StreamReading): string {
  return `${stream.side}/${stream.id}/${stream.ssrc}`;
}

function botStreamKey(stream: BotStreamReading): string {
  return `${stream.bot}/${stream.direction}/${stream.id}/${stream.ssrc}`;
}

function difference(before: number | undefined, after: number | undefined): number | null {
  return before === undefined || after === undefined || after < before ? null : after - before;
}
