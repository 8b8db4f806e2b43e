/** What blocks of a calibration say: paired log-ratios per block, by the signed-rank test. Pure. */
import type {
  Arm,
  ArmFigures,
  CalibrationBlock,
  CalibrationFactor,
  Wake,
} from '../../harness/calibration.ts';
import { signedRankEffect } from './signed-rank.ts';

/** @throws RangeError without a block */
export function calibrationFactor(blocks: readonly CalibrationBlock[], wake: Wake): CalibrationFactor {
  const ratios = blocks.map(({ arms }) =>
    Math.log(arms.chrome.workerUsPerPacket / arms[wake].workerUsPerPacket),
  );
  const { estimate, low, high, coverage } = signedRankEffect(ratios);
  if (estimate === null) throw new RangeError('a calibration without a block says nothing');
  return {
    factor: Math.exp(estimate),
    low: low === null ? null : Math.exp(low),
    high: high === null ? null : Math.exp(high),
    coverage,
    blocks: blocks.length,
  };
}

/** Means over the blocks. */
export function armMeans(blocks: readonly CalibrationBlock[], arm: Arm): ArmFigures {
  const mean = (figure: keyof ArmFigures): number =>
    blocks.reduce((sum, { arms }) => sum + arms[arm][figure], 0) / blocks.length;
  return {
    workerUsPerPacket: mean('workerUsPerPacket'),
    packetsPerSecond: mean('packetsPerSecond'),
    bitrateBps: mean('bitrateBps'),
    transports: mean('transports'),
    workerCpuCores: mean('workerCpuCores'),
    generatorCpuCores: mean('generatorCpuCores'),
  };
}

/** By which share the packets of an arm may differ from Chrome's: more is another load. */
const packetShare = 0.02;

/** In what the arms were not alike although they should be; empty when they were. */
export function unlikeness(means: Readonly<Record<Arm, ArmFigures>>): readonly string[] {
  const { chrome } = means;
  return (['packet', 'batch'] as const).flatMap((wake) => {
    const { packetsPerSecond, transports } = means[wake];
    const ratio = packetsPerSecond / chrome.packetsPerSecond;
    return [
      ...(Math.abs(ratio - 1) > packetShare
        ? [`wake ${wake}: ${(ratio * 100).toFixed(1)} % of the packets/s that Chrome got`]
        : []),
      ...(transports === chrome.transports
        ? []
        : [`wake ${wake}: ${transports} transports, Chrome ${chrome.transports}`]),
    ];
  });
}
