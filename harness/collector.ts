/**
 * Reads every probe once a second, stamps each reading at its own read time and hands out samples. Nothing here
 * waits for a slow subject longer than a tick: what did not answer in time is missing in that second.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { GroupReading } from '../bots/readings.ts';
import type { Sweep } from '../reports/analysis/sweep.ts';
import { aborted, nowMs, sleepMs } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Fleet, HostReading } from './fleet.ts';
import type { MetricValues } from './metrics.ts';
import { botValues, hostValues } from './probes/bots.ts';
import { type GeneratorCores, GeneratorProbe } from './probes/generator.ts';
import { hostTimes, stealRatio } from './probes/host.ts';
import { RunqueueProbe } from './probes/runqueue.ts';
import { rotationValues, sweepValues } from './probes/streams.ts';
import { workerValues } from './probes/workers.ts';
import type { EventLine, Sample } from './record.ts';
import type { RawReading } from './store.ts';
import type { NodeReadings } from './targets/control.ts';
import type { ControlClient } from './targets/control-client.ts';

const tickMs = 1_000;
/** A reading that takes longer belongs to no second any more. */
const readTimeoutMs = 950;
/** A sweep reads everything, and an overloaded worker answers late. */
const sweepTimeoutMs = 10_000;

export interface CollectorOptions {
  readonly fleet: Fleet;
  /** Null: a target without control endpoint. */
  readonly control: ControlClient | null;
  readonly generator: GeneratorCores;
  /** Start of the run, CLOCK_MONOTONIC ms. */
  readonly startMs: number;
  readonly step: () => number | null;
  readonly onSamples: (samples: readonly Sample[]) => void;
  /** Every stream of every bot; null where nobody wants it, since it costs the hosts to tell. */
  readonly onRaw: ((readings: readonly RawReading[]) => void) | null;
  /** What broke in a second, at most one for each group and host. */
  readonly onViolations: (violations: readonly Violations[]) => void;
  /** What the workers said, once a tick; null when the node did not answer. */
  readonly onNode: (readings: NodeReadings | null, reason: string | null) => void;
  /** Everything of this second has been read, or given up. */
  readonly onTick: () => void;
  /** Aborts when nobody waits for a sweep any more. */
  readonly signal: AbortSignal;
}

type Violations = Omit<Extract<EventLine, { event: 'violations' }>, 't'>;

/** Latest values, for the live line. */
export interface Now {
  readonly groups: readonly GroupReading[];
  readonly node: NodeReadings | null;
  readonly previousNode: NodeReadings | null;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #generator: GeneratorProbe;
  readonly #waits = new RunqueueProbe();
  readonly #loop = monitorEventLoopDelay({ resolution: 10 });
  readonly #stop = new AbortController();
  readonly #atOnce: Promise<null>;
  #host = hostTimes();
  #node: NodeReadings | null = null;
  #previousNode: NodeReadings | null = null;
  #groups: readonly GroupReading[] = [];
  #ticking: Promise<void> = Promise.resolve();

  private constructor(options: CollectorOptions) {
    this.#options = options;
    this.#generator = new GeneratorProbe(options.generator);
    this.#atOnce = aborted(options.signal).then(() => null);
  }

  static create(options: CollectorOptions): Collector {
    const collector = new Collector(options);
    collector.#loop.enable();
    collector.#ticking = collector.#ticks();
    return collector;
  }

  get now(): Now {
    return { groups: this.#groups, node: this.#node, previousNode: this.#previousNode };
  }

  /**
   * Reads everything of both sides. `opening`: streams first, then workers, so that the sweep's own cost on the
   * worker stays outside of what is measured; `closing` the other way round. Null: nobody waits for it any more.
   */
  async sweep(edge: 'opening' | 'closing'): Promise<Sweep | null> {
    const { fleet, startMs } = this.#options;
    const reading = Promise.all([this.#sweepNode(edge), fleet.read(true, sweepTimeoutMs)]);
    const read = await Promise.race([reading, this.#atOnce]);
    if (read === null) return null;
    const [node, hosts] = read;
    this.#emit(nowMs() - startMs, sweepValues(node.sfuStreams ?? []));
    return { ...node, botStreams: hosts.flatMap((host) => host.streams) };
  }

  async #sweepNode(edge: 'opening' | 'closing'): Promise<Pick<Sweep, 'workers' | 'sfuStreams'>> {
    const { control } = this.#options;
    if (control === null) return { workers: null, sfuStreams: null };
    if (edge === 'opening') {
      const all = await settled(control.readings('all', sweepTimeoutMs));
      const after = await settled(control.readings('none', sweepTimeoutMs));
      return { workers: after?.workers ?? null, sfuStreams: all?.streams ?? null };
    }
    const before = await settled(control.readings('none', sweepTimeoutMs));
    const all = await settled(control.readings('all', sweepTimeoutMs));
    return { workers: before?.workers ?? null, sfuStreams: all?.streams ?? null };
  }

  /** Idempotent; resolves when no tick is under way any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#loop.disable();
    await this.#ticking;
  }

  async #ticks(): Promise<void> {
    for (let next = nowMs() + tickMs; !this.#stop.signal.aborted; next = nextTick(next)) {
      await sleepMs(next - nowMs(), this.#stop.signal);
      if (!this.#stop.signal.aborted) await this.#tick();
    }
  }

  async #tick(): Promise<void> {
    const { fleet, onRaw } = this.#options;
    this.#readGenerator(fleet);
    await Promise.all([
      this.#readNode(),
      fleet.read(onRaw !== null, readTimeoutMs).then((hosts) => this.#readBots(hosts)),
    ]);
    if (!this.#stop.signal.aborted) this.#options.onTick();
  }

  #readGenerator(fleet: Fleet): void {
    const atMs = nowMs();
    const host = hostTimes();
    const steal = stealRatio(this.#host, host);
    this.#host = host;
    const reading = this.#generator.read(fleet.pids, atMs);
    this.#emit(
      atMs - this.#options.startMs,
      new Map([
        [
          'generator',
          {
            generator_cpu_cores: reading.cpuCores,
            generator_rss_bytes: reading.rssBytes,
            generator_runqueue_ratio: reading.runqueueRatio,
            generator_neighbour_cores: reading.neighbourCores,
            generator_loop_lag_ms: this.#loop.max / 1e6,
          },
        ],
        ['host', { host_steal_ratio: steal }],
      ]),
    );
    this.#loop.reset();
  }

  async #readNode(): Promise<void> {
    const { control, onNode, startMs } = this.#options;
    if (control === null) return;
    try {
      const readings = await control.readings('rotate', readTimeoutMs);
      const t = nowMs() - startMs;
      const previous = this.#node;
      this.#previousNode = previous;
      this.#node = readings;
      this.#emit(t, workerValues(readings, previous));
      if (readings.streams.length > 0)
        this.#emit(t, new Map([['streams', rotationValues(readings.streams)]]));
      onNode(readings, null);
    } catch (error) {
      this.#previousNode = null;
      onNode(null, messageOf(error));
    }
  }

  #readBots(hosts: readonly HostReading[]): void {
    const { startMs, onRaw, step } = this.#options;
    this.#groups = hosts.flatMap((host) => host.groups);
    const s = step();
    onRaw?.(
      hosts.flatMap(({ streams }) =>
        streams.map(({ atMs, ...reading }) => ({ t: Math.round(atMs - startMs), s, ...reading })),
      ),
    );
    for (const reading of hosts) {
      const { host, groups, pid, synthetic } = reading;
      this.#options.onViolations(groups.flatMap(violationsOf));
      for (const group of groups) this.#emit(group.atMs - startMs, new Map([botValues(host, group)]));
      const atMs = nowMs();
      const starved = synthetic === null ? null : this.#waits.read(pid, atMs);
      this.#emit(atMs - startMs, new Map([[`host:${host}`, hostValues(reading, starved)]]));
    }
  }

  #emit(t: number, values: ReadonlyMap<string, MetricValues>): void {
    const s = this.#options.step();
    const samples = [...values].map(([e, v]): Sample => ({ t: Math.round(t), e, s, v }));
    this.#options.onSamples(samples);
  }
}

/** The next whole tick that is still to come: a tick that took too long skips, it never bunches up. */
function nextTick(last: number): number {
  return last + tickMs * Math.max(1, Math.ceil((nowMs() - last) / tickMs));
}

async function settled<Value>(promise: Promise<Value>): Promise<Value | null> {
  try {
    return await promise;
  } catch {
    return null;
  }
}

function violationsOf({ group, bot, kind, quality, worst }: GroupReading): readonly Violations[] {
  const { windowsTotal, violatingTotal, causeTotals } = quality;
  const event = 'violations';
  return worst === null
    ? []
    : [{ event, group, bot, kind, worst, windowsTotal, violatingTotal, causeTotals }];
}
