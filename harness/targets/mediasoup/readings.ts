/**
 * Reads workers and streams for the collector. Every figure is what was read or null; nothing here throws because
 * something closed in between, and a worker that does not answer costs one time-out, not one per stream.
 *
 * What mediasoup 3.27 counts (worker/src/RTC: Consumer.cpp, RTP/RtpStreamSend.cpp, WebRtcTransport.cpp,
 * Transport.cpp, RateCalculator.cpp):
 * - A consumer's `packetCount` rises once per media packet that is handed to its transport under the consumer's own
 *   SSRC. Packets of a consumer that is paused, or whose transport is not connected (ICE and DTLS), are dropped
 *   before they are counted, and so are duplicates and the layers that are not forwarded; sequence numbers are
 *   closed up behind them. So: nothing is counted that had nowhere to go.
 * - Retransmissions are not in it, they are `packetsRetransmitted` (with RTX under an SSRC of their own; without RTX
 *   they arrive under the media SSRC, where a receiver must know them as repeats). A retransmission is also not a
 *   loss repaired in `packetsLost`, which is the receiver's own count from its last receiver report.
 * - Probation is not in it: it has SSRC 1234 and its own counter in the transport's stats. Packets of nothing but
 *   padding that a producer sends under its media SSRC are, where the codec lets them through; their bytes are not.
 * - What the socket then loses is in it: a packet is counted before it is encrypted and sent, so a send buffer that
 *   overflows shows as loss at the receiver.
 * Hence over a window in which streams stay connected: sum of received + lost at receivers = sum of `packetsTotal`,
 * up to what is under way at both ends.
 * - A producer's entry counts the media that arrived, and of retransmissions those that filled a gap;
 *   `packetsRetransmitted` has all of them.
 */
import { readFile } from 'node:fs/promises';
import type { types } from 'mediasoup';
import { nowMs, sleepMs } from '../../clock.ts';
import { runqueueMsTotal } from '../../probes/runqueue.ts';
import type { NodeReadings, StreamReading, StreamSelection, WorkerReading } from '../control.ts';
import type { CoreWork } from './core-work.ts';
import type { CarriedStream } from './load.ts';
import type { MediaWorker } from './worker.ts';

/** The collector asks each second: an answer must be there, or be missing, before the next question. */
const workerTimeoutMs = 900;
/** A full sweep asks every stream, at 22 µs of the worker's time each. */
const sweepTimeoutMs = 8000;
const rotationSize = 10;
const sweepConcurrency = 32;

type Usage = Pick<types.WorkerResourceUsage, 'ru_utime' | 'ru_stime' | 'ru_nvcsw' | 'ru_nivcsw'>;

interface Answer {
  readonly usage: Usage;
  readonly atMs: number;
  readonly loopLagMs: number;
}

/** One question at a time: a worker that does not answer must not collect a queue of them. */
const asked = new WeakMap<MediaWorker, Promise<Answer | null>>();

function ask(worker: MediaWorker): Promise<Answer | null> {
  const open = asked.get(worker);
  if (open !== undefined) return open;
  const sentMs = nowMs();
  const question = worker.worker.getResourceUsage().then(
    (usage) => {
      const atMs = nowMs();
      return { usage, atMs, loopLagMs: atMs - sentMs };
    },
    () => null,
  );
  asked.set(worker, question);
  void question.finally(() => asked.delete(worker));
  return question;
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  const stop = new AbortController();
  try {
    return await Promise.race([promise, sleepMs(ms, stop.signal).then(() => null)]);
  } finally {
    stop.abort();
  }
}

export async function readNode(
  workers: readonly MediaWorker[],
  selection: StreamSelection,
  coreWork: Pick<CoreWork, 'take'>,
): Promise<NodeReadings> {
  const read = await Promise.all(workers.map((worker) => readAll(worker, selection, coreWork)));
  return {
    atMs: nowMs(),
    workers: read.map(({ reading }) => reading),
    streams: read.flatMap(({ streams }) => streams),
  };
}

async function readAll(
  worker: MediaWorker,
  selection: StreamSelection,
  coreWork: Pick<CoreWork, 'take'>,
): Promise<{ reading: WorkerReading; streams: readonly StreamReading[] }> {
  const reading = await readWorker(worker, coreWork);
  // A worker that did not answer would not answer about its streams either.
  if (selection === 'none' || reading.loopLagMs === null) return { reading, streams: [] };
  const carried = selection === 'all' ? worker.load.all() : worker.load.rotate(rotationSize);
  return {
    reading,
    streams: await readStreams(worker.index, carried, selection === 'all' ? sweepTimeoutMs : workerTimeoutMs),
  };
}

async function readWorker(worker: MediaWorker, coreWork: Pick<CoreWork, 'take'>): Promise<WorkerReading> {
  const [answer, rssBytes] = worker.alive
    ? await Promise.all([within(ask(worker), workerTimeoutMs), readRssBytes(worker.worker.pid)])
    : [null, null];
  const { load } = worker;
  return {
    index: worker.index,
    pid: worker.worker.pid,
    // It may have died while it was asked.
    alive: worker.alive,
    atMs: answer?.atMs ?? nowMs(),
    userCpuMsTotal: answer?.usage.ru_utime ?? null,
    systemCpuMsTotal: answer?.usage.ru_stime ?? null,
    rssBytes,
    voluntarySwitchesTotal: answer?.usage.ru_nvcsw ?? null,
    involuntarySwitchesTotal: answer?.usage.ru_nivcsw ?? null,
    runqueueMsTotal: worker.alive ? runqueueMsTotal(worker.worker.pid) : null,
    loopLagMs: answer?.loopLagMs ?? null,
    coreWorkUs: worker.core === null ? null : coreWork.take(worker.core),
    rooms: load.rooms.size,
    peers: load.peers.size,
    transports: load.transports.size,
    ...load.count(),
  };
}

/** Resident memory now; getrusage only knows its peak. */
async function readRssBytes(pid: number): Promise<number | null> {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

/** Asks for streams, a bounded number at a time; those that closed or were not answered in time are left out. */
async function readStreams(
  worker: number,
  carried: readonly CarriedStream[],
  timeoutMs: number,
): Promise<readonly StreamReading[]> {
  const readings: StreamReading[] = [];
  const next = carried.values();
  const deadlineMs = nowMs() + timeoutMs;
  const line = async (): Promise<void> => {
    for (const stream of next) {
      const leftMs = deadlineMs - nowMs();
      if (leftMs <= 0) return;
      const stats = await within(statsOf(stream), leftMs);
      for (const entry of stats ?? []) readings.push(readingOf(worker, stream, entry));
    }
  };
  await Promise.all(Array.from({ length: sweepConcurrency }, line));
  return readings;
}

type Entry = types.RtpStreamSendStats | types.RtpStreamRecvStats;

/** A consumer's stats hold its producer's stream too: only what it sends itself is kept. */
async function statsOf({ side, source }: CarriedStream): Promise<readonly Entry[]> {
  const wanted = side === 'consumer' ? 'outbound-rtp' : 'inbound-rtp';
  try {
    return (await source.getStats()).filter(({ type }) => type === wanted);
  } catch {
    return [];
  }
}

function readingOf(worker: number, { side, source, room, peer }: CarriedStream, entry: Entry): StreamReading {
  return {
    side,
    id: source.id,
    worker,
    room,
    peer,
    kind: source.kind,
    ssrc: entry.ssrc,
    rid: entry.rid ?? null,
    // The worker's own clock, which is CLOCK_MONOTONIC in whole milliseconds as well.
    atMs: entry.timestamp,
    packetsTotal: entry.packetCount,
    bytesTotal: entry.byteCount,
    lostTotal: entry.packetsLost,
    retransmittedTotal: entry.packetsRetransmitted,
    nacksTotal: entry.nackCount,
    plisTotal: entry.pliCount,
    firsTotal: entry.firCount,
    bitrateBps: entry.bitrate,
    score: entry.score,
    rttMs: entry.roundTripTime === undefined || entry.roundTripTime === 0 ? null : entry.roundTripTime,
    jitter: entry.jitter,
  };
}
