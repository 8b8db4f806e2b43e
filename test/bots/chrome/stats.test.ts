import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageStream } from '../../../bots/chrome/contract.ts';
import { encodingsOf } from '../../../bots/chrome/encodings.ts';
import { keyOf, readingsOf } from '../../../bots/chrome/reading.ts';
import { type Stat, streamsOf } from '../../../bots/chrome/stats.ts';
import { smallVideo } from '../../support/bot-specs.ts';

const report = new Map<string, Stat>(
  Object.entries({
    T: { type: 'transport', selectedCandidatePairId: 'P' },
    P: { type: 'candidate-pair', currentRoundTripTime: 0.002, availableOutgoingBitrate: 900_000 },
    O: {
      type: 'outbound-rtp',
      kind: 'video',
      mid: '0',
      ssrc: 7,
      rid: 'r0',
      timestamp: 1000,
      packetsSent: 5,
      bytesSent: 100,
      headerBytesSent: 20,
      frameWidth: 320,
      frameHeight: 180,
      framesEncoded: 4,
      nackCount: 1,
      pliCount: 2,
      qualityLimitationReason: 'cpu',
    },
    R: { type: 'remote-inbound-rtp', localId: 'O', roundTripTime: 0.005, jitter: 0.001 },
    I: {
      type: 'inbound-rtp',
      kind: 'audio',
      mid: '1',
      ssrc: 8,
      timestamp: 1000,
      packetsReceived: 9,
      bytesReceived: 90,
      packetsLost: -1,
      jitter: 0.003,
      totalSamplesReceived: 480,
      concealedSamples: 48,
      jitterBufferDelay: 4.8,
      jitterBufferEmittedCount: 480,
    },
    // mediasoup-client's receiver of bandwidth probes.
    X: { type: 'inbound-rtp', kind: 'video', mid: 'probator', ssrc: 1234, packetsReceived: 99 },
  }),
);
const names = new Map([
  ['0', { id: 'mine', producer: 'mine', paused: false }],
  ['1', { id: 'theirs', producer: 'far', paused: false }],
]);

function streams(): [PageStream, PageStream] {
  const [out, received, ...more] = streamsOf(report, names);
  assert.ok(out && received);
  assert.equal(more.length, 0);
  return [out, received];
}

function ratesOf(streams: readonly PageStream[], previous: ReadonlyMap<string, PageStream>) {
  return readingsOf('bot', { at: 0, streams, closed: [] }, previous, 0).streams;
}

describe('streams of a getStats report', () => {
  it('names them as the SFU does, in our units', () => {
    const [out, received] = streams();
    assert.deepEqual(out.counters, {
      sentPacketsTotal: 5,
      sentBytesTotal: 120,
      nacksReceivedTotal: 1,
      plisReceivedTotal: 2,
      framesEncodedTotal: 4,
    });
    assert.deepEqual(
      [out.id, out.rid, out.rttMs, out.jitterMs, out.availableBitrateBps, out.qualityLimitation],
      ['mine', 'r0', 5, 1, 900_000, 'cpu'],
    );
    assert.deepEqual(received.counters, {
      receivedPacketsTotal: 9,
      receivedBytesTotal: 90,
      lostPacketsTotal: -1,
      audioSamplesTotal: 480,
      concealedSamplesTotal: 48,
    });
    assert.deepEqual(
      [received.id, received.producer, received.rttMs, received.jitterMs, received.width],
      ['theirs', 'far', 2, 3, null],
    );
  });

  it('leaves out what the report does not have, rather than 0', () => {
    const bare = new Map<string, Stat>([['I', { type: 'inbound-rtp', kind: 'video', mid: '1' }]]);
    const [stream] = streamsOf(bare, names);
    assert.ok(stream);
    assert.deepEqual(stream.counters, {});
    const {
      streams: [reading],
      closed: [gone],
    } = readingsOf('bot', { at: 5, streams: [stream], closed: [stream] }, new Map(), 100);
    assert.deepEqual(gone, reading);
    assert.deepEqual([reading?.trends, reading?.atMs], [{}, 105]);
  });

  it('makes rates of the difference to the previous reading only', () => {
    const [out, received] = streams();
    const later = [
      { ...out, statMs: 2000, counters: { ...out.counters, framesEncodedTotal: 34 } },
      { ...received, statMs: 2000, emittedTotal: 960, bufferedMsTotal: 4800 + 48_000 },
    ];
    const previous = new Map([out, received].map((stream) => [keyOf(stream), stream]));
    const readings = ratesOf(later, previous);
    assert.deepEqual(
      readings.map(({ trends }) => [trends.fps, trends.jitterBufferMs]),
      [
        [30, undefined],
        [undefined, 100],
      ],
    );
    const soon = ratesOf([{ ...out, statMs: 1050 }], previous);
    assert.equal(soon[0]?.trends.fps, undefined);
    const paused = ratesOf([{ ...out, statMs: 2000, paused: true }], previous);
    assert.equal(paused[0]?.trends.fps, undefined);
  });
});

describe('encodings', () => {
  it('splits the bitrate over simulcast layers, smallest first', () => {
    const layers = encodingsOf({ ...smallVideo, layers: 3, maxBitrateBps: 1_000_000 });
    assert.deepEqual(
      layers.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy),
      [4, 2, 1],
    );
    assert.equal(
      layers.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0),
      1_000_000,
    );
  });

  it('makes layers of VP9 spatial ones of one stream', () => {
    assert.deepEqual(encodingsOf({ ...smallVideo, codec: 'VP9', layers: 2 }), [
      { maxBitrate: 150_000, maxFramerate: 15, scalabilityMode: 'L2T3_KEY' },
    ]);
  });
});
