/** A run as text for a terminal: what was asked, what was reached, the table, warnings. Pure. */
import type { RunRecord, TrialRecord } from '../harness/record.ts';
import { type TrialColumn, trialColumns } from './columns.ts';
import { percent } from './format.ts';

/** Marks up a piece of text; the plain one returns it as it is. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

export const plain: Paint = { good: same, bad: same, dim: same, bold: same };

function same(text: string): string {
  return text;
}

export function runText(record: RunRecord, directory: string, paint: Paint): string {
  return [
    heading(record, paint),
    '',
    ...table(record.trials, paint),
    '',
    ...reached(record),
    ...instrument(record),
    ...warnings(record, paint),
    ...failure(record, paint),
    `run     ${directory}`,
    '',
  ].join('\n');
}

/** `meeting · mediasoup 3.27.1 (embedded, 1 worker on core 0) · 8 Chrome bots on core 1`. */
export function heading(record: RunRecord, paint: Paint): string {
  const { manifest, scenario } = record;
  const { versions, target, node, pinning } = manifest;
  const workers = node?.workers.length;
  const where = [
    target.embedded ? 'embedded' : target.signalingUrl,
    ...(workers === undefined ? [] : [`${workers} worker${workers === 1 ? '' : 's'}${onCores(pinning.sfu)}`]),
  ].join(', ');
  const sfu = `${target.kind}${versions.mediasoup === null ? '' : ` ${versions.mediasoup}`} (${where})`;
  const kinds = [...new Set(scenario.groups.map((group) => group.bot))];
  const bots = kinds.map((kind) => (kind === 'chrome' ? (versions.browser ?? 'Chrome') : 'synthetic bots'));
  return paint.bold(`${record.name} · ${sfu} · ${bots.join(' + ')}${onCores(pinning.generator)}`);
}

function onCores(cores: readonly number[] | null): string {
  if (cores === null) return ', not pinned';
  return ` on core${cores.length === 1 ? '' : 's'} ${cores.join(',')}`;
}

/** One row per trial, in the order of measurement. */
export function table(trials: readonly TrialRecord[], paint: Paint): readonly string[] {
  if (trials.length === 0) return ['  nothing was held long enough to be measured'];
  const groups = new Set(trials.map((trial) => trial.group));
  const level: TrialColumn = { head: 'level', cell: (trial) => String(trial.level) };
  const scenario: TrialColumn = { head: 'scenario', cell: (trial) => trial.group };
  const shown = [...(groups.size > 1 ? [scenario] : []), level, ...trialColumns];
  const rows = trials.map((trial) => shown.map((column) => column.cell(trial)));
  const widths = shown.map((column, index) =>
    Math.max(column.head.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('  ');
  const head = paint.dim(`  ${line(shown.map((column) => column.head))}  trial`);
  return [head, ...trials.map((trial, index) => `  ${line(rows[index] ?? [])}  ${stateText(trial, paint)}`)];
}

function stateText(trial: TrialRecord, paint: Paint): string {
  const text = trial.reasons.length === 0 ? trial.state : `${trial.state}: ${trial.reasons.join('; ')}`;
  return trial.state === 'good' ? paint.good(text) : paint.bad(text);
}

function reached(record: RunRecord): string[] {
  const { summary, accounting } = record;
  if (summary === null) return ['reached the run was not finished'];
  const failed = summary.joinsFailed > 0 ? `, ${summary.joinsFailed} failed` : '';
  const lines = [
    `reached ${summary.peersReached} of ${summary.peersAsked} peers at once; ${summary.joins} joins${failed}`,
  ];
  if (accounting !== null) {
    const { sentBySfu, receivedByBots, lostByBots, mismatchRatio } = accounting;
    const share = mismatchRatio === null ? '' : ` (${((1 + mismatchRatio) * 100).toFixed(3)} %)`;
    lines.push(
      `packets ${sentBySfu} sent by the SFU; ${receivedByBots} received + ${lostByBots} lost by bots${share}`,
    );
  }
  return lines;
}

function instrument(record: RunRecord): string[] {
  const cpu = record.trials.map((trial) => trial.figures.generatorCpuCores).filter((value) => value !== null);
  const lag = record.trials
    .map((trial) => trial.figures.generatorLoopLagMaxMs)
    .filter((value) => value !== null);
  if (cpu.length === 0) return [];
  const sound = record.trials.some((trial) => trial.state === 'invalid') ? 'not sound' : 'sound';
  const late = lag.length === 0 ? '' : `, event loop at most ${Math.max(...lag).toFixed(0)} ms late`;
  const shared = record.manifest.shared.length > 0 ? ` (${record.manifest.shared.join('; ')})` : '';
  return [`generator at most ${percent(Math.max(...cpu), 0)} of a core${late}: ${sound}${shared}`];
}

function warnings(record: RunRecord, paint: Paint): string[] {
  return record.warnings.map(
    ({ message, advice }) =>
      `${paint.bad('warning')} ${message}${advice === '' ? '' : `\n        ${advice}`}`,
  );
}

function failure(record: RunRecord, paint: Paint): string[] {
  if (record.state === 'interrupted')
    return [paint.bad('interrupted: the table holds what was finished before')];
  return record.failure === null ? [] : [`${paint.bad('failed')}  ${record.failure.message}`];
}
