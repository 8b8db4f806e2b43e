/**
 * Two sides that consume in turn on one worker, and what each turn cost it. Machines wander within a minute by more
 * than what is compared; turns of some seconds, each held against the two beside it, leave that out. Pure.
 */
import type { Side, Turn, TurnFigures } from '../../harness/calibration.ts';
import type { Sample } from '../../harness/record.ts';

/** Turns are counted on a clock that all processes of a machine share: nobody has to be told whose it is. */
export function turnAt(atMs: number, turnMs: number): number {
  return Math.floor(atMs / turnMs);
}

export function sideOf(turn: number): Side {
  return turn % 2 === 0 ? 'chrome' : 'synthetic';
}

export interface TurnsOptions {
  readonly turnMs: number;
  /** Of each turn, what is left out at its beginning. */
  readonly leadMs: number;
  /** When the run began, on the clock of the turns. */
  readonly startMs: number;
  /** What counts of the run, in its own time. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The turns that lie within what counts and were read in full. `samples` are of a run with one worker. */
export function readTurns(samples: readonly Sample[], options: TurnsOptions): Turn[] {
  const { turnMs, leadMs, startMs, fromMs, toMs } = options;
  const turns: Turn[] = [];
  const first = Math.ceil((startMs + fromMs) / turnMs);
  for (let number = first; (number + 1) * turnMs <= startMs + toMs; number += 1) {
    const beginsMs = number * turnMs - startMs + leadMs;
    const endsMs = (number + 1) * turnMs - startMs;
    const within = samples.filter(({ t }) => t >= beginsMs && t <= endsMs);
    const figures = figuresOf(within, sideOf(number));
    if (figures !== null) turns.push({ number, side: sideOf(number), ...figures });
  }
  return turns;
}

function figuresOf(within: readonly Sample[], side: Side): TurnFigures | null {
  const workerCpuCores = meanCores(within, 'worker:0', 'worker_cpu_cores');
  const generatorCpuCores = meanCores(within, 'generator', 'generator_cpu_cores');
  const packetsPerSecond = rateOf(within, side);
  if (workerCpuCores === null || generatorCpuCores === null || packetsPerSecond === null) return null;
  const workerUsPerPacket = (workerCpuCores * 1e6) / packetsPerSecond;
  return { workerUsPerPacket, packetsPerSecond, workerCpuCores, generatorCpuCores };
}

/** Over the readings' own stretches: each speaks of the time since the one before it, so that the first is left out. */
function meanCores(
  within: readonly Sample[],
  entity: string,
  metric: 'worker_cpu_cores' | 'generator_cpu_cores',
): number | null {
  const readings = within.filter(({ e }) => e === entity);
  let [cpuMs, wallMs] = [0, 0];
  for (const [index, { t, v }] of readings.entries()) {
    const before = readings[index - 1];
    const cores = v[metric];
    if (before === undefined) continue;
    if (typeof cores !== 'number') return null;
    cpuMs += cores * (t - before.t);
    wallMs += t - before.t;
  }
  return wallMs > 0 ? cpuMs / wallMs : null;
}

/** Packets that a side received in a second, by its counters; null where it received nothing. */
function rateOf(within: readonly Sample[], side: Side): number | null {
  const entities = Map.groupBy(
    within.filter(({ e }) => e.startsWith(`bots:${side}:`)),
    ({ e }) => e,
  );
  let rate = 0;
  for (const readings of entities.values()) {
    const [first, last] = [readings[0], readings.at(-1)];
    const [before, after] = [first, last].map((reading) => reading?.v.rtp_packets_received_total);
    if (first === undefined || last === undefined || last.t <= first.t) return null;
    if (typeof before !== 'number' || typeof after !== 'number') return null;
    rate += ((after - before) * 1000) / (last.t - first.t);
  }
  return rate > 0 ? rate : null;
}

/**
 * The log-ratio of what a packet costs with Chrome and with synthetic bots: each turn against the mean of the two
 * beside it, so that what drifts evenly falls out. Null where no turn has two neighbours.
 */
export function turnEffect(turns: readonly Turn[]): number | null {
  const effects: number[] = [];
  for (const [index, turn] of turns.entries()) {
    const [before, after] = [turns[index - 1], turns[index + 1]];
    if (before?.number !== turn.number - 1 || after?.number !== turn.number + 1) continue;
    const beside = (Math.log(before.workerUsPerPacket) + Math.log(after.workerUsPerPacket)) / 2;
    const effect = Math.log(turn.workerUsPerPacket) - beside;
    effects.push(turn.side === 'chrome' ? effect : -effect);
  }
  return effects.length === 0 ? null : effects.reduce((sum, effect) => sum + effect, 0) / effects.length;
}
