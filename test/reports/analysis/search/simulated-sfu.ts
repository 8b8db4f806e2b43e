/** An SFU and its generator as a search sees them, with a capacity that is known: pure, seeded, and in no real time. */

import { randomFrom } from '../../../../bots/random.ts';
import type { SearchOutcome, SearchStep, TrialStep } from '../../../../reports/analysis/search/goal.ts';

export interface SimulatedConditions {
  readonly seed: number;
  /** At the beginning: the level at which a trial is bad with probability ½. */
  readonly capacity: number;
  /** Standard deviation of the logarithm of what it bears, from trial to trial. */
  readonly noise: number;
  /** Change of the logarithm of the capacity in an hour. */
  readonly driftPerHour?: number;
  /** By which share it bears less right after an overload; wears off over `memoryMs`, ten times as fast in a drain. */
  readonly memory?: number;
  readonly memoryMs?: number;
  /** Share of trials in which the generator stalls. */
  readonly stalls?: number;
  /** Share of trials in which its core is slowed from outside, so that they are broken off and done again. */
  readonly slowed?: number;
  /** Standard deviation of the logarithm of its core's speed, from trial to trial, and how far that is misread. */
  readonly speedSpread?: number;
  readonly speedMisread?: number;
  /** It bears its capacity times the speed to this power. */
  readonly speedExponent?: number;
  /** Level above which the generator is the limit each time. */
  readonly ceiling?: number;
  /** Share of overloaded trials that never settle, and of that half that is not bad in both of its halves. */
  readonly restless?: number;
}

const joinMs = 3_000;
const settlingMs = 16_000;
/** All bots leave, and the worker is idle soon. */
const leaveMs = 5_000;
/** A trial that never settles is measured after that. */
const settlingLimitMs = 60_000;

export class SimulatedSfu {
  readonly #conditions: SimulatedConditions;
  readonly #random: () => number;
  #nowMs = 0;
  /** What is left of the overload, as a share. */
  #memory = 0;
  /** Of the core, in the trials that were answered good or bad. */
  readonly #speeds: number[] = [];

  constructor(conditions: SimulatedConditions) {
    this.#conditions = conditions;
    this.#random = randomFrom(conditions.seed);
    // Neighbouring seeds begin alike.
    for (let draw = 0; draw < 4; draw += 1) this.#random();
  }

  /** What it is worth halfway through the time so far, at the speed in the middle of its trials. */
  get meanCapacity(): number {
    const { capacity, driftPerHour = 0, speedExponent = 0 } = this.#conditions;
    const speed = this.#speeds.toSorted((a, b) => a - b)[this.#speeds.length >> 1] ?? 1;
    return capacity * speed ** speedExponent * Math.exp((driftPerHour * this.#nowMs) / 7_200_000);
  }

  get minutes(): number {
    return this.#nowMs / 60_000;
  }

  answer(step: SearchStep): SearchOutcome {
    const began = this.#nowMs;
    const { memoryMs = 60_000 } = this.#conditions;
    if (step.kind === 'drain') {
      const wearingMs = (memoryMs / 10) * Math.log(Math.max(1, this.#memory / 0.005));
      const elapsedMs = Math.min(step.durationMs, leaveMs + wearingMs);
      this.#pass(elapsedMs, memoryMs / 10);
      return { kind: 'drain', elapsedMs };
    }
    if (step.kind === 'warm-up') {
      this.#pass(joinMs + step.durationMs, memoryMs);
      return { kind: 'warm-up', elapsedMs: joinMs + step.durationMs };
    }
    const { slowed = 0 } = this.#conditions;
    if (slowed > 0 && this.#random() < slowed) return this.#brokenOff(step, memoryMs);
    this.#pass(joinMs + settlingMs, memoryMs);
    const { speedSpread = 0, speedMisread = 0 } = this.#conditions;
    const speed = Math.exp(this.#deviation(speedSpread));
    const { state, surplus } = this.#trial(step.level, speed);
    if (state === 'good' || state === 'bad') this.#speeds.push(speed);
    const restless = state === 'unsettled' || (state === 'bad' && this.#random() < 0.2);
    this.#pass((restless ? settlingLimitMs - settlingMs : 0) + step.durationMs, memoryMs);
    if (surplus > 0) this.#memory = this.#conditions.memory ?? 0;
    return {
      kind: 'trial',
      level: step.level,
      durationMs: step.durationMs,
      purpose: step.purpose,
      elapsedMs: this.#nowMs - began,
      state,
      violationRatio: surplus > 0 ? 0.005 + surplus : surplus > -0.05 ? 0.002 : 0,
      reasons: state === 'bad' ? ['loss'] : [],
      coreSpeed: speedSpread === 0 ? null : speed * Math.exp(this.#deviation(speedMisread)),
    };
  }

  /** Somewhere between its first join and its end. */
  #brokenOff({ level, durationMs, purpose }: TrialStep, memoryMs: number): SearchOutcome {
    const elapsedMs = joinMs + this.#random() * (settlingMs + durationMs);
    this.#pass(elapsedMs, memoryMs);
    return {
      kind: 'trial',
      level,
      durationMs,
      purpose,
      elapsedMs,
      state: 'invalid',
      violationRatio: null,
      reasons: [],
      disturbed: true,
    };
  }

  /** Drawn from a logistic distribution; nothing is drawn where it has no spread. */
  #deviation(spread: number): number {
    if (spread === 0) return 0;
    const u = this.#random();
    return (spread * Math.sqrt(3) * Math.log(u / (1 - u))) / Math.PI;
  }

  #trial(
    level: number,
    speed: number,
  ): {
    readonly state: 'good' | 'bad' | 'unsettled' | 'invalid';
    readonly surplus: number;
  } {
    const {
      capacity,
      noise,
      driftPerHour = 0,
      stalls = 0,
      ceiling = Infinity,
      restless = 0,
      speedExponent = 0,
    } = this.#conditions;
    const deviation = this.#deviation(noise) + speedExponent * Math.log(speed);
    const drift = (driftPerHour * this.#nowMs) / 3_600_000;
    const bears = Math.log(capacity) + drift + deviation + Math.log(1 - this.#memory);
    const surplus = Math.log(level) - bears;
    const stalled = this.#random() < stalls;
    if (level > ceiling || stalled) return { state: 'invalid', surplus };
    if (surplus <= 0) return { state: 'good', surplus };
    return { state: this.#random() < restless / 2 ? 'unsettled' : 'bad', surplus };
  }

  #pass(ms: number, memoryMs: number): void {
    this.#memory *= Math.exp(-ms / memoryMs);
    this.#nowMs += ms;
  }
}
