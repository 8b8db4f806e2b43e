/**
 * The scenario's function as a bot's host runs it: in the scope of its bot, with the data of `setup`, and watched. A
 * function that goes on although its session is over cannot be stopped from outside; it is left behind, and said so.
 */
import type { BotFunction, BotSpec } from '../bot.ts';
import type { SessionEvent } from '../messages.ts';
import { environmentWith } from './environment.ts';
import { ScenarioAbort } from './functions.ts';
import { inScope } from './scope.ts';

/** A function has so long to notice that its session is over. */
const noticeMs = 10_000;

export interface PerformanceOptions {
  readonly spec: BotSpec;
  readonly perform: BotFunction;
  /** What `setup` returned, as JSON; null for nothing. */
  readonly setupData: string | null;
  readonly emit: (event: SessionEvent) => void;
}

/** Functions that run now, by bot. */
const performing = new Map<object, BotSpec>();

export function performanceOf({ spec, perform, setupData, emit }: PerformanceOptions): BotFunction {
  // Each bot has its own, as in k6: what one changes, no other sees.
  const data: unknown = setupData === null ? undefined : JSON.parse(setupData);
  const env = environmentWith(spec.env);
  return async (bot) => {
    const { signal } = bot;
    const scope = {
      group: spec.group,
      bot: spec.kind,
      env,
      signal,
      abort: (reason: string) => emit({ event: 'aborted', message: reason }),
      threw: (message: string) => emit({ event: 'threw', message }),
      warn: (message: string) => emit({ event: 'warning', message }),
    };
    let timer: NodeJS.Timeout | undefined;
    const over = (): void => {
      timer = setTimeout(() => emit({ event: 'warning', message: overstayed }), noticeMs);
    };
    signal.addEventListener('abort', over, { once: true });
    performing.set(bot, spec);
    try {
      await inScope(scope, () => perform(bot, data));
    } catch (thrown) {
      if (!(thrown instanceof ScenarioAbort)) throw thrown;
    } finally {
      performing.delete(bot);
      signal.removeEventListener('abort', over);
      clearTimeout(timer);
    }
  };
}

const overstayed = `its function still runs ${noticeMs / 1_000} s after its session was over: it ignores bot.signal (sleep() of sfubench ends by itself)`;

/** Functions that run although their host is about to end: one bot of each group, and how many there are. */
export function leftBehind(): readonly { readonly spec: BotSpec; readonly count: number }[] {
  const groups = new Map<string, { spec: BotSpec; count: number }>();
  for (const spec of performing.values()) {
    const known = groups.get(spec.group);
    if (known === undefined) groups.set(spec.group, { spec, count: 1 });
    else known.count += 1;
  }
  return [...groups.values()];
}
