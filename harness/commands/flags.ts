/** Flags that several verbs share, and what they mean. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseCores } from '../cores.ts';
import { BenchError } from '../errors.ts';
import { type Overrides, shortcutsOf } from '../scenario/overrides.ts';
import { findInstalled } from '../setup/installed.js';
import { SetupError } from '../setup/setup-error.js';

/** As commander hands them over. */
export interface ScenarioFlags {
  readonly target?: string;
  readonly control?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tag?: Readonly<Record<string, string>>;
  readonly seed?: string;
  readonly vus?: string;
  readonly duration?: string;
  readonly iterations?: string;
  readonly stages?: string;
  readonly levels?: string;
  readonly hold?: string;
}

export interface CoreFlags {
  readonly coresSfu?: readonly number[];
  readonly coresGenerator?: readonly number[];
}

export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
}

export function addScenarioFlags(command: Command): Command {
  return command
    .option('--target <spec>', 'URL, kind[:key=value,…] or a JSON file; overrides the scenario’s target')
    .option('--control <url>', 'control endpoint of a node elsewhere')
    .option('--token-file <file>', 'file with the token of the control endpoint (or SFUBENCH_TOKEN)')
    .option('--insecure', 'accept any certificate of the target')
    .option('--ca <file>', 'certificate authority of the target, PEM')
    .option('-e, --env <K=V>', 'a variable for the scenario (__ENV.K); may be repeated', collectPair, {})
    .option('--tag <k=v>', 'a tag for the whole run; may be repeated', collectPair, {})
    .option('--seed <number>', 'seed of the plan')
    .option('--vus <number>', 'peers of constant-vus, per-vu-iterations and shared-iterations')
    .option('--duration <duration>', 'duration of constant-vus and constant-arrival-rate')
    .option('--iterations <number>', 'sessions of per-vu-iterations and shared-iterations')
    .option('--stages <stages>', 'stages of ramping-vus: 30s:10,1m:20')
    .option('--levels <levels>', 'levels of staircase: 8,16,32')
    .option('--hold <duration>', 'how long staircase holds a level');
}

export function addCoreFlags(command: Command): Command {
  return command
    .option('--cores-sfu <list>', 'cores of the embedded node’s workers', coreList)
    .option('--cores-generator <list>', 'cores of everything else', coreList);
}

export const jsonAbout = 'the result as JSON on stdout; everything else on stderr';

export function addOutputFlags(command: Command): Command {
  return command
    .option('--json', jsonAbout)
    .option('--quiet', 'no progress')
    .option('--no-color', 'no colours');
}

export function overridesOf(flags: ScenarioFlags): Overrides {
  const { env, tag, tokenFile, ...rest } = flags;
  return { ...rest, environment: shortcutsOf(process.env), tokenFile, env, tags: tag };
}

/** Worker and browser as set-up left them; a given path that is wrong is an error of the environment. */
export function installed(): ReturnType<typeof findInstalled> {
  try {
    return findInstalled();
  } catch (error) {
    throw environmentError(error);
  }
}

function environmentError(error: unknown): unknown {
  if (!(error instanceof SetupError)) return error;
  const code = error.code === 'BROWSER_MISSING' ? 'BROWSER_MISSING' : 'WORKER_MISSING';
  return new BenchError(code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

function collectPair(
  text: string,
  previous: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('it must read NAME=VALUE.');
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

function coreList(text: string): readonly number[] {
  const cores = parseCores(text);
  if (cores === null) throw new InvalidArgumentError('it must read like 0 or 0,2-3.');
  return cores;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('it must be a whole number from 1.');
  return Number(text);
}
