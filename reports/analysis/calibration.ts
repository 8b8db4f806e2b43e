/** What blocks of a calibration say: the log-ratio of each run, by the signed-rank test. Pure. */
import type {
  Arm,
  CalibrationBlock,
  CalibrationFactor,
  TurnFigures,
  Wake,
} from '../../harness/calibration.ts';
import { signedRankEffect } from './signed-rank.ts';
import { turnEffect } from './turns.ts';

/** @throws RangeError without a block */
export function calibrationFactor(blocks: readonly CalibrationBlock[], wake: Wake): CalibrationFactor {
  const effects = blocks.map(({ turns }) => turnEffect(turns[wake])).filter((effect) => effect !== null);
  const { estimate, low, high, coverage } = signedRankEffect(effects);
  if (estimate === null) throw new RangeError('a calibration without a block says nothing');
  return {
    factor: Math.exp(estimate),
    low: low === null ? null : Math.exp(low),
    high: high === null ? null : Math.exp(high),
    coverage,
    blocks: effects.length,
  };
}

/** Means over all turns of it: Chrome has turns beside synthetic bots of either waking. */
export function armMeans(blocks: readonly CalibrationBlock[], arm: Arm): TurnFigures {
  const turns = blocks.flatMap((block) =>
    arm === 'chrome'
      ? [...block.turns.packet, ...block.turns.batch].filter(({ side }) => side === 'chrome')
      : block.turns[arm].filter(({ side }) => side === 'synthetic'),
  );
  const mean = (figure: keyof TurnFigures): number =>
    turns.reduce((sum, turn) => sum + turn[figure], 0) / turns.length;
  return {
    workerUsPerPacket: mean('workerUsPerPacket'),
    packetsPerSecond: mean('packetsPerSecond'),
    workerCpuCores: mean('workerCpuCores'),
    generatorCpuCores: mean('generatorCpuCores'),
  };
}

/** By which share the packets of an arm may differ from Chrome's: more is another load. */
const packetShare = 0.02;

/** In what the arms were not alike although they should be; empty when they were. */
export function unlikeness({ chrome, ...others }: Readonly<Record<Arm, TurnFigures>>): readonly string[] {
  return (['packet', 'batch'] as const).flatMap((wake) => {
    const ratio = others[wake].packetsPerSecond / chrome.packetsPerSecond;
    return Math.abs(ratio - 1) > packetShare
      ? [`wake ${wake}: ${(ratio * 100).toFixed(1)} % of the packets/s that Chrome got`]
      : [];
  });
}
