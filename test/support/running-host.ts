/** A bot host in a process of its own, as the fleet runs it, on the real Chrome. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BotSpec } from '../../bots/bot.ts';
import { nowMs } from '../../bots/clock.ts';
import type { BotEvent, FromHost, HostSettings, SyntheticSettings, ToHost } from '../../bots/messages.ts';
import { findInstalledBrowser } from '../../harness/setup/installed.js';
import { plainQuality } from './bot-specs.ts';

const entry = fileURLToPath(new URL('../../bots/host.ts', import.meta.url));

type Answer<Type extends FromHost['type']> = Extract<FromHost, { type: Type }>;

export interface RunningHost {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly events: BotEvent[];
  /** The process's exit code or signal. */
  readonly exited: Promise<number | string>;
  send(message: ToHost): void;
  /** The first message of this type from now on. */
  next<Type extends FromHost['type']>(type: Type): Promise<Answer<Type>>;
  prepare(...bots: BotSpec[]): Promise<Answer<'prepared'>['failed']>;
  /** Joins now, and resolves with the event that says how it went. */
  join(bot: string): Promise<BotEvent>;
  read(): Promise<Answer<'readings'>>;
  stopPublishing(): Promise<void>;
  /** An event that was or will be. */
  event(bot: string, ...names: readonly BotEvent['event'][]): Promise<BotEvent>;
  close(): Promise<number | string>;
}

export function chromePath(): string {
  const browser = findInstalledBrowser();
  assert.ok(browser, 'no browser: run the set-up first');
  return browser.path;
}

export function hostSettings(signalingUrl: string, changes: Partial<HostSettings> = {}): HostSettings {
  return {
    dialect: 'mediasoup-demo',
    signalingUrl,
    tls: { insecure: false, caFile: null },
    scenarioUrl: null,
    setupData: null,
    chrome: { executablePath: chromePath(), botsPerBrowser: 4, extraArgs: [] },
    synthetic: null,
    quality: plainQuality,
    ...changes,
  };
}

/** The settings of `synthetic` where a scenario says nothing. */
export function syntheticSettings(changes: Partial<SyntheticSettings> = {}): SyntheticSettings {
  return {
    verify: 'sampled',
    wake: 'batch',
    feedback: 'chrome',
    payload: 'cassette',
    keyFrameIntervalMs: null,
    udp: 'auto',
    seed: 1,
    ...changes,
  };
}

/** Starts a host; `settings` null leaves it without its first message. */
export async function startHost(
  settings: HostSettings,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningHost> {
  const child = spawn(process.execPath, [entry], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  const events: BotEvent[] = [];
  const listeners = new Set<(message: FromHost) => void>();
  child.on('message', (message: FromHost) => {
    if (message.type === 'event') events.push(message.event);
    for (const listener of listeners) listener(message);
  });
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });

  function match<T>(pick: (message: FromHost) => T | null): Promise<T> {
    return new Promise((resolve) => {
      const listener = (message: FromHost): void => {
        const picked = pick(message);
        if (picked === null) return;
        listeners.delete(listener);
        resolve(picked);
      };
      listeners.add(listener);
    });
  }
  const next = <Type extends FromHost['type']>(type: Type): Promise<Answer<Type>> =>
    match((message) => (message.type === type ? (message as Answer<Type>) : null));
  const send = (message: ToHost): void => void child.send(message);
  let requests = 0;
  const host: RunningHost = {
    pid: child.pid ?? 0,
    child,
    events,
    exited,
    send,
    next,
    prepare: async (...bots) => {
      requests += 1;
      const answer = next('prepared');
      send({ type: 'prepare', request: requests, bots });
      return (await answer).failed;
    },
    join: (bot) => {
      send({ type: 'join', bot, dueMs: nowMs(), turn: 0 });
      return host.event(bot, 'joined', 'join-failed');
    },
    read: () => {
      requests += 1;
      const answer = next('readings');
      send({ type: 'read', request: requests, streams: true });
      return answer;
    },
    stopPublishing: async () => {
      const answer = next('publishing-stopped');
      send({ type: 'stop-publishing', request: 0 });
      await answer;
    },
    event: async (bot, ...names) => {
      const wanted = (event: BotEvent): boolean => event.bot === bot && names.includes(event.event);
      return (
        events.find(wanted) ??
        match((message) => (message.type === 'event' && wanted(message.event) ? message.event : null))
      );
    },
    close: () => {
      if (child.connected) send({ type: 'close' });
      return exited;
    },
  };
  const first = Promise.race([next('started'), next('failed')]);
  send({ type: 'start', settings });
  const message = await first;
  if (message.type === 'failed') {
    await host.close();
    throw new Error(`${message.reason}: ${message.message}`);
  }
  return host;
}
