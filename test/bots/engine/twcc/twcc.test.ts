/** Transport-wide feedback: known packets, and what the recorder writes read back arrival by arrival. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { reason } from '../../../../bots/engine/reason.ts';
import { RtcpCursor } from '../../../../bots/engine/rtcp/compound.ts';
import { feedbackMediaSsrc, feedbackSenderSsrc } from '../../../../bots/engine/rtcp/feedback.ts';
import { RtpHeader } from '../../../../bots/engine/rtp/header.ts';
import { TransportFeedback } from '../../../../bots/engine/twcc/feedback.ts';
import { TransportFeedbackRecorder } from '../../../../bots/engine/twcc/recorder.ts';
import { fromHex } from '../../../vectors/hex.ts';
import { rtcp } from '../../../vectors/rtcp.ts';

const cursor = new RtcpCursor();
const feedback = new TransportFeedback();
const bytes = new Uint8Array(1200);
const header = new RtpHeader();

function arrive(recorder: TransportFeedbackRecorder, sequence: number, arrivalUs: number): void {
  header.arrivalMs = arrivalUs / 1000;
  recorder.record(sequence, header);
}

describe('transport-wide feedback', () => {
  for (const [name, vector] of Object.entries({ run: rtcp.feedbackRun, vector: rtcp.feedbackVector })) {
    it(`reads a known packet: ${name}`, () => {
      const packet = fromHex(vector.packet);
      assert.equal(cursor.open(packet, 0, packet.length), 1);
      assert.ok(cursor.next());
      assert.equal(feedback.open(packet, 0, cursor.length), vector.statuses.length);
      assert.equal(feedbackSenderSsrc(packet, 0), vector.senderSsrc);
      assert.equal(feedbackMediaSsrc(packet, 0), vector.mediaSsrc);
      assert.deepEqual(
        [feedback.baseSequence, feedback.referenceTime, feedback.feedbackCount],
        [vector.base, vector.referenceTime, vector.feedbackCount],
      );
      for (const [sequence, delta] of vector.statuses) {
        assert.ok(feedback.next());
        assert.deepEqual(
          [feedback.sequence, feedback.received ? feedback.deltaTicks : null],
          [sequence, delta],
        );
      }
      assert.equal(feedback.next(), false);
    });
  }

  it('refuses truncations, empty runs, reserved symbols and no statuses', () => {
    const whole = fromHex(rtcp.feedbackVector.packet);
    for (let length = 0; length < 32; length += 1) {
      assert.equal(feedback.open(whole, 0, length), reason.truncated, String(length));
    }
    const head = '8fcd0005 00000001 00000002 0001';
    for (const rest of [
      '0000 ffffff01 20010000',
      '0001 ffffff01 00000000',
      '0001 ffffff01 60010000',
      '0001 ffffff01 f0000000',
    ]) {
      const packet = fromHex(`${head}${rest}`);
      assert.equal(feedback.open(packet, 0, packet.length), reason.malformed, rest);
      assert.equal(feedback.next(), false);
    }
  });
});

/** Everything that the recorder has to say, as sequence → arrival in ticks, or null for lost. */
function drain(recorder: TransportFeedbackRecorder, capacity = 1200): Map<number, number | null>[] {
  const packets: Map<number, number | null>[] = [];
  while (true) {
    const length = recorder.build(bytes, 0, capacity, 1, 2);
    assert.ok(length >= 0 && length <= capacity && length % 4 === 0, String(length));
    if (length === 0) return packets;
    assert.equal(cursor.open(bytes, 0, length), 1);
    assert.ok(cursor.next());
    assert.ok(feedback.open(bytes, 0, cursor.length) > 0);
    const statuses = new Map<number, number | null>();
    while (feedback.next()) statuses.set(feedback.sequence, feedback.received ? feedback.arrivalTicks : null);
    packets.push(statuses);
  }
}

describe('the recorder', () => {
  it('reports every arrival and every gap, whatever the order, times and size of packets', () => {
    const arrival = fc.record({
      skip: fc.integer({ min: 1, max: 40 }),
      afterUs: fc.integer({ min: -20_000, max: 2_000_000 }),
    });
    const steady = fc.record({
      skip: fc.constantFrom(1, 1, 1, 2),
      afterUs: fc.integer({ min: 0, max: 60_000 }),
    });
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.oneof({ weight: 1, arbitrary: arrival }, { weight: 30, arbitrary: steady }), {
          minLength: 1,
          maxLength: 300,
        }),
        fc.integer({ min: 40, max: 1200 }),
        fc.integer({ min: 1, max: 50 }),
        (first, arrivals, capacity, perFeedback) => {
          const recorder = new TransportFeedbackRecorder(4096);
          const expected = new Map<number, number | null>();
          const reported = new Map<number, number | null>();
          const collect = (): void => {
            for (const packet of drain(recorder, capacity))
              for (const [sequence, tick] of packet) reported.set(sequence, tick);
          };
          let sequence = first;
          let nowUs = 5_000_000;
          arrivals.forEach(({ skip, afterUs }, index) => {
            const gap = index === 0 ? 0 : skip;
            for (let lost = 1; lost < gap; lost += 1) expected.set((sequence + lost) & 0xffff, null);
            sequence = (sequence + gap) & 0xffff;
            nowUs = Math.max(0, nowUs + afterUs);
            arrive(recorder, sequence, nowUs);
            expected.set(sequence, Math.floor(nowUs / 250));
            if (index % perFeedback === 0) collect();
          });
          collect();
          assert.deepEqual(reported, expected);
          assert.equal(recorder.pending, false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('begins again where a late packet was reported lost, and ignores duplicates', () => {
    const recorder = new TransportFeedbackRecorder();
    for (const sequence of [65_534, 65_535, 1]) arrive(recorder, sequence, 1000 * 1000);
    assert.deepEqual(
      [...(drain(recorder)[0] ?? [])],
      [
        [65_534, 4000],
        [65_535, 4000],
        [0, null],
        [1, 4000],
      ],
    );
    arrive(recorder, 1, 2000 * 1000);
    assert.equal(recorder.pending, false);
    arrive(recorder, 0, 1100 * 1000);
    assert.deepEqual(
      [...(drain(recorder)[0] ?? [])],
      [
        [0, 4400],
        [1, 4000],
      ],
    );
    assert.equal(recorder.duplicatesTotal, 1);
    assert.equal(recorder.receivedTotal, 4);
  });

  it('forgets what its window does not hold, and says how much', () => {
    const recorder = new TransportFeedbackRecorder(64);
    for (let sequence = 0; sequence < 200; sequence += 1) arrive(recorder, sequence, sequence * 1000);
    assert.equal(recorder.unreportedTotal, 136);
    arrive(recorder, 100, 0);
    assert.equal(recorder.tooLateTotal, 1);
    const reported = drain(recorder).flatMap((packet) => [...packet.keys()]);
    assert.deepEqual(
      reported,
      Array.from({ length: 64 }, (_, index) => 136 + index),
    );
    arrive(recorder, 20_000, 1e9);
    assert.equal(drain(recorder)[0]?.size, 64);
  });

  it('packs a steady stream into few bytes', () => {
    const recorder = new TransportFeedbackRecorder();
    for (let sequence = 0; sequence < 100; sequence += 1) arrive(recorder, sequence, 1e6 + sequence * 1000);
    // head 20, one run of 100, a byte per delta
    assert.equal(recorder.build(bytes, 0, 1200, 1, 2), 124);
    assert.equal(recorder.build(bytes, 0, 1200, 1, 2), 0);
    arrive(recorder, 100, 2e6);
    assert.equal(recorder.build(bytes, 0, 20, 1, 2), reason.noSpace);
  });
});
