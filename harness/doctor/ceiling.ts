/** How much this machine's generator can receive on one core, from readings at rising loads. Pure. */
import type { CeilingReading } from '../../bots/ceiling/messages.ts';
import type { MachineKey } from '../machine-facts.ts';

/** One load, measured. */
export interface CeilingStep {
  readonly sockets: number;
  readonly duePerSecond: number;
  readonly sentPerSecond: number;
  readonly receivedPerSecond: number;
  readonly cpuCores: number;
  readonly cpuUsPerPacket: number;
  /** Of what was sent. */
  readonly dropRatio: number;
  readonly pollLagMs: number;
}

/** What ended it: the first two are of the generator; `sender` and `sockets` mean that it could do more. */
export type CeilingLimit = 'cpu' | 'drops' | 'late polls' | 'sender' | 'sockets';

export interface Ceiling {
  readonly schemaVersion: 1;
  readonly measuredAt: string;
  readonly key: MachineKey;
  /** What carried and protected the packets. */
  readonly means: string;
  /** Received by one core of the generator at its limit. */
  readonly packetsPerSecond: number;
  readonly cpuUsPerPacket: number;
  readonly limit: CeilingLimit;
  /** Not reached: what the core could do at the last step's cost of a packet. */
  readonly isEstimate: boolean;
  readonly steps: readonly CeilingStep[];
}

/** The generator's limits: those of a trial. */
export const ceilingLimits = { cpuCores: 0.8, dropRatio: 0.001, pollLagMs: 50 } as const;
/** Below this share of what was due, the sender was the limit. */
const sentShare = 0.95;

type Readings = readonly [CeilingReading, CeilingReading];

function rate([before, after]: Readings): number {
  return ((after.packetsTotal - before.packetsTotal) / (after.atMs - before.atMs)) * 1000;
}

/** Between two readings of either side. */
export function ceilingStep(
  sockets: number,
  duePerSecond: number,
  sender: Readings,
  sink: Readings,
): CeilingStep {
  const [before, after] = sink;
  const received = after.packetsTotal - before.packetsTotal;
  const drops = after.dropsTotal - before.dropsTotal + after.refusedTotal - before.refusedTotal;
  const cpuMs = after.cpuMsTotal - before.cpuMsTotal;
  return {
    sockets,
    duePerSecond,
    sentPerSecond: rate(sender),
    receivedPerSecond: rate(sink),
    cpuCores: cpuMs / (after.atMs - before.atMs),
    cpuUsPerPacket: received === 0 ? 0 : (cpuMs * 1000) / received,
    dropRatio: received + drops === 0 ? 0 : drops / (received + drops),
    pollLagMs: after.pollLagMs ?? 0,
  };
}

/** What was at its limit; null when more can be asked for. A limit of the generator goes before the sender's. */
export function limitOf(step: CeilingStep): Exclude<CeilingLimit, 'sockets'> | null {
  if (step.cpuCores > ceilingLimits.cpuCores) return 'cpu';
  if (step.dropRatio > ceilingLimits.dropRatio) return 'drops';
  if (step.pollLagMs > ceilingLimits.pollLagMs) return 'late polls';
  return step.sentPerSecond < sentShare * step.duePerSecond ? 'sender' : null;
}

/**
 * The rate at the limit: by CPU where 80 % are crossed between two steps, by drops and lag the last step without; where
 * the generator never came to its limit, what it could take at the last step's cost.
 * @param steps rising; the last one is that which ended it
 */
export function ceilingOf(
  steps: readonly CeilingStep[],
  limit: CeilingLimit,
): Pick<Ceiling, 'packetsPerSecond' | 'cpuUsPerPacket' | 'limit' | 'isEstimate'> | null {
  const last = steps.at(-1);
  const before = steps.at(-2);
  if (last === undefined) return null;
  const { cpuUsPerPacket } = last;
  if (limit === 'sender' || limit === 'sockets') {
    if (cpuUsPerPacket === 0) return null;
    const packetsPerSecond = (ceilingLimits.cpuCores * 1e6) / cpuUsPerPacket;
    return { packetsPerSecond, cpuUsPerPacket, limit, isEstimate: true };
  }
  if (before === undefined) return null;
  if (limit !== 'cpu' || last.cpuCores <= before.cpuCores)
    return {
      packetsPerSecond: before.receivedPerSecond,
      cpuUsPerPacket: before.cpuUsPerPacket,
      limit,
      isEstimate: false,
    };
  const share = (ceilingLimits.cpuCores - before.cpuCores) / (last.cpuCores - before.cpuCores);
  const packetsPerSecond =
    before.receivedPerSecond + share * (last.receivedPerSecond - before.receivedPerSecond);
  return {
    packetsPerSecond,
    cpuUsPerPacket: (ceilingLimits.cpuCores / packetsPerSecond) * 1e6,
    limit,
    isEstimate: false,
  };
}
