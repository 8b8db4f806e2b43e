/** The scenario's `handleSummary`: what it returns is printed and written instead of the summary of ours. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type SummaryData, summaryData } from '../../reports/summary.ts';
import { formatDuration } from '../durations.ts';
import { messageOf } from '../errors.ts';
import type { FinishedRun } from '../run.ts';
import { callScript } from '../script/call.ts';
import { shortened } from '../script/outcomes.ts';
import { readRun } from '../store.ts';

export interface OwnSummaryOptions {
  /** What is printed where there is no `handleSummary`. */
  readonly text: string;
  readonly noColor: boolean;
  /** Where stdout is for something else. */
  readonly toStderr: boolean;
  readonly signal: AbortSignal;
}

/** Whether it took the place of our summary. A mistake in it is told, and ends nothing, as in k6. */
export async function ownSummary(
  { directory, record, setupData }: FinishedRun,
  { text, noColor, toStderr, signal }: OwnSummaryOptions,
): Promise<boolean> {
  const { script, file, env } = record.scenario;
  if (!script.handleSummary) return false;
  let data: SummaryData;
  try {
    data = summaryData(record, readRun(directory).samples, {
      isStdOutTTY: process.stdout.isTTY,
      isStdErrTTY: process.stderr.isTTY,
      noColor,
      setupData,
      text,
    });
  } catch (thrown) {
    // What was measured stands in the record, and the exit code with it.
    process.stderr.write(`handleSummary() was not called: ${messageOf(thrown)}\n`);
    return false;
  }
  const outcome = await callScript({
    url: pathToFileURL(file).href,
    name: 'handleSummary',
    argument: JSON.stringify(data),
    env,
    timeoutMs: script.handleSummaryTimeoutMs,
    signal,
  });
  if (outcome.kind === 'returned') return hasWritten(outcome.json, toStderr);
  const why =
    outcome.kind === 'late'
      ? `did not end within ${formatDuration(script.handleSummaryTimeoutMs)} (options.handleSummaryTimeout)`
      : 'message' in outcome
        ? `threw: ${shortened(outcome.message)}`
        : 'was interrupted';
  process.stderr.write(`handleSummary() ${why}; this is the summary without it\n`);
  return false;
}

/** Keys are `stdout`, `stderr` and files, relative to the working directory. Nothing returned: our summary, then. */
function hasWritten(json: string | null, toStderr: boolean): boolean {
  const returned: unknown = json === null ? null : JSON.parse(json);
  if (returned === null) return false;
  if (typeof returned !== 'object' || Array.isArray(returned)) {
    process.stderr.write(
      "handleSummary() must return an object such as { stdout: '…', 'summary.json': '…' }\n",
    );
    return false;
  }
  for (const [target, content] of Object.entries(returned)) {
    if (typeof content !== 'string') {
      process.stderr.write(`handleSummary(): the content of '${target}' is no text, and was not written\n`);
    } else if (target === 'stdout' && !toStderr) process.stdout.write(content);
    else if (target === 'stdout' || target === 'stderr') process.stderr.write(content);
    else writeTo(target, content);
  }
  return true;
}

function writeTo(file: string, content: string): void {
  try {
    writeFileSync(resolve(file), content);
  } catch (thrown) {
    process.stderr.write(`handleSummary(): cannot write '${file}': ${messageOf(thrown)}\n`);
  }
}
