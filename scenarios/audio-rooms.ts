/** Rooms where people talk and nobody has a camera: speech with its pauses (ITU-T P.59) costs less than a constant stream. */
import type { Options } from 'sfubench';

export const options: Options = {
  target: { kind: 'mediasoup', workers: 1 },
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
