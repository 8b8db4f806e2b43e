/**
 * The load of one arm: synthetic publishers, always the same, and consumers of one kind in their room. Few, since a
 * Chrome that holds the generator up says nothing; the same packets for all, since a packet's cost depends on how many
 * others there are.
 */
import type { Arm, CalibrationConditions } from './calibration.ts';
import { resolveScenario } from './load.ts';
import type { Scenario } from './scenario.ts';

/** Two at a time: a browser's start is no part of anything here. */
const joinsPerSecond = 2;
/** From a consumer's due instant until its media flows. */
const joinMs = 1_500;

export function armScenario(arm: Arm, conditions: CalibrationConditions, seed: number): Scenario {
  const { publishers, consumers, video, settleMs, holdMs } = conditions;
  const options = {
    seed,
    target: { kind: 'mediasoup', workers: 1 },
    media: { audio: true, video },
    // Chrome's arm has the publishers of the arm that it is compared with.
    synthetic: { wake: arm === 'batch' ? 'batch' : 'packet', feedback: 'chrome' },
    scenarios: {
      publishers: {
        executor: 'staircase',
        bot: 'synthetic',
        rooms: { size: publishers },
        consume: 'none',
        levels: [publishers],
        // Consumers come when the publishers are there, and are to settle for as long as is asked.
        settle: settleMs + (consumers / joinsPerSecond) * 1000 + joinMs,
        hold: holdMs,
      },
      consumers: {
        executor: 'constant-vus',
        bot: arm === 'chrome' ? 'chrome' : 'synthetic',
        vus: consumers,
        joins: 'publishers',
        joinRate: joinsPerSecond,
      },
    },
  };
  return resolveScenario({ path: `calibration-${arm}.ts`, text: '', exports: { options } });
}

/** How long a run of it takes, about, with start, drain and end. */
export function armMs({ consumers, settleMs, holdMs }: CalibrationConditions): number {
  return settleMs + (consumers / joinsPerSecond) * 1000 + joinMs + holdMs + 6_000;
}
