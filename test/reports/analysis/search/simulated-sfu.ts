/** An SFU and its generator as a search sees them, with a capacity that is known: pure, seeded, and in no real time. */

import { randomFrom } from '../../../../bots/random.ts';
import type { SearchOutcome, SearchStep, TrialStep } from '../../../../reports/analysis/search/goal.ts';
import { FlippingCore, slowedAfter, slowest, slowestAtStart, slowSpeed } from './flipping-core.ts';

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
  /** Share of trials in which a neighbour that nothing shows takes a quarter of what it bears. */
  readonly unseen?: number;
  /** Share of trials in which its core is slowed from outside, so that they are broken off and done again. */
  readonly slowed?: number;
  /** Standard deviation of the logarithm of its core's speed, from trial to trial, and how far that is misread. */
  readonly speedSpread?: number;
  readonly speedMisread?: number;
  /** Mean seconds that the core is fast, and slow, by turns: a trial that meets a slow one is broken off. */
  readonly flipSeconds?: number;
  /** It bears its capacity times the speed to this power. */
  readonly speedExponent?: number;
  /** Level above which the generator is the limit each time. */
  readonly ceiling?: number;
  /** Share of overloaded trials that never settle, and of that half that is not bad in both of its halves. */
  readonly restless?: number;
}

interface Conditions {
  /** Speeds of its core. */
  readonly met: number;
  readonly told: number;
  /** Of what it bears, from the mean, as a logarithm. */
  readonly deviation: number;
  readonly heldMs: number;
}

const unseenShare = 0.25;
const joinMs = 3_000;
const settlingMs = 16_000;
/** All bots leave, and the worker is idle soon. */
const leaveMs = 5_000;
/** A trial that never settles is measured after that. */
const settlingLimitMs = 60_000;
/** The hold of one that is bad already goes on for so long. */
const badHoldMs = 12_000;

export class SimulatedSfu {
  readonly #conditions: SimulatedConditions;
  readonly #random: () => number;
  #nowMs = 0;
  /** What is left of the overload, as a share. */
  #memory = 0;
  /** Of the core, in the trials that were answered good or bad: as they met it, and as they tell of it. */
  readonly #speeds: Pick<Conditions, 'met' | 'told'>[] = [];
  readonly #core: FlippingCore | null;

  constructor(conditions: SimulatedConditions) {
    this.#conditions = conditions;
    this.#random = randomFrom(conditions.seed);
    // Neighbouring seeds begin alike.
    for (let draw = 0; draw < 4; draw += 1) this.#random();
    const { flipSeconds } = conditions;
    this.#core = flipSeconds === undefined ? null : new FlippingCore(flipSeconds, this.#random);
  }

  /** What it is worth halfway through the time so far, in trials that tell of the speed in the middle of all. */
  get meanCapacity(): number {
    const { capacity, driftPerHour = 0, speedExponent = 0 } = this.#conditions;
    const middle = median(this.#speeds.map(({ told }) => told));
    const alike = this.#speeds.filter(({ told }) => Math.abs(Math.log(told / middle)) < 0.1);
    const speed = median(alike.map(({ met }) => met));
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
    const met = this.#conditionsOf(step);
    if (typeof met === 'number') return this.#brokenOff(step, met, memoryMs);
    this.#pass(joinMs + settlingMs, memoryMs);
    const { state, surplus } = this.#trial(step.level, met);
    if (state === 'good' || state === 'bad') this.#speeds.push(met);
    const restless = state === 'unsettled' || (state === 'bad' && this.#random() < 0.2);
    // What never settled is held to its end.
    const heldMs = surplus > 0 && !restless ? met.heldMs : step.durationMs;
    this.#pass((restless ? settlingLimitMs - settlingMs : 0) + heldMs, memoryMs);
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
      coreSpeed: this.#tellsOfSpeed ? met.told : null,
      workerCpuCores: Math.exp(Math.min(0, surplus)),
      ...(step.asItComes === true ? { asItComes: true } : {}),
    };
  }

  get #tellsOfSpeed(): boolean {
    const { speedSpread = 0 } = this.#conditions;
    return this.#core !== null || speedSpread > 0;
  }

  /** Of a trial, or the milliseconds after which it was broken off. */
  #conditionsOf(step: TrialStep): Conditions | number {
    const { durationMs, asItComes } = step;
    const { slowed = 0, noise, speedSpread = 0, speedMisread = 0 } = this.#conditions;
    const drawn = { deviation: this.#deviation(noise), heldMs: Math.min(durationMs, badHoldMs) };
    if (slowed > 0 && this.#random() < slowed)
      return asItComes
        ? { met: slowSpeed, told: slowSpeed, ...drawn }
        : joinMs + this.#random() * (settlingMs + durationMs);
    const misread = Math.exp(this.#deviation(speedMisread));
    if (this.#core !== null) return this.#flippingIn(this.#core, step, misread, drawn);
    const met = Math.exp(this.#deviation(speedSpread));
    return { met, told: met * misread, ...drawn };
  }

  /** A good trial meets more of the core's flips than one that is bad, and over, before them. */
  #flippingIn(
    core: FlippingCore,
    { level, durationMs, asItComes }: TrialStep,
    misread: number,
    drawn: Pick<Conditions, 'deviation' | 'heldMs'>,
  ): Conditions | number {
    const before = core.live((joinMs + settlingMs) / 1_000);
    const first = core.live(drawn.heldMs / 1_000);
    const isOver = this.#surplus(level, slowest(first), drawn.deviation) > 0;
    const held = isOver ? first : [...first, ...core.live((durationMs - drawn.heldMs) / 1_000)];
    const slowAfter = slowedAfter([...before, ...held]);
    if (slowAfter !== null && !asItComes) return slowAfter * 1_000;
    const told = asItComes ? slowest(held) : slowestAtStart(before);
    return { met: slowest(held), told: told * misread, ...drawn };
  }

  #brokenOff({ level, durationMs, purpose }: TrialStep, elapsedMs: number, memoryMs: number): SearchOutcome {
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
    { met, deviation }: Conditions,
  ): {
    readonly state: 'good' | 'bad' | 'unsettled' | 'invalid';
    readonly surplus: number;
  } {
    const { stalls = 0, ceiling = Infinity, restless = 0, unseen = 0 } = this.#conditions;
    const taken = unseen > 0 && this.#random() < unseen ? unseenShare : 0;
    const surplus = this.#surplus(level, met, deviation) - Math.log(1 - taken);
    const stalled = this.#random() < stalls;
    if (level > ceiling || stalled) return { state: 'invalid', surplus };
    if (surplus <= 0) return { state: 'good', surplus };
    return { state: this.#random() < restless / 2 ? 'unsettled' : 'bad', surplus };
  }

  /** Of the level over what it bears, as a logarithm. */
  #surplus(level: number, speed: number, deviation: number): number {
    const { capacity, driftPerHour = 0, speedExponent = 0 } = this.#conditions;
    const drift = (driftPerHour * this.#nowMs) / 3_600_000;
    const bears = capacity * (1 - this.#memory) * speed ** speedExponent;
    return Math.log(level / bears) - drift - deviation;
  }

  #pass(ms: number, memoryMs: number): void {
    this.#memory *= Math.exp(-ms / memoryMs);
    this.#nowMs += ms;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 1;
}
