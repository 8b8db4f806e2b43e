/**
 * The load of one run of a calibration: synthetic publishers, and in their room Chrome's consumers and synthetic ones,
 * which take turns. Few, since a Chrome that holds the generator up says nothing; the same worker, publishers,
 * transports and packets for both, since a packet's cost depends on how many others there are.
 */
import { fileURLToPath } from 'node:url';
import type { CalibrationConditions, Wake } from './calibration.ts';
import * as behaviour from './calibration-turns.ts';
import { moduleEnding } from './host-process.ts';
import { resolveScenario } from './load.ts';
import type { Scenario } from './scenario.ts';

/** Two at a time: a browser's start is no part of anything here. */
const joinsPerSecond = 2;
/** From a consumer's due instant until its media flows. */
const joinMs = 1_500;

export function calibrationScenario(wake: Wake, conditions: CalibrationConditions, seed: number): Scenario {
  const { publishers, consumers, video, settleMs, holdMs } = conditions;
  const side = {
    executor: 'constant-vus',
    vus: consumers,
    joins: 'publishers',
    joinRate: joinsPerSecond,
  };
  const options = {
    seed,
    target: { kind: 'mediasoup', workers: 1 },
    media: { audio: true, video },
    synthetic: { wake, feedback: 'chrome' },
    scenarios: {
      publishers: {
        executor: 'staircase',
        bot: 'synthetic',
        rooms: { size: publishers },
        consume: 'none',
        levels: [publishers],
        // Consumers come when the publishers are there, and are to settle for as long as is asked.
        settle: settleMs + joiningMs(conditions),
        hold: holdMs,
      },
      chrome: { ...side, bot: 'chrome', exec: 'chrome' },
      synthetic: { ...side, bot: 'synthetic', exec: 'synthetic' },
    },
  };
  const path = fileURLToPath(new URL(`./calibration-turns${moduleEnding}`, import.meta.url));
  return resolveScenario({ path, text: '', exports: { options, ...behaviour } });
}

/** Both sides join at once, each at its rate. */
function joiningMs({ consumers }: CalibrationConditions): number {
  return (consumers / joinsPerSecond) * 1000 + joinMs;
}

/** How long a run of it takes, about, with start, drain and end. */
export function runMs(conditions: CalibrationConditions): number {
  return conditions.settleMs + joiningMs(conditions) + conditions.holdMs + 6_000;
}
