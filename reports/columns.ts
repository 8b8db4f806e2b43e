/** The columns of the table of trials, in a terminal and on a page alike; the level stands before, the state behind. */
import type { TrialRecord } from '../harness/record.ts';
import { fixed, percent, whole, withUnit } from './format.ts';

export interface TrialColumn {
  readonly head: string;
  readonly cell: (trial: TrialRecord) => string;
}

export const trialColumns: readonly TrialColumn[] = [
  { head: 'rooms', cell: ({ figures }) => whole(figures.rooms) },
  { head: 'peers', cell: ({ figures }) => whole(figures.peers) },
  { head: 'consumers', cell: ({ figures }) => whole(figures.consumers) },
  { head: 'packets/s', cell: ({ figures }) => whole(figures.packetsOutPerSecond) },
  { head: 'worker CPU', cell: ({ figures }) => percent(figures.hottestWorkerCpuCores, 1) },
  { head: 'µs/packet', cell: ({ figures }) => fixed(figures.workerUsPerPacket, 1) },
  { head: 'join p95', cell: ({ figures }) => withUnit(figures.joinP95Ms, 0, 'ms') },
  { head: 'loss', cell: ({ figures }) => percent(figures.lossRatio, 2) },
  { head: 'fps', cell: ({ figures }) => fixed(figures.fpsMedian, 1) },
  { head: 'broken', cell: ({ figures }) => percent(figures.violationRatio, 2) },
  { head: 'generator', cell: ({ figures }) => percent(figures.generatorCpuCores, 0) },
];
