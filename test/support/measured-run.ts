/** A run of a scenario for its figures, in a process of its own, with what it stored. */
import { readRun, type StoredRun } from '../../harness/store.ts';
import { cliEntry, startCommand, type workspace } from './cli.ts';

interface Ways {
  readonly env?: Readonly<Record<string, string>>;
  /** More of the command line. */
  readonly args?: readonly string[];
  /** The only core that all of the run may use. */
  readonly core?: number;
}

export async function measuredRun(
  place: ReturnType<typeof workspace>,
  text: string,
  { env = {}, args = [], core }: Ways = {},
): Promise<StoredRun> {
  const directory = place.run();
  const words = [process.execPath, cliEntry, 'run', place.scenario(text), '--dir', directory, ...args];
  const command = core === undefined ? words : ['taskset', '-c', String(core), ...words];
  let finished = await startCommand(command, env).finished;
  // The cores may be another run's for a while.
  for (let attempt = 0; attempt < 30 && /is in use by another run/.test(finished.stderr); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5000));
    finished = await startCommand(command, env).finished;
  }
  const stored = readRun(directory);
  if (stored.record.trials.length === 0) throw new Error(finished.stderr);
  return stored;
}
