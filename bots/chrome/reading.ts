/** From what a page reads to a bot's readings: its clock becomes ours, differences become rates. Pure. */
import type { EndpointReading } from '../endpoint.ts';
import type { BotStreamReading, TrendName } from '../readings.ts';
import type { PageReading, PageStream } from './contract.ts';

/** Two readings closer than this say nothing of a rate. */
const leastIntervalMs = 200;

export function keyOf({ direction, id, ssrc }: PageStream): string {
  return `${direction}:${id}:${ssrc}`;
}

function frames({ direction, counters }: PageStream): number | undefined {
  return direction === 'in' ? counters.framesDecodedTotal : counters.framesEncodedTotal;
}

/** Frames per second since the previous reading. */
function fpsOf(stream: PageStream, previous: PageStream): number | null {
  const [now, before] = [frames(stream), frames(previous)];
  if (now === undefined || before === undefined || now < before) return null;
  return ((now - before) * 1000) / (stream.statMs - previous.statMs);
}

/** Mean delay in the jitter buffer of what left it since the previous reading. */
function bufferDelayOf(stream: PageStream, previous: PageStream): number | null {
  const emitted = (stream.emittedTotal ?? 0) - (previous.emittedTotal ?? 0);
  const delayMs = (stream.bufferedMsTotal ?? 0) - (previous.bufferedMsTotal ?? 0);
  return emitted > 0 && delayMs >= 0 ? delayMs / emitted : null;
}

function trendsOf(stream: PageStream, previous: PageStream | undefined): Partial<Record<TrendName, number>> {
  const { jitterMs, rttMs, availableBitrateBps, statMs, paused } = stream;
  const comparable =
    previous !== undefined && !paused && !previous.paused && statMs - previous.statMs >= leastIntervalMs;
  const values: Record<TrendName, number | null> = {
    fps: comparable ? fpsOf(stream, previous) : null,
    jitterBufferMs: comparable ? bufferDelayOf(stream, previous) : null,
    jitterMs: paused ? null : jitterMs,
    rttMs,
    availableBitrateBps,
    // Chrome does not say when a packet was captured.
    oneWayMs: null,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** `offsetMs`: our clock minus the page's. `previous`: by `keyOf`. */
export function readingsOf(
  bot: string,
  reading: PageReading,
  previous: ReadonlyMap<string, PageStream>,
  offsetMs: number,
): EndpointReading {
  const convert = (stream: PageStream): BotStreamReading => ({
    bot,
    direction: stream.direction,
    kind: stream.kind,
    id: stream.id,
    producer: stream.producer,
    ssrc: stream.ssrc,
    rid: stream.rid,
    atMs: reading.at + offsetMs,
    width: stream.width,
    height: stream.height,
    counters: stream.counters,
    trends: trendsOf(stream, previous.get(keyOf(stream))),
    qualityLimitation: stream.qualityLimitation,
    ...(stream.bufferedMsTotal === null || stream.emittedTotal === null
      ? {}
      : { buffered: [stream.bufferedMsTotal, stream.emittedTotal] as const }),
  });
  return { streams: reading.streams.map(convert), closed: reading.closed.map(convert) };
}
