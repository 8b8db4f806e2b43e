/**
 * The process entry of a bot host: a child of the fleet, which it talks to over IPC. It ends when that channel does,
 * with everything that it started.
 */
import { readFile } from 'node:fs/promises';
import type { BotSpec } from './bot.ts';
import { Browsers, versionOf } from './chrome/browsers.ts';
import { nowMs, within } from './clock.ts';
import type { FromHost, HostSettings, ToHost } from './messages.ts';
import { takePrecedence } from './precedence.ts';
import { type EndpointSource, noTurn, Roster } from './roster.ts';
import { declaring } from './script/declarations.ts';
import { divideEnvironment } from './script/environment.ts';
import { scriptBook } from './script/own-metrics.ts';
import { leftBehind } from './script/performance.ts';
import { currentScope } from './script/scope.ts';
import { blameFor } from './script/uncaught.ts';
import { endWithParent } from './script/watchdog.ts';
import { dialects } from './signaling/dialects.ts';
import { Crowd } from './synthetic/crowd.ts';
import { messageOf, stackOf } from './thrown.ts';

/** From the end of the channel to the end of the process; the contract allows 2 s. */
const endMs = 1_800;

/** What the scenario's functions measured is told this often. */
const valuesEveryMs = 1_000;
/** Different errors of the scenario that are no bot's. */
const toldAtMost = 20;
/** For functions to notice that everybody has left. */
const noticeMs = 200;

type Failure = Extract<FromHost, { type: 'failed' }>['reason'];

interface Running {
  readonly roster: Roster;
  readonly browsers: Browsers | null;
  readonly crowd: Crowd | null;
}

let starting: Promise<Running | null> | null = null;
let ending: Promise<void> | null = null;
/** Of the file whose functions run here; null for none. */
let scenarioUrl: string | null = null;
/** A bot that stands for all of them. */
let anyBot: BotSpec | null = null;
/** What was said of errors that are no bot's, or is to be said once there is one. */
const told = new Set<string>();

function tell(message: FromHost): void {
  if (process.connected) process.send?.(message);
}

/** Says why this host is of no use. */
function fail(reason: Failure, thrown: unknown): null {
  tell({ type: 'failed', reason, message: messageOf(thrown) });
  return null;
}

async function functionsOf(url: string | null): Promise<Readonly<Record<string, unknown>>> {
  if (url === null) return {};
  scenarioUrl = url;
  divideEnvironment();
  endWithParent();
  const { module } = await declaring(() => import(url) as Promise<Readonly<Record<string, unknown>>>);
  setInterval(tellValues, valuesEveryMs).unref();
  return module;
}

function tellValues(): void {
  const readings = scriptBook.take(nowMs());
  if (readings.length > 0) tell({ type: 'values', readings, full: scriptBook.isFull });
}

/** What is wrong with more than one bot; `spec` is the one that it was noticed at. */
function warn({ id: bot, group, kind }: BotSpec, message: string): void {
  tell({
    type: 'event',
    event: { bot, group, kind, atMs: nowMs(), event: 'warning', message },
    turn: noTurn,
  });
}

/** A function that goes on cannot be stopped, only named. */
function tellLeftBehind(): void {
  for (const { spec, count } of leftBehind()) {
    warn(
      spec,
      `${count} function(s) of ${spec.group} still ran when the run ended: they ignore bot.signal (sleep() of sfubench ends by itself)`,
    );
  }
}

async function start(settings: HostSettings): Promise<Running | null> {
  const { chrome, quality, setupData, synthetic, tls } = settings;
  const functions = await functionsOf(settings.scenarioUrl).catch((thrown: unknown) =>
    fail('scenario-threw', thrown),
  );
  if (functions === null) return null;
  const version =
    chrome === null
      ? null
      : await versionOf(chrome.executablePath).catch((thrown: unknown) => fail('browser-missing', thrown));
  if (chrome !== null && version === null) return null;
  const browsers = chrome === null ? null : await Browsers.create(chrome);
  const crowd =
    synthetic === null ? null : await Crowd.create(synthetic, undefined, quality.limits.latencyMs, warn);
  const ca = tls.caFile === null ? null : await readFile(tls.caFile, 'utf8');
  const endpointOf: EndpointSource = async (spec, onCrash) => {
    if (spec.kind === 'chrome' && browsers !== null) return await browsers.open(spec, onCrash);
    if (spec.kind === 'synthetic' && crowd !== null) return crowd.open(spec);
    throw new Error(`this host has no ${spec.kind} bots`);
  };
  const roster = Roster.create({
    target: {
      dialect: dialects[settings.dialect],
      url: settings.signalingUrl,
      tls: { insecure: tls.insecure, ca },
    },
    functions,
    setupData,
    endpointOf,
    emit: (event, turn) => tell({ type: 'event', event, turn }),
    onFree: (bot, turn) => tell({ type: 'free', bot, turn, atMs: nowMs() }),
    quality,
    watchesLag: crowd === null,
  });
  const means =
    crowd === null ? null : `${crowd.means}${(await takePrecedence()) ? ', raised priority' : ''}`;
  tell({ type: 'started', browser: version, synthetic: means });
  return { roster, browsers, crowd };
}

async function handle(message: ToHost): Promise<void> {
  if (message.type === 'close') return end();
  if (message.type === 'start') {
    starting ??= start(message.settings);
    await starting;
    return;
  }
  const running = await (starting ?? Promise.resolve(null));
  if (running === null) return;
  const { roster, crowd } = running;
  switch (message.type) {
    case 'prepare': {
      const { request, bots } = message;
      if (anyBot === null && bots[0] !== undefined) {
        anyBot = bots[0];
        for (const message of told) warn(anyBot, message);
      }
      tell({ type: 'prepared', request, failed: await roster.prepare(bots) });
      return;
    }
    case 'join':
      return roster.join(message.bot, message.dueMs, message.turn);
    case 'leave':
      return roster.leave(message.bot, message.dueMs, message.graceMs);
    case 'read': {
      const { request, streams } = message;
      const readings = await roster.read(streams);
      tell({ type: 'readings', request, ...readings, synthetic: crowd?.takeHealth() ?? null });
      return;
    }
    case 'stop-publishing':
      await roster.stopPublishing();
      tell({ type: 'publishing-stopped', request: message.request });
      return;
  }
}

/** What was told and is still on its way: the channel closes behind it. */
async function flush(): Promise<void> {
  if (!process.connected) return;
  const closed = new Promise<void>((resolve) => process.once('disconnect', resolve));
  process.disconnect();
  await within(200, closed, undefined);
}

/** Everybody leaves, browsers end, then the process. */
function end(code = 0): Promise<void> {
  ending ??= (async () => {
    // Chrome ends with its pipe at the latest, which ends with this process.
    setTimeout(() => process.exit(code), endMs);
    const running = await within(500, Promise.resolve(starting), null);
    await running?.roster.close();
    if (leftBehind().length > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
    tellLeftBehind();
    tellValues();
    running?.crowd?.close();
    await running?.browsers?.close();
    await flush();
    process.exit(code);
  })();
  return ending;
}

function crash(thrown: unknown): void {
  fail('internal', stackOf(thrown));
  void end(1);
}

/** Nobody caught it. What a scenario's function did so is an exception of that function, and ends nothing. */
function uncaught(thrown: unknown): void {
  if (scenarioUrl === null) return crash(thrown);
  const scope = currentScope();
  const blame = blameFor(thrown, scope, scenarioUrl);
  if (blame === 'nobody') return;
  if (blame === 'host') return crash(thrown);
  if (scope !== undefined) return scope.threw(stackOf(thrown));
  const message = `the scenario threw where it is not known for which bot: ${messageOf(thrown)}`;
  if (told.has(message) || told.size >= toldAtMost) return;
  told.add(message);
  if (anyBot !== null) warn(anyBot, message);
}

process.on('message', (message: ToHost) => {
  handle(message).catch(crash);
});
process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());
// Ctrl-C in a terminal is the fleet's to act upon.
process.on('SIGINT', () => undefined);
process.on('uncaughtException', uncaught);
process.on('unhandledRejection', uncaught);
