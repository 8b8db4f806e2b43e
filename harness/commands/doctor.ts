/** The verb `doctor`: can a run work here, and what would spoil its figures? */
import { styleText } from 'node:util';
import { wrapped } from '../../reports/format.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, isReady, plural, type State } from '../doctor/finding.ts';
import { BenchError, exitCodes } from '../errors.ts';
import { packageVersion } from '../manifest.ts';
import { findCeiling } from './ceiling.ts';
import type { CoreFlags, OutputFlags } from './flags.ts';
import { onInterrupt } from './interrupt.ts';

export interface DoctorFlags extends OutputFlags, CoreFlags {
  readonly ceiling?: boolean;
}

/** @returns the exit code: 0 when the quickstart can run here, whatever the warnings */
export async function doctorCommand(flags: DoctorFlags): Promise<number> {
  if (flags.ceiling === true) return await findCeiling(flags);
  if (flags.coresSfu !== undefined || flags.coresGenerator !== undefined)
    throw new BenchError(
      'OPTION_INVALID',
      '--cores-sfu and --cores-generator say where --ceiling measures, and mean nothing without it',
    );
  const interruption = new AbortController();
  const release = onInterrupt(() => interruption.abort());
  const findings = await examine(interruption.signal).finally(release);
  if (interruption.signal.aborted) return exitCodes.interrupted;
  const ready = isReady(findings);
  if (flags.json) {
    const result = { schemaVersion: 1, version: packageVersion(), ready, findings };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    const shown = flags.quiet ? findings.filter(({ state }) => state !== 'ok') : findings;
    const verdict = flags.quiet ? '' : `\n${verdictText(findings)}\n`;
    process.stdout.write(
      `${findingsText(shown, { columns: process.stdout.columns ?? null, color: flags.color && process.stdout.isTTY })}${verdict}`,
    );
  }
  return ready ? exitCodes.ok : exitCodes.environment;
}

export interface TextOptions {
  /** Width of the terminal; null where there is none, and nothing is cut. */
  readonly columns: number | null;
  readonly color: boolean;
}

const marks: Readonly<Record<State, string>> = { ok: '✓', warning: '!', problem: '✗' };
const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/** A line for each finding, and its remedy below it. */
export function findingsText(findings: readonly Finding[], { columns, color }: TextOptions): string {
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 6);
  const lines = findings.flatMap(({ name, state, found, remedy }) => {
    const mark = color ? styleText(colours[state], marks[state], { validateStream: false }) : marks[state];
    const [first = '', ...more] = wrapped(found, columns === null ? null : columns - indent.length);
    const below =
      remedy === null ? [] : wrapped(remedy, columns === null ? null : columns - indent.length - 2);
    return [
      `  ${mark} ${name.padEnd(width)}  ${first}`,
      ...more.map((line) => `${indent}${line}`),
      ...below.map((line, at) => `${indent}${at === 0 ? '→ ' : '  '}${line}`),
    ];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export function verdictText(findings: readonly Finding[]): string {
  const count = (wanted: State): number => findings.filter(({ state }) => state === wanted).length;
  const problems = count('problem');
  const warnings = count('warning');
  const also = warnings === 0 ? '' : ` and ${plural(warnings, 'warning')}`;
  if (problems > 0) return `not ready: ${plural(problems, 'problem')}${also}`;
  return warnings === 0 ? 'ready for a run' : `ready for a run, with ${plural(warnings, 'warning')}`;
}
