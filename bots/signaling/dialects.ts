/** Every signalling dialect that a bot speaks. */
import type { HostSettings } from '../messages.ts';
import { MediasoupDemo } from './mediasoup-demo.ts';
import type { Dialect } from './signaling.ts';

export const dialects: Readonly<Record<HostSettings['dialect'], Dialect>> = {
  'mediasoup-demo': (options) => MediasoupDemo.create(options),
};
