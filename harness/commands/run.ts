/** The verb `run`: a scenario file becomes a run directory and a table. */
import { join, resolve } from 'node:path';
import { progressLine } from '../../reports/capacity.ts';
import { runText } from '../../reports/text.ts';
import { Ending } from '../ending.ts';
import { BenchError, exitCodes, explain } from '../errors.ts';
import { loadScenario } from '../load.ts';
import { type FinishedRun, runScenario } from '../run.ts';
import { runId, runsDirectory } from '../run-directory.ts';
import type { Scenario } from '../scenario.ts';
import type { EarlierSearch } from '../search-run.ts';
import { checkCeiling } from './ceiling.ts';
import { type CoreFlags, installed, type OutputFlags, overridesOf, type ScenarioFlags } from './flags.ts';
import { onInterrupt } from './interrupt.ts';
import { reportAfterRun, reportText } from './report.ts';
import { ownSummary } from './summary.ts';
import { createTerminal } from './terminal.ts';

export interface RunFlags extends ScenarioFlags, CoreFlags, OutputFlags {
  readonly dir?: string;
  readonly raw?: boolean;
}

/** @returns the exit code; @throws BenchError where there is nothing to store */
export async function runCommand(file: string, flags: RunFlags): Promise<number> {
  const scenario = await loadScenario(file, overridesOf(flags));
  checkCeiling(scenario, flags);
  return await runLoaded(scenario, flags);
}

/** @returns the exit code; @throws BenchError where there is nothing to store */
export async function runLoaded(
  scenario: Scenario,
  flags: RunFlags,
  earlier: EarlierSearch | null = null,
): Promise<number> {
  const terminal = createTerminal({ quiet: flags.quiet ?? false, color: flags.color });
  const { worker, browser } = installed();
  if (scenario.target.kind === 'mediasoup' && worker === null && !('workerBin' in scenario.target.settings)) {
    throw new BenchError('WORKER_MISSING', 'there is no mediasoup worker for the embedded node', {
      hint: 'run set-up (sfubench setup; it needs the optional package mediasoup), name a worker with MEDIASOUP_WORKER_BIN, or test a node elsewhere with --target',
    });
  }
  const startedAt = new Date();
  const id = runId(scenario.name, startedAt);
  const ending = new Ending();
  const summing = new AbortController();
  let isStored = false;
  const release = onInterrupt(() => {
    if (isStored) {
      terminal.note('interrupted: the run is stored');
      return summing.abort();
    }
    terminal.note(ending.load.aborted ? 'ending at once' : 'interrupted: draining; once more ends at once');
    ending.interrupt();
  });
  let run: FinishedRun;
  let text = '';
  let isSummed = false;
  try {
    run = await runScenario({
      scenario,
      id,
      directory: flags.dir === undefined ? join(runsDirectory(), id) : resolve(flags.dir),
      startedAt,
      coresSfu: flags.coresSfu ?? null,
      coresGenerator: flags.coresGenerator ?? null,
      worker,
      browserPath: browser?.path ?? null,
      raw: flags.raw ?? false,
      ending,
      earlier,
      onSearch: (search, trial) => {
        if (search.outcomes.at(-1)?.kind === 'trial') terminal.note(progressLine(search, trial));
      },
      onStage: (stage) => terminal.note(stage),
      onStatus: (status) => terminal.status(status),
    });
    isStored = true;
    terminal.clear();
    // While signals are still ours; at once is at once, and `sfubench report` makes it later.
    const report = ending.everything.aborted ? null : await reportAfterRun(run.directory);
    const paths = report === null ? '' : reportText(run.directory, report);
    text = `${runText(run.record, run.directory, terminal.paint, terminal.columns)}${paths}`;
    const toStderr = flags.json === true;
    const signal = AbortSignal.any([ending.everything, summing.signal]);
    isSummed = await ownSummary(run, { text, noColor: !flags.color, toStderr, signal });
  } finally {
    release();
    terminal.clear();
  }
  const { failure, summary } = run.record;
  if (failure !== null)
    process.stderr.write(`${explain(failure.message, failure)}\n  run:   ${run.directory}\n`);
  // A search that is resumed may have nothing left to do.
  const begun = (summary?.peersAsked ?? 0) > 0 || (run.record.search?.outcomes.length ?? 0) > 0;
  if (flags.json) process.stdout.write(`${JSON.stringify({ directory: run.directory, ...run.record })}\n`);
  else if (begun && !isSummed) process.stdout.write(text);
  return summing.signal.aborted ? exitCodes.interrupted : (run.record.exitCode ?? exitCodes.ok);
}
