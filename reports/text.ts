/** A run as text for a terminal: what was asked, what was reached, the table, warnings. Pure. */
import type { RunRecord, TrialRecord } from '../harness/record.ts';
import { calibrationText } from './calibration.ts';
import { capacityLines } from './capacity.ts';
import { checkText, ownMetricText } from './checks.ts';
import { type TrialColumn, trialColumns } from './columns.ts';
import { fixed, percent, plural, whole, wrapped } from './format.ts';
import { qualityText } from './quality.ts';
import { syntheticText } from './synthetic.ts';
import { observedText, thresholdMarks } from './thresholds.ts';

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

/** @param columns width of the terminal; null where there is none, and nothing is cut */
export function runText(
  record: RunRecord,
  directory: string,
  paint: Paint,
  columns: number | null = null,
): string {
  return [
    ...wrapped(heading(record), columns).map(paint.bold),
    '',
    ...table(record.trials, paint, columns),
    '',
    ...capacity(record, paint, columns),
    ...reached(record, columns),
    ...quality(record, columns),
    ...oneWay(record),
    ...instrument(record, columns),
    ...synthetic(record, columns),
    ...thresholds(record, paint, columns),
    ...checks(record, paint, columns),
    ...warnings(record, paint, columns),
    ...failure(record, paint, columns),
    `run     ${directory}`,
    '',
  ].join('\n');
}

/** `meeting · mediasoup 3.27.1 (embedded, 1 worker on core 0) · 8 Chrome bots on core 1`. */
export function heading(record: RunRecord): string {
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
  return `${record.name} · ${sfu} · ${bots.join(' + ')}${onCores(pinning.generator)}`;
}

function onCores(cores: readonly number[] | null): string {
  if (cores === null) return ', not pinned';
  return ` on core${cores.length === 1 ? '' : 's'} ${cores.join(',')}`;
}

/** What a narrow terminal does without, in this order: the report has it, and what is left still is a result. */
const dispensable: readonly string[] = ['rooms', 'generator', 'peers', 'consumers', 'join p95', 'broken'];

/** Columns with the gap between them. */
interface Layout {
  readonly shown: readonly TrialColumn[];
  readonly gap: string;
  readonly left: readonly string[];
}

/** One row per trial, in the order of measurement. */
export function table(
  trials: readonly TrialRecord[],
  paint: Paint,
  columns: number | null = null,
): readonly string[] {
  if (trials.length === 0) return ['  nothing was held long enough to be measured'];
  const { shown, gap, left } = layoutOf(trials, columns ?? Number.POSITIVE_INFINITY);
  const widths = shown.map((column) => widthOf(column, trials));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join(gap)}${gap}`;
  const rows = trials.flatMap((trial) => {
    const row = line(shown.map((column) => column.cell(trial)));
    return stateLines(trial, row.length, columns).map((text, index) => {
      const state = trial.state === 'good' ? paint.good(text) : paint.bad(text);
      return index === 0 ? `${row}${state}` : `      ${state}`;
    });
  });
  const note =
    left.length === 0
      ? []
      : wrapped(`too narrow for: ${left.join(', ')}; the report has all`, (columns ?? 0) - 2).map((text) =>
          paint.dim(`  ${text}`),
        );
  return [paint.dim(`${line(shown.map((column) => column.head))}trial`), ...rows, ...note];
}

function layoutOf(trials: readonly TrialRecord[], columns: number): Layout {
  const groups = new Set(trials.map((trial) => trial.group));
  const level: TrialColumn = { head: 'level', cell: (trial) => String(trial.level) };
  const scenario: TrialColumn = { head: 'scenario', cell: (trial) => trial.group };
  const all = [...(groups.size > 1 ? [scenario] : []), level, ...trialColumns];
  const state = Math.max(...trials.map((trial) => trial.state.length + 1));
  const fits = (shown: readonly TrialColumn[], gap: string): boolean =>
    shown.reduce((sum, column) => sum + widthOf(column, trials) + gap.length, 2) + state <= columns;
  if (fits(all, '  ')) return { shown: all, gap: '  ', left: [] };
  let shown = all;
  const left: string[] = [];
  for (const head of dispensable) {
    if (fits(shown, ' ')) break;
    shown = shown.filter((column) => column.head !== head);
    left.push(head);
  }
  return { shown, gap: ' ', left };
}

function widthOf(column: TrialColumn, trials: readonly TrialRecord[]): number {
  return Math.max(column.head.length, ...trials.map((trial) => column.cell(trial).length));
}

/** State and reasons behind the row, or below it where there is no room. */
function stateLines(trial: TrialRecord, used: number, columns: number | null): readonly string[] {
  const reasons = trial.reasons.join('; ');
  const text = reasons === '' ? trial.state : `${trial.state}: ${reasons}`;
  if (reasons === '' || columns === null || used + text.length <= columns) return [text];
  return [`${trial.state}:`, ...wrapped(reasons, columns - 6)];
}

/** Text behind a word, on as many lines as it takes. */
function prose(
  word: string,
  text: string,
  columns: number | null,
  paint: (text: string) => string,
): string[] {
  const [first = '', ...more] = wrapped(`${word} ${text}`, columns === null ? null : columns - 8);
  return [`${paint(word)}${first.slice(word.length)}`, ...more.map((line) => `        ${line}`)];
}

function reached(record: RunRecord, columns: number | null): string[] {
  const { summary, accounting } = record;
  if (summary === null) return ['reached the run was not finished'];
  const { iterationsDropped = 0 } = summary;
  const failed = summary.joinsFailed > 0 ? `, ${summary.joinsFailed} failed` : '';
  const dropped = iterationsDropped > 0 ? `; ${iterationsDropped} sessions dropped` : '';
  const peers = `${summary.peersReached} of ${summary.peersAsked} peers at once; ${summary.joins} joins${failed}${dropped}`;
  const lines = prose('reached', peers, columns, same);
  if (accounting === null) return lines;
  const { sentBySfu, receivedByBots, lostByBots, mismatchRatio } = accounting;
  const share = mismatchRatio === null ? '' : ` (${((1 + mismatchRatio) * 100).toFixed(3)} %)`;
  // Consumers that were closed before have told no last count that both sides share.
  const whose = record.search === undefined ? '' : 'of those who were there at the end: ';
  const packets = `${whose}${sentBySfu} sent by the SFU; ${receivedByBots} received + ${lostByBots} lost by bots${share}`;
  return [...lines, ...prose('packets', packets, columns, same)];
}

function capacity({ search, trials }: RunRecord, paint: Paint, columns: number | null): string[] {
  if (search === undefined) return [];
  const word = search.result.state === 'capacity' ? paint.good : paint.bad;
  const lines = capacityLines({ search, trials }).map(([name, text], at) =>
    prose(name.padEnd(7), text, columns, at === 0 ? (part) => word(paint.bold(part)) : same),
  );
  return [...lines.flat(), ''];
}

/** Of all trials that speak of the SFU: the table has no room for it. */
function quality(record: RunRecord, columns: number | null): string[] {
  const text = qualityText(record);
  return text === null ? [] : prose('quality', text, columns, same);
}

function oneWay({ trials }: RunRecord): string[] {
  const valid = trials.filter(({ state }) => state !== 'invalid');
  const range = (name: 'oneWayP50Ms' | 'oneWayP99Ms'): string | null => {
    const all = valid.map(({ figures }) => figures[name] ?? null).filter((value) => value !== null);
    if (all.length === 0) return null;
    const [least, most] = [fixed(Math.min(...all), 1), fixed(Math.max(...all), 1)];
    return least === most ? most : `${least} to ${most}`;
  };
  const [median, worst] = [range('oneWayP50Ms'), range('oneWayP99Ms')];
  return median === null || worst === null
    ? []
    : [`one way p50 ${median} ms, p99 ${worst} ms from publisher to receiver`];
}

function synthetic(record: RunRecord, columns: number | null): string[] {
  const lines = [syntheticText(record.scenario), calibrationText(record)];
  return lines.flatMap((text) => (text === null ? [] : prose('bots   ', text, columns, same)));
}

function instrument(record: RunRecord, columns: number | null): string[] {
  const cpu = record.trials.map((trial) => trial.figures.generatorCpuCores).filter((value) => value !== null);
  const lag = record.trials
    .map((trial) => trial.figures.generatorLoopLagMaxMs)
    .filter((value) => value !== null);
  if (cpu.length === 0) return [];
  const unsound = record.trials.filter(
    ({ state, disturbed, cut }) => state === 'invalid' && disturbed !== true && cut !== true,
  ).length;
  const sound =
    unsound === 0 ? 'sound' : `not sound in ${unsound} of ${plural(record.trials.length, 'trial')}`;
  const late = lag.length === 0 ? '' : `, event loop at most ${Math.max(...lag).toFixed(0)} ms late`;
  const shared = record.manifest.shared.length > 0 ? ` (${record.manifest.shared.join('; ')})` : '';
  const text = `at most ${percent(Math.max(...cpu), 0)} of a core${late}: ${sound}${shared}`;
  return prose('generator', text, columns, same);
}

function thresholds(record: RunRecord, paint: Paint, columns: number | null): string[] {
  return (record.thresholds ?? []).flatMap((threshold) => {
    const { metric, expression, state } = threshold;
    const text = `${thresholdMarks[state]} ${metric} ${expression}: ${observedText(threshold, record)}`;
    return prose('limit  ', text, columns, state === 'pass' ? paint.good : paint.bad);
  });
}

function checks(record: RunRecord, paint: Paint, columns: number | null): string[] {
  const { checks = [], exceptions = [], ownMetrics = [] } = record;
  return [
    ...checks.flatMap((each) =>
      prose('check  ', checkText(each), columns, each.fails === 0 ? paint.good : paint.bad),
    ),
    ...ownMetrics.flatMap((each) => prose('metric ', `${each.name}: ${ownMetricText(each)}`, columns, same)),
    ...exceptions.flatMap(({ message, count }) =>
      prose('threw  ', `${whole(count)} × ${message}`, columns, paint.bad),
    ),
  ];
}

function warnings(record: RunRecord, paint: Paint, columns: number | null): string[] {
  return record.warnings.flatMap(({ message, advice }) => [
    ...prose('warning', message, columns, paint.bad),
    ...(advice === ''
      ? []
      : wrapped(advice, columns === null ? null : columns - 8).map((line) => `        ${line}`)),
  ]);
}

function failure(record: RunRecord, paint: Paint, columns: number | null): string[] {
  if (record.state === 'interrupted')
    return [paint.bad('interrupted: the table holds what was finished before')];
  return record.failure === null ? [] : prose('failed ', record.failure.message, columns, paint.bad);
}
