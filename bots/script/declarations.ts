/** The metrics that a scenario file makes while it is loaded. Later is too late: thresholds are checked before the run. */

export type OwnMetricKind = 'counter' | 'gauge' | 'rate' | 'trend';

export interface OwnMetric {
  readonly name: string;
  readonly kind: OwnMetricKind;
  /** `ms` where the scenario says that it is a time. */
  readonly unit: 'ms' | 'count' | 'ratio';
}

/** As k6 has it since 0.48. */
const namePattern = /^[A-Za-z_]\w{0,127}$/;

/** Null where no file is being loaded. */
let loading: Map<string, OwnMetric> | null = null;

/** Runs a file, and says what it declared. */
export async function declaring<Module>(
  load: () => Promise<Module>,
): Promise<{ readonly module: Module; readonly metrics: readonly OwnMetric[] }> {
  const declared = new Map<string, OwnMetric>();
  loading = declared;
  try {
    return { module: await load(), metrics: [...declared.values()] };
  } finally {
    loading = null;
  }
}

export function isLoading(): boolean {
  return loading !== null;
}

/** The same metric may be declared twice: two files may share it. */
export function declare(metric: OwnMetric): OwnMetric {
  const { name, kind } = metric;
  if (!namePattern.test(name)) {
    throw new TypeError(
      `'${name}' is no name of a metric: letters, digits and underscores, not beginning with a digit, at most 128`,
    );
  }
  if (loading === null) {
    throw new Error(`metric '${name}' must be made at the top level of the file, not in a function`);
  }
  const known = loading.get(name);
  if (known === undefined) {
    loading.set(name, metric);
    return metric;
  }
  if (known.kind === kind && known.unit === metric.unit) return known;
  throw new TypeError(`metric '${name}' is a ${known.kind} already, in ${known.unit}`);
}
