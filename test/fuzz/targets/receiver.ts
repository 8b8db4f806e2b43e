/** A whole receiving side, fed with headers of anything: no throw, and no growth. */
import { readUint16 } from '../../../bots/engine/bytes.ts';
import { Frames } from '../../../bots/engine/receive/frames.ts';
import { NackList } from '../../../bots/engine/receive/nack-list.ts';
import { StreamReceiver } from '../../../bots/engine/receive/stream-receiver.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import { TransportFeedbackRecorder } from '../../../bots/engine/twcc/recorder.ts';
import { fromHex } from '../../vectors/hex.ts';
import type { Target } from '../mutate.ts';

const header = new RtpHeader();
const stream = new StreamReceiver(1, 90_000);
const nacks = new NackList();
const frames = new Frames();
const recorder = new TransportFeedbackRecorder(256);
const sequences = new Uint16Array(1000);
const out = new Uint8Array(300);
let nowMs = 0;

export const receiver: Target = {
  name: 'receiver',
  stateful: true,
  seeds: ['80600001000000010000000101020304', '80e0ffff0000000200000001', '80600002000000030000000105'].map(
    (hex) => fromHex(hex),
  ),
  run(bytes, at, length) {
    if (parseRtp(header, bytes, at, length) < 0) return 0;
    nowMs += 1;
    header.arrivalMs = nowMs;
    if (stream.record(header, length, false) < 2) {
      nacks.packet(stream.extended, nowMs);
      frames.packet(stream.extended, header, length & 1, length & 1);
    } else stream.recordRestored(header.timestampBits & 0xffff);
    recorder.record(readUint16(bytes, at + 6), header);
    const asked = nacks.poll(nowMs, 10, sequences);
    return asked + recorder.build(out, 0, 300, 1, 2) + stream.lostTotal;
  },
};
