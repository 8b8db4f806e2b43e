/** VP8 and H264 payloads, and marks. */
import { H264Payload, readH264 } from '../../../bots/engine/payload/h264.ts';
import { Mark, readMark } from '../../../bots/engine/payload/mark.ts';
import { readVp8, Vp8Descriptor } from '../../../bots/engine/payload/vp8.ts';
import { fromHex } from '../../vectors/hex.ts';
import type { Target } from '../mutate.ts';

const descriptor = new Vp8Descriptor();
const nal = new H264Payload();
const mark = new Mark();

export const payloads: readonly Target[] = [
  {
    name: 'vp8',
    seeds: ['90f0ffff2ae501', 'b0801100', '9080811100', '1000'].map((hex) => fromHex(hex)),
    run: (bytes, at, length) =>
      readVp8(descriptor, bytes, at, length) + descriptor.pictureId + Number(descriptor.keyFrame),
  },
  {
    name: 'h264',
    seeds: ['78000267420002 68ce', '7c8500aabb', '6588aabb'].map((hex) => fromHex(hex)),
    run: (bytes, at, length) => readH264(nal, bytes, at, length) + Number(nal.keyFrame),
  },
  {
    name: 'mark',
    seeds: ['90805346554212345678000100020000000300000004fffffff0', '5346554212345678'].map((hex) =>
      fromHex(hex),
    ),
    run(bytes, at, length) {
      const read = readMark(mark, bytes, at, length);
      return read < 0 ? read : mark.sourceBits + mark.layer + mark.kind + mark.frameBits + mark.sentBits;
    },
  },
];
