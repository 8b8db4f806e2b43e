/** Under which conditions a group's step runs: how full its workers became, and whether their cores were slowed. */
import { CoreSpeed } from './core-speed.ts';
import type { Segment } from './executors/executor.ts';
import { Fullest } from './fullest.ts';
import type { Sample, TrialLimits } from './record.ts';
import type { Group } from './scenario.ts';

/** See fullest.ts and core-speed.ts. */
export interface TrialConditions {
  readonly fullestCpuCores: number | null;
  readonly coreSpeed: number | null;
  readonly coreSpeedAtStart: number | null;
  readonly coreSpeedMeasured: number | null;
  readonly coreBestUs: number | null;
}

export class Conditions {
  readonly #limits: TrialLimits;
  /** Groups that search, and measure again what was disturbed. */
  readonly #searching: ReadonlySet<string>;
  /** Those of them whose step is taken as it comes. */
  readonly #hurried = new Set<string>();
  readonly #fullest = new Fullest();
  readonly #speed = new CoreSpeed();

  constructor(groups: readonly Group[], limits: TrialLimits) {
    this.#limits = limits;
    const searching = groups.filter(({ shape }) => shape.executor === 'capacity-search');
    this.#searching = new Set(searching.map(({ name }) => name));
  }

  /** A step of the group begins; it may be one that is not done again, whatever its conditions. */
  begin(group: string, { asItComes }: Pick<Segment, 'asItComes'> = {}): void {
    if (asItComes === true) this.#hurried.add(group);
    else this.#hurried.delete(group);
    this.#fullest.begin(group);
    this.#speed.begin(group);
  }

  /** The group's step is measured from now on. */
  measure(group: string): void {
    this.#speed.measure(group);
  }

  collect(samples: readonly Sample[]): void {
    this.#fullest.collect(samples);
    this.#speed.collect(samples);
  }

  /** A second is over. */
  tick(): void {
    this.#fullest.tick();
    this.#speed.tick();
  }

  /** What a trial of the group's step stores of them. */
  of(group: string): TrialConditions {
    return {
      fullestCpuCores: this.#fullest.of(group),
      coreSpeed: this.#speed.of(group),
      coreSpeedAtStart: this.#speed.atStart(group),
      coreSpeedMeasured: this.#speed.measured(group),
      coreBestUs: this.#speed.bestUs,
    };
  }

  /** Whether the group's step has to be done again: a core was slowed since it began. */
  isDisturbed(group: string): boolean {
    return this.#measuresAgain(group) && this.#isSlow(this.#speed.of(group));
  }

  /** Whether an idle core is slowed at present, so that the group's next step would have to be done again. */
  wouldDisturb(group: string): boolean {
    return this.#measuresAgain(group) && this.#isSlow(this.#speed.idle);
  }

  /** Whether the group measures again what something outside of it spoilt. */
  isSearching(group: string): boolean {
    return this.#searching.has(group);
  }

  #measuresAgain(group: string): boolean {
    return this.isSearching(group) && !this.#hurried.has(group);
  }

  #isSlow(speed: number | null): boolean {
    return speed !== null && speed < (this.#limits.coreSpeedShare ?? 0);
  }
}
