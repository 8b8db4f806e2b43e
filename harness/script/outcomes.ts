/** What became of the scenario's checks, and what its functions threw: counted as it comes. Pure. */
import type { OwnMetric } from '../../bots/script/declarations.ts';
import { aggregatesOf } from '../../reports/analysis/thresholds/aggregates.ts';
import { Measure } from '../../reports/analysis/thresholds/measure.ts';
import type { CheckRecord, ExceptionRecord, OwnMetricRecord, Sample } from '../record.ts';
import type { Script } from '../scenario.ts';

/** Different exceptions that are kept by themselves; of the others only their number. */
const keptAtMost = 20;

export class Outcomes {
  readonly #trendStats: readonly string[];
  readonly #own: readonly { readonly metric: OwnMetric; readonly measure: Measure }[];
  /** Latest `[held, all]` of each entity, by the name of the check. */
  readonly #checks = new Map<string, Map<string, readonly [number, number]>>();
  readonly #exceptions = new Map<string, number>();
  #others = 0;

  constructor({ metrics, trendStats }: Pick<Script, 'metrics' | 'trendStats'>) {
    this.#trendStats = trendStats;
    this.#own = metrics.map((metric) => ({
      metric,
      measure: new Measure({ name: metric.name, tags: {} }, metric.kind),
    }));
  }

  /** What else was read says how long the load lasts: rates are over all of it. */
  see({ t }: Pick<Sample, 't'>): void {
    for (const { measure } of this.#own) measure.see(t);
  }

  take(samples: readonly Sample[]): void {
    for (const sample of samples) for (const { measure } of this.#own) measure.take(sample);
    for (const { e, v } of samples) {
      const counted = v.checks;
      if (!Array.isArray(counted)) continue;
      const name = new URLSearchParams(e.slice(e.lastIndexOf(':') + 1)).get('check') ?? '';
      const entities = this.#checks.get(name) ?? new Map<string, readonly [number, number]>();
      this.#checks.set(name, entities.set(e, [Number(counted[0]), Number(counted[1])]));
    }
  }

  /** @param text the stack, or the message where there is none */
  threw(text: string): void {
    const message = shortened(text);
    const count = this.#exceptions.get(message);
    if (count === undefined && this.#exceptions.size >= keptAtMost) this.#others += 1;
    else this.#exceptions.set(message, (count ?? 0) + 1);
  }

  get checks(): readonly CheckRecord[] {
    return [...this.#checks].map(([name, entities]) => {
      const counts = [...entities.values()];
      const passes = counts.reduce((sum, [held]) => sum + held, 0);
      const all = counts.reduce((sum, [, each]) => sum + each, 0);
      return { name, passes, fails: all - passes };
    });
  }

  get ownMetrics(): readonly OwnMetricRecord[] {
    return this.#own.map(({ metric: { name, kind, unit }, measure }) => ({
      name,
      unit,
      values: aggregatesOf(kind, measure, this.#trendStats),
    }));
  }

  /** The most frequent first. */
  get exceptions(): readonly ExceptionRecord[] {
    const kept = [...this.#exceptions].map(([message, count]) => ({ message, count }));
    const others = this.#others === 0 ? [] : [{ message: 'other exceptions', count: this.#others }];
    return [...kept.sort((a, b) => b.count - a.count), ...others];
  }
}

/** The message and where it was thrown. */
export function shortened(text: string): string {
  const [message = '', ...frames] = text.split('\n');
  const place = frames.find(
    (line) => /^\s+at .*file:\/\//.test(line) && !/\/node_modules\/|\/bots\/script\//.test(line),
  );
  const where = /file:\/\/(\/[^?)]+)(?:\?[0-9a-f]+)?(:\d+:\d+)/.exec(place ?? '');
  return where === null ? message : `${message} (${where[1]}${where[2]})`;
}
