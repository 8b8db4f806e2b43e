/**
 * The scenario's own functions in a run: `setup` before its bots come, `teardown` when they have left, and what all of
 * its functions measured, checked and threw meanwhile.
 */
import { pathToFileURL } from 'node:url';
import type { BotEvent } from '../../bots/messages.ts';
import type { ScriptReading } from '../../bots/script/book.ts';
import { formatDuration } from '../durations.ts';
import type { Ending } from '../ending.ts';
import { BenchError } from '../errors.ts';
import type { Sample } from '../record.ts';
import { abortedByScenario } from '../scenario/import.ts';
import type { Scenario } from '../scenario.ts';
import { type CallOutcome, callScript } from './call.ts';
import { Outcomes, shortened } from './outcomes.ts';
import { samplesOf } from './values.ts';

export interface ScriptRunOptions {
  readonly scenario: Scenario;
  readonly ending: Ending;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly startMs: number;
  readonly step: () => number | null;
  readonly onSamples: (samples: readonly Sample[]) => void;
  readonly onWarning: (message: string) => void;
  /** What is being done now. */
  readonly onStage: (stage: string) => void;
}

export class ScriptRun {
  readonly #options: ScriptRunOptions;
  readonly #outcomes: Outcomes;
  #setupData: string | null = null;
  #isFull = false;

  constructor(options: ScriptRunOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options.scenario.script);
  }

  get outcomes(): Pick<Outcomes, 'checks' | 'exceptions' | 'ownMetrics'> {
    return this.#outcomes;
  }

  /** What it returned, as JSON; null for nothing. */
  get setupData(): string | null {
    return this.#setupData;
  }

  /** Whether the run can go on; where not, it is told why. */
  async setup(): Promise<boolean> {
    const { scenario, ending } = this.#options;
    const { setup, setupTimeoutMs } = scenario.script;
    if (!setup) return true;
    const outcome = await this.#call('setup', null, setupTimeoutMs, ending.load);
    if (outcome.kind !== 'returned') return false;
    this.#setupData = outcome.json;
    return true;
  }

  /** After `setup` alone, whatever became of the run in between; not where the user wants to wait for nothing. */
  async teardown(): Promise<void> {
    const { scenario, ending } = this.#options;
    const { teardown, teardownTimeoutMs } = scenario.script;
    if (teardown) await this.#call('teardown', this.#setupData, teardownTimeoutMs, ending.everything);
  }

  /** What else was read. */
  see(sample: Pick<Sample, 't'>): void {
    this.#outcomes.see(sample);
  }

  /** @param host of the bots, or the function that ran by itself */
  take(host: number | string, readings: readonly ScriptReading[], isFull = false): void {
    const { startMs, step, onSamples, onWarning } = this.#options;
    const samples = samplesOf(readings, String(host), startMs, step());
    this.#outcomes.take(samples);
    if (samples.length > 0) onSamples(samples);
    if (isFull && !this.#isFull) {
      this.#isFull = true;
      onWarning(
        'own metrics and checks have too many sets of tags: further ones are counted without their tags',
      );
    }
  }

  receive(event: BotEvent): void {
    if (event.event === 'threw') this.#outcomes.threw(event.message);
    if (event.event === 'aborted') this.#options.ending.fail(abortedByScenario(event.message, this.#file));
  }

  get #file(): string {
    return this.#options.scenario.file;
  }

  async #call(
    name: 'setup' | 'teardown',
    argument: string | null,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<CallOutcome> {
    const { scenario, ending, onStage } = this.#options;
    onStage(`running ${name}()`);
    const url = pathToFileURL(this.#file).href;
    const outcome = await callScript({ url, name, argument, env: scenario.env, timeoutMs, signal });
    if ('readings' in outcome) this.take(name, outcome.readings);
    const failure = failureOf(outcome, name, timeoutMs, this.#file);
    if (failure !== null) ending.fail(failure);
    return outcome;
  }
}

/** Null: it did what it should, or was called off. */
function failureOf(
  outcome: CallOutcome,
  name: 'setup' | 'teardown',
  timeoutMs: number,
  file: string,
): BenchError | null {
  if (outcome.kind === 'aborted') return abortedByScenario(outcome.message, file);
  if (outcome.kind === 'threw')
    return new BenchError('SCENARIO_THREW', `${name}() threw: ${shortened(outcome.message)}`, { file });
  if (outcome.kind !== 'late') return null;
  const field = `${name}Timeout`;
  const code = name === 'setup' ? 'SETUP_TIMEOUT' : 'TEARDOWN_TIMEOUT';
  return new BenchError(code, `${name}() did not end within ${formatDuration(timeoutMs)}`, {
    file,
    field,
    hint: `does it await something that never comes? Otherwise give it more time: options.${field}`,
  });
}
