/** Rooms where people talk and nobody has a camera: speech with its pauses (ITU-T P.59) costs less than a constant stream. */
import type { Options } from 'sfubench';

export const options: Options = {
  // Forwards the comfort noise of pauses: without it (as in mediasoup-demo's rooms) 8 % of what is sent is never due.
  target: { kind: 'mediasoup', workers: 1, ignoreDtx: false },
  media: { audio: { speech: 'p59' }, video: false },
  scenarios: {
    rooms: {
      executor: 'staircase',
      bot: 'synthetic',
      rooms: { size: 10 },
      levels: [2, 4, 8],
      levelUnit: 'rooms',
      hold: '30s',
    },
  },
};
