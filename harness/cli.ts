#!/usr/bin/env node
/** The command line: verbs, their flags, and the only place that ends the process. */
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { blameFor } from '../bots/script/uncaught.ts';
import { addCoreFlags, addOutputFlags, addScenarioFlags, jsonAbout, wholeNumber } from './commands/flags.ts';
import { BenchError, exitCodes, explain, messageOf } from './errors.ts';
import { packageVersion } from './manifest.ts';
import { importedUrls } from './scenario/import.ts';
import { userCacheDir } from './setup/context.js';
import { nodeOptionsAbout } from './targets/mediasoup/options.ts';

type Verb = (...args: never[]) => Promise<number>;

/** Verbs are loaded when they are called: `--help` needs neither mediasoup nor Chrome. */
function program(finish: (exitCode: number) => void): Command {
  const root = new Command('sfubench')
    .description('Load tests and capacity figures for SFUs')
    .version(packageVersion())
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const act =
    (load: () => Promise<Verb>) =>
    async (...args: unknown[]): Promise<void> => {
      const verb = await load();
      finish(await verb(...(args as never[])));
    };

  const run = root
    .command('run')
    .argument('<file>', 'scenario file')
    .description('runs a scenario and stores what was measured')
    .option('--dir <directory>', 'run directory; must not exist yet')
    .option('--raw', 'keeps what every bot read each second, in raw.ndjson.gz')
    .action(act(async () => (await import('./commands/run.ts')).runCommand));
  addOutputFlags(addCoreFlags(addScenarioFlags(run)));

  addCapacity(root, act);

  const inspect = root
    .command('inspect')
    .argument('<file>', 'scenario file')
    .description('prints the plan of a scenario: peers, rooms, streams, expected load, duration')
    .action(act(async () => (await import('./commands/inspect.ts')).inspectCommand));
  addCoreFlags(addScenarioFlags(inspect)).option('--json', jsonAbout);

  const report = root
    .command('report')
    .argument('<directory>', 'run directory')
    .description('makes report.html and the charts of a stored run again, from its directory alone')
    .option('--no-png', 'no pictures of the charts')
    .action(act(async () => (await import('./commands/report.ts')).reportCommand));
  addOutputFlags(report);

  const calibrate = root
    .command('calibrate')
    .description('measures what Chrome costs the worker over what synthetic bots do; reports then say it')
    .option('--blocks <number>', 'runs of each way of waking; six give 95 %', wholeNumber, 6)
    .option('--seed <number>', 'seed of the runs’ order within their blocks', wholeNumber)
    .option('--more', 'adds to the blocks that are kept of this machine')
    .action(act(async () => (await import('./commands/calibrate.ts')).calibrateCommand));
  addOutputFlags(addCoreFlags(calibrate));

  const doctor = root
    .command('doctor')
    .description('looks at everything that a run depends on, and says what to do; installs nothing')
    .option('--ceiling', 'measures instead how much one core of synthetic bots can receive here, in a minute')
    .action(act(async () => (await import('./commands/doctor.ts')).doctorCommand));
  addOutputFlags(addCoreFlags(doctor));
  addOutputFlags(
    root
      .command('setup')
      .description('gets mediasoup’s worker and a browser, into the user’s cache')
      .action(act(async () => (await import('./commands/setup.ts')).setupCommand)),
  );

  const node = root
    .command('node')
    .description('serves the reference mediasoup node; prints one JSON line when it is ready')
    .action(act(async () => (await import('./commands/node.ts')).nodeCommand));
  for (const [name, about] of nodeOptionsAbout) node.option(`--${kebab(name)} <value>`, about);

  return root;
}

type Act = (load: () => Promise<Verb>) => (...args: unknown[]) => Promise<void>;

function addCapacity(root: Command, act: Act): void {
  const capacity = root
    .command('capacity')
    .argument('<file>', 'scenario file; its highest level is the first guess')
    .description('searches the level that the SFU bears: point, interval, bounds, and what limited it')
    .option('--budget <duration>', 'what the search may take: 15m unless the scenario says it')
    .option('--width <share>', 'how narrow the 95 % interval is to become: 5% unless the scenario says it')
    .option('--level <unit>', 'what a level counts: peers or rooms; as the scenario has it')
    .option('--guess <level>', 'where the capacity is thought to be')
    .option('--highest <level>', 'the highest level that may be asked for: three times the guess')
    .option('--resume <directory>', 'goes on with the search of that run directory, in a new one')
    .option('--dir <directory>', 'run directory; must not exist yet')
    .option('--raw', 'keeps what every bot read each second, in raw.ndjson.gz')
    .action(act(async () => (await import('./commands/capacity.ts')).capacityCommand));
  addOutputFlags(addCoreFlags(addScenarioFlags(capacity)));
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whoever read us may go away (`| head`, a closed window): what is measured is kept all the same. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

/** Every file is compiled once on a machine, not in every process of every run; kept where set-up keeps things. */
function keepCompiled(): void {
  const folder = userCacheDir(process.env);
  if (!existsSync(folder)) return;
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}

/** What a scenario's file begins and nobody awaits here is awaited, or warned of, where its bots are: it ends nothing. */
function outliveScenarios(): void {
  const told = new Set<string>();
  const outlive = (thrown: unknown): void => {
    const isScenarios = [...importedUrls].some((url) => blameFor(thrown, undefined, url) !== 'host');
    if (!isScenarios) process.exit(reportBug(thrown));
    const message = messageOf(thrown);
    if (told.has(message)) return;
    told.add(message);
    process.stderr.write(`warning: the scenario threw where nobody awaits it: ${message}\n`);
  };
  process.on('uncaughtException', outlive);
  process.on('unhandledRejection', outlive);
}

function reportBug(thrown: unknown): number {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  process.stderr.write(`this is a bug of sfubench, please report it:\n${text}\n`);
  return exitCodes.bug;
}

async function main(): Promise<number> {
  let exitCode: number = exitCodes.ok;
  try {
    await program((code) => {
      exitCode = code;
    }).parseAsync();
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError)
      return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.invalidInput;
    if (thrown instanceof BenchError) {
      process.stderr.write(`${explain(thrown.message, thrown.detail)}\n`);
      return thrown.exitCode;
    }
    return reportBug(thrown);
  }
}

keepCompiled();
outliveReaders();
outliveScenarios();
process.exit(await main());
