/** What a user should know about a finished run, each with what to do. Pure. */
import { findings } from '../reports/analysis/classify.ts';
import type { Accounting, Manifest, RunWarning, TrialRecord } from './record.ts';
import type { Scenario } from './scenario.ts';

/** A worker that uses more of a core is full, and preempted by its own work. */
const busyShare = 0.8;
/** Sums of both sides should agree to this share. */
const accountingLimit = 0.005;
/** Records of before name none. */
const formerRemedy = 'give the generator more cores, or lower the level or the size of the video';

export function warningsOf(
  trials: readonly TrialRecord[],
  manifest: Manifest,
  accounting: Accounting | null,
  scenario: Pick<Scenario, 'groups' | 'synthetic'>,
  iterationsDropped = 0,
): readonly RunWarning[] {
  const warnings: RunWarning[] = [];
  const warn = (message: string, advice: string): void => {
    warnings.push({ message, advice });
  };
  warnings.push(...trials.flatMap((trial) => ofTrial(trial, trials)));
  if (iterationsDropped > 0) {
    warn(
      `${iterationsDropped} sessions were dropped (dropped_iterations): no VU was free when they were due, or their time was over`,
      'raise preAllocatedVUs and maxVUs, or maxDuration; where joins were slow, it is the SFU that keeps VUs waiting',
    );
  }
  const { groups, synthetic } = scenario;
  if (synthetic.feedback === 'none' && groups.some(({ bot }) => bot === 'synthetic')) {
    warn(
      "synthetic bots gave no feedback (synthetic.feedback 'none'): the SFU estimated no bandwidth and repeated nothing, which understates what a browser costs it",
      "compare such runs with each other only, and use feedback 'chrome' for what users will cost",
    );
  }
  if (manifest.node === null && trials.length > 0) {
    warn(
      'the target has no control endpoint: there are no worker figures',
      'start the node with `sfubench node` and give --control and --token-file',
    );
  }
  const mismatch = accounting?.mismatchRatio ?? 0;
  if (mismatch > accountingLimit) {
    warn(
      `bots miss ${(mismatch * 100).toFixed(2)} % more packets than the SFU says it sent: they were lost before it sent them`,
      'the SFU did not read its sockets in time, or the publishers’ packets were dropped on the way to it',
    );
  }
  if (mismatch < -accountingLimit) {
    warn(
      `bots account for ${((1 + mismatch) * 100).toFixed(2)} % of the packets that the SFU says it sent`,
      'look for drops on the sockets of this machine: netstat -su, and net.core.rmem_max',
    );
  }
  return warnings;
}

function ofTrial(trial: TrialRecord, trials: readonly TrialRecord[]): readonly RunWarning[] {
  const at = `level ${trial.level}`;
  const { workerPreemptions, hottestWorkerCpuCores } = trial.figures;
  const warnings = findings(trial.figures).map((finding) => ({
    message: `${at}: ${finding}`,
    advice:
      'an SFU never does this, whatever its load: look at it, or at what lies between, before at any other figure',
  }));
  // What was disturbed was measured again, as often as there was time; who cut it short knows.
  if (trial.state === 'invalid' && trial.disturbed !== true && trial.cut !== true) {
    const { length: count } = trials.filter(
      ({ group, level }) => group === trial.group && level === trial.level,
    );
    warnings.unshift({
      message: `${count > 1 ? `one of ${count} trials at ${at}` : at} says nothing about the SFU: ${trial.reasons.join('; ')}`,
      advice: (trial.remedies ?? [formerRemedy]).join('; '),
    });
  }
  const { startMs = 0, endMs = 0 } = trial.phases.findLast((phase) => phase.phase === 'hold') ?? {};
  const perSecond = (workerPreemptions ?? 0) / ((endMs - startMs) / 1000);
  const busy = (hottestWorkerCpuCores ?? 1) >= busyShare;
  if (!busy && endMs > startMs && perSecond > 100) {
    warnings.push({
      message: `${at}: the worker was preempted ${Math.round(perSecond)} times a second while it had time to spare`,
      advice: 'something else runs on its core: pin it elsewhere, or choose the core with --cores-sfu',
    });
  }
  return warnings;
}
