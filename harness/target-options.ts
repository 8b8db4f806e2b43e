/** What a scenario file may say of its target. */

/** Our own reference node, started for the run. Settings that are not named here go to the node as they are. */
export interface EmbeddedTarget {
  kind: 'mediasoup';
  workers?: number;
  workerBin?: string;
  /** A mediasoup package to use instead of the installed one: an older worker needs its own. */
  mediasoupDir?: string;
  /** Cores to pin workers to. */
  cpus?: number | string | readonly number[];
  [setting: string]: unknown;
}

/** A server that speaks mediasoup-demo's signalling. */
export interface DemoTarget {
  kind: 'mediasoup-demo';
  url: string;
  /** Control endpoint of our node, for worker figures. */
  control?: string;
  tokenFile?: string;
  insecure?: boolean;
  ca?: string;
}

/** A URL, `kind:key=value,…`, the path of a JSON file, or an object. */
export type TargetOptions = string | EmbeddedTarget | DemoTarget;
