/** What the tags of a reading are: those that its entity stands for, its scenario's, and the run's. */
import type { Reading, Tags } from './threshold.ts';

/** What users gave with `tags` and `--tag`. */
export interface GivenTags {
  readonly run: Tags;
  /** By name of the scenario. */
  readonly scenarios: Readonly<Record<string, Tags>>;
}

export const noGivenTags: GivenTags = { run: {}, scenarios: {} };

/** Parts of an entity's name behind its first word, see `Sample`. */
const partsOf: Readonly<Record<string, readonly string[]>> = {
  worker: ['worker'],
  sweep: ['worker'],
  bots: ['scenario', 'bot', 'kind', 'host'],
  sessions: ['scenario', 'bot'],
  host: ['host'],
};

/** Keys of the tags that entities have by themselves; `step` is the step of the leading scenario. */
export const ownTags: readonly string[] = [...new Set([...Object.values(partsOf).flat(), 'step'])];

/** Of the nearer thing the tag counts: the entity's own, then its scenario's, then the run's. */
export function tagsOf(entity: string, given: GivenTags): Tags {
  const [what = '', ...parts] = entity.split(':');
  const keys = Object.hasOwn(partsOf, what) ? (partsOf[what] ?? []) : [];
  const own = Object.fromEntries(
    keys.flatMap((key, at) => (parts[at] === undefined ? [] : [[key, parts[at]]])),
  );
  const scenario = own['scenario'];
  const ofScenario =
    scenario !== undefined && Object.hasOwn(given.scenarios, scenario) ? given.scenarios[scenario] : {};
  return { ...given.run, ...ofScenario, ...own };
}

/** `tags` are those of the reading's entity. */
export function matches(wanted: Tags, tags: Tags, step: Reading['s']): boolean {
  for (const key in wanted) {
    const has = key === 'step' ? stepText(step) : Object.hasOwn(tags, key) ? tags[key] : undefined;
    if (has !== wanted[key]) return false;
  }
  return true;
}

function stepText(step: Reading['s']): string | undefined {
  return step === null ? undefined : String(step);
}
