/** The bots of a run: every one that its plan will ever ask for, placed, handed to hosts and prepared. */
import { pathToFileURL } from 'node:url';
import type { BotSpec } from '../bots/bot.ts';
import type { HostSettings } from '../bots/messages.ts';
import { sleepMs } from './clock.ts';
import { BenchError } from './errors.ts';
import { crowdOf } from './executors/registry.ts';
import { Fleet, type FleetOptions, type HostPlan } from './fleet.ts';
import { place } from './plan.ts';
import { qualitySettings } from './scenario/quality.ts';
import type { Scenario } from './scenario.ts';
import { readSocketLimits, refuseTooManyBots } from './sockets.ts';
import type { Target } from './targets/target.ts';

export interface RecruitOptions {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly browserPath: string | null;
  /** Cores of the generator: one host each. */
  readonly cores: number;
  readonly onEvent: FleetOptions['onEvent'];
  readonly onFree: FleetOptions['onFree'];
  /** What the scenario's `setup` returned, as JSON; null for nothing. */
  readonly setupData: string | null;
  readonly onValues: FleetOptions['onValues'];
  readonly onWarning: (message: string) => void;
  /** `left`: hosts that still live. */
  readonly onHostDeath: (host: number, bots: readonly BotSpec[], message: string, left: number) => void;
  /** The fleet is there, before its bots are prepared. */
  readonly onFleet: (fleet: Fleet) => void;
  readonly signal: AbortSignal;
}

export interface Crew {
  readonly fleet: Fleet;
  /** @throws RangeError for a peer that the plan does not have */
  readonly specOf: (group: string, peer: number) => BotSpec;
  /** Makes a bot ready that was not from the start. */
  readonly prepare: (bot: BotSpec) => Promise<void>;
}

/** Browsers of this many bots: one that crashes takes few along, and each costs memory of its own. */
const botsPerBrowser = 4;
/** As a host names it where FFI loads. */
const fastPackets = 'udp linux, srtp openssl';
const prepareTimeoutMs = 60_000;

/** @throws BenchError when no host starts, or none of the bots can be prepared */
export async function recruit(options: RecruitOptions): Promise<Crew> {
  const { scenario, cores, onEvent, onHostDeath, onWarning, signal } = options;
  const specs = placements(scenario);
  const all = [...specs.values()].flat();
  const bots = scenario.groups.flatMap(
    (group) => specs.get(group.name)?.slice(0, crowdOf(group).ready) ?? [],
  );
  const hosts = hostPlans(options, all, cores);
  let left = hosts.length;
  const fleet = await Fleet.create({
    hosts,
    env: { SFUBENCH_ENV: JSON.stringify(scenario.env) },
    onEvent,
    onFree: options.onFree,
    onValues: options.onValues,
    onHostDeath: (host, lost, message) => {
      left -= 1;
      onHostDeath(host, lost, message, left);
    },
  });
  options.onFleet(fleet);
  if (fleet.packets !== null && !fleet.packets.startsWith(fastPackets))
    onWarning(
      `synthetic bots cost a multiple of what they could: they run on ${fleet.packets}, not ${fastPackets}`,
    );
  const prepare = async (some: readonly BotSpec[]) => {
    // Whoever ends the run does not wait for browsers; the fleet is closed whatever they do.
    const done = new AbortController();
    const quiet = AbortSignal.any([signal, done.signal]);
    const failed = await Promise.race([
      fleet.prepare(some, prepareTimeoutMs),
      sleepMs(2 * prepareTimeoutMs, quiet).then(() => []),
    ]);
    done.abort();
    if (signal.aborted) return [];
    for (const { bot, message } of failed) onWarning(`${bot} could not be prepared: ${message}`);
    return failed;
  };
  const failed = await prepare(bots);
  if (failed.length > 0 && failed.length === bots.length) {
    throw new BenchError('HOST_FAILED', `no bot could be prepared: ${failed[0]?.message ?? 'no answer'}`, {
      hint: 'does the browser start? Try it by hand, or name another with CHROME_PATH',
    });
  }
  const specOf = (group: string, peer: number): BotSpec => {
    const spec = specs.get(group)?.[peer];
    if (spec === undefined) throw new RangeError(`peer ${peer} of ${group} is not in the plan`);
    return spec;
  };
  return { fleet, specOf, prepare: async (bot) => void (await prepare([bot])) };
}

/**
 * Looks at what the machine allows, before anything is started.
 * @throws BenchError TOO_FEW_SOCKETS
 */
export function checkRoom(scenario: Scenario, cores: number): void {
  const bots = [...placements(scenario).values()].flat().filter(({ kind }) => kind === 'synthetic');
  if (bots.length > 0)
    refuseTooManyBots(bots, hostsFor(bots, cores), readSocketLimits(scenario.synthetic.wake));
}

/** A host per core of the generator, or as many as there are bots. */
function hostsFor(bots: readonly BotSpec[], cores: number): number {
  return Math.max(1, Math.min(cores, bots.length));
}

function placements(scenario: Scenario): ReadonlyMap<string, readonly BotSpec[]> {
  return new Map(scenario.groups.map((group) => [group.name, place(scenario, group, crowdOf(group).most)]));
}

/** For each kind of bot its own hosts. */
function hostPlans(options: RecruitOptions, bots: readonly BotSpec[], cores: number): readonly HostPlan[] {
  const kinds = (['synthetic', 'chrome'] as const).filter((kind) => bots.some((bot) => bot.kind === kind));
  return kinds.flatMap((kind) => {
    const own = bots.filter((bot) => bot.kind === kind);
    const plan: HostPlan = {
      kind,
      settings: hostSettings(options, own),
      yields: kind === 'chrome' && kinds.length > 1,
    };
    return Array.from({ length: hostsFor(own, cores) }, () => plan);
  });
}

function hostSettings(
  { scenario, target, browserPath, setupData }: RecruitOptions,
  bots: readonly BotSpec[],
): HostSettings {
  const kinds = new Set(bots.map(({ kind }) => kind));
  if (browserPath === null && kinds.has('chrome')) {
    throw new BenchError('BROWSER_MISSING', 'the scenario has Chrome bots and there is no Chrome', {
      hint: 'run set-up again, or name a Chrome or Chromium with CHROME_PATH',
    });
  }
  return {
    dialect: target.dialect,
    signalingUrl: target.signalingUrl,
    tls: target.tls,
    scenarioUrl: bots.some((bot) => bot.exec !== null) ? pathToFileURL(scenario.file).href : null,
    setupData,
    chrome:
      browserPath === null || !kinds.has('chrome')
        ? null
        : { executablePath: browserPath, botsPerBrowser, extraArgs: [] },
    synthetic: kinds.has('synthetic') ? { ...scenario.synthetic, udp: 'auto', seed: scenario.seed } : null,
    quality: qualitySettings(scenario),
  };
}
