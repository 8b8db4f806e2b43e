/** What the engine itself costs per received packet: parse, statistics, NACK list, frames, transport-wide arrival. */
import { HotPath } from '../bots/engine/hot-path.ts';
import { median } from '../support/statistics.ts';

const packets = 1_024_000;
const rounds = 5;

function measure(streams: number, batch: number): { packetUs: number; feedbackUs: number } {
  const path = new HotPath(streams, batch);
  const received: number[] = [];
  const reported: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    let receiveMs = 0;
    let reportMs = 0;
    for (let done = 0; done < packets / rounds; done += batch) {
      path.refill();
      const before = performance.now();
      path.receive(nowMs);
      const between = performance.now();
      if (done % (batch * 10) === 0) path.report();
      reportMs += performance.now() - between;
      receiveMs += between - before;
      nowMs += 5;
    }
    received.push((receiveMs * 1000 * rounds) / packets);
    reported.push((reportMs * 1000 * rounds) / packets);
  }
  return { packetUs: median(received), feedbackUs: median(reported) };
}

export const bench = {
  title: `Engine, µs per received packet without SRTP (median of ${rounds})`,
  rows: async (): Promise<readonly (readonly string[])[]> => [
    ['streams', 'batch', 'packet', 'its share of feedback'],
    ...[
      [1, 64],
      [5, 64],
      [60, 64],
    ].map(([streams = 1, batch = 64]) => {
      const { packetUs, feedbackUs } = measure(streams, batch);
      return [String(streams), String(batch), packetUs.toFixed(3), feedbackUs.toFixed(3)];
    }),
  ],
};
