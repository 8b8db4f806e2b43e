/** What the tags of a reading are: those that its entity stands for, its scenario's, and the run's. */
import type { Metric, MetricName } from '../../../harness/metrics.ts';
import type { Reading, Tags } from './threshold.ts';

type MetricTable = Readonly<Record<MetricName, Metric & { readonly tags: readonly string[] }>>;

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
  trial: ['scenario'],
  own: ['scenario', 'bot', 'host'],
  host: ['host'],
};

/** Entities whose readings have the metric: those of its prefix, where nothing else is said. */
const entitiesOf: Partial<Record<MetricName, readonly string[]>> = {
  ...all(
    ['join_ms', 'first_media_ms', 'first_frame_ms', 'joins_total', 'joins_failed_total', 'iterations'],
    'sessions',
  ),
  ...all(['dropped_iterations', 'exceptions_total'], 'sessions'),
  ...all(['checks'], 'own'),
  ...all(['delivery_ratio', 'worker_us_per_packet'], 'trial'),
  ...all(['rooms', 'transports'], 'worker'),
  ...all(['peers', 'producers', 'consumers'], 'worker', 'bots'),
  ...all(['consumer_packets_sent_total', 'producer_packets_received_total'], 'sweep'),
  ...all(['workers', 'consumer_bitrate_bps', 'consumer_score', 'host_steal_ratio'], 'run'),
  ...all(
    ['generator_cpu_cores', 'generator_rss_bytes', 'generator_runqueue_ratio', 'generator_neighbour_cores'],
    'run',
  ),
  ...all(
    [
      'generator_loop_lag_ms',
      'generator_send_lag_ms',
      'generator_late_sends',
      'generator_late_looks',
      'generator_starved_ratio',
      'generator_socket_drops_total',
      'generator_unsent',
    ],
    'host',
  ),
};

function all(names: readonly MetricName[], ...entities: string[]): Partial<Record<MetricName, string[]>> {
  return Object.fromEntries(names.map((name) => [name, entities]));
}

/** The metric table of a stored run: each metric with the tags that its readings have by themselves. */
export function withTags(metrics: Readonly<Record<MetricName, Metric>>): MetricTable {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [
      name,
      { ...metric, tags: tagsOfMetric(name as MetricName) },
    ]),
  ) as MetricTable;
}

function tagsOfMetric(name: MetricName): readonly string[] {
  const entities = entitiesOf[name] ?? [name.startsWith('worker_') ? 'worker' : 'bots'];
  return [...new Set([...entities.flatMap((entity) => partsOf[entity] ?? []), 'step'])];
}

/** Keys of the tags that entities have by themselves; `step` is the step of the leading scenario. */
export const ownTags: readonly string[] = [...new Set([...Object.values(partsOf).flat(), 'step'])];

/** Of the nearer thing the tag counts: the entity's own, then its scenario's, then the run's. */
export function tagsOf(entity: string, given: GivenTags): Tags {
  const [what = '', ...parts] = entity.split(':');
  const keys = Object.hasOwn(partsOf, what) ? (partsOf[what] ?? []) : [];
  const own = Object.fromEntries(
    keys.flatMap((key, at) => (parts[at] === undefined || parts[at] === '' ? [] : [[key, parts[at]]])),
  );
  // What was added with tags of its own has them behind all others.
  const added = what === 'own' ? Object.fromEntries(new URLSearchParams(parts[keys.length])) : {};
  const scenario = own['scenario'];
  const ofScenario =
    scenario !== undefined && Object.hasOwn(given.scenarios, scenario) ? given.scenarios[scenario] : {};
  return { ...given.run, ...ofScenario, ...added, ...own };
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
