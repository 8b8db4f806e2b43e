/** Bots of a real host whose functions do what the test says, one step after the other. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bot } from '../../bots/bot.ts';

/** What may be asked of a bot that is in its room. */
export type Verb = 'mute' | 'pause' | 'resume' | 'consume' | 'switchLayers';

export interface Lead {
  /** The scenario file, whose function is `default`. */
  readonly scenarioUrl: string;
  /** Resolves when the bot's call has. */
  tell<V extends Verb>(bot: string, verb: V, ...given: Parameters<Bot[V]>): Promise<void>;
  close(): void;
}

// Steps and answers are lines of files: a host has no channel to a scenario's function.
const scenario = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
export default async function (bot) {
  await bot.join();
  if (!bot.id.startsWith('viewer')) await bot.publish();
  const steps = new URL('./' + bot.id + '.steps', import.meta.url);
  for (let done = 0; ; await bot.stay(20)) {
    const lines = existsSync(steps) ? readFileSync(steps, 'utf8').split('\\n').slice(done, -1) : [];
    for (const line of lines) {
      const [verb, given] = JSON.parse(line);
      await bot[verb](...given);
      appendFileSync(new URL('./' + bot.id + '.done', import.meta.url), verb + '\\n');
      done += 1;
    }
  }
}
`;

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

export function leadBots(): Lead {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-lead-'));
  const file = join(folder, 'scenario.mjs');
  writeFileSync(file, scenario);
  return {
    scenarioUrl: pathToFileURL(file).href,
    tell: async (bot, verb, ...given) => {
      const [steps, done] = [join(folder, `${bot}.steps`), join(folder, `${bot}.done`)];
      appendFileSync(steps, `${JSON.stringify([verb, given])}\n`);
      const until = performance.now() + 10_000;
      while (linesOf(done) < linesOf(steps)) {
        assert.ok(performance.now() < until, `${bot} has not done: ${verb}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
