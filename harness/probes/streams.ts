/**
 * What the SFU says of its streams. Between sweeps only a few of them are read each second, in rotation, so a second
 * has bitrates and scores of some consumers but never a sum over all; a sweep has the sums.
 */
import { encode } from '../../reports/analysis/histogram.ts';
import type { MetricValues } from '../metrics.ts';
import type { StreamReading } from '../targets/control.ts';

/** Of the consumers that were read this second. */
export function rotationValues(streams: readonly StreamReading[]): MetricValues {
  const consumers = streams.filter((stream) => stream.side === 'consumer');
  return {
    consumer_bitrate_bps: encode(consumers.map((stream) => stream.bitrateBps)),
    consumer_score: encode(consumers.flatMap((stream) => (stream.score === null ? [] : [stream.score]))),
  };
}

/** Of a sweep: the sums of each worker, by entity. */
export function sweepValues(streams: readonly StreamReading[]): ReadonlyMap<string, MetricValues> {
  const sums = new Map<number, { producers: number; consumers: number }>();
  for (const stream of streams) {
    const sum = sums.get(stream.worker) ?? { producers: 0, consumers: 0 };
    if (stream.side === 'producer') sum.producers += stream.packetsTotal;
    else sum.consumers += stream.packetsTotal;
    sums.set(stream.worker, sum);
  }
  return new Map(
    [...sums].map(([worker, sum]) => [
      `sweep:${worker}`,
      { producer_packets_received_total: sum.producers, consumer_packets_sent_total: sum.consumers },
    ]),
  );
}
