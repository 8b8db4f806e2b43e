/** A scenario's function as its host runs it. */
import { deepEqual, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { Bot, BotFunction } from '../../../bots/bot.ts';
import type { SessionEvent } from '../../../bots/messages.ts';
import { test as run, sleep } from '../../../bots/script/functions.ts';
import { leftBehind, performanceOf } from '../../../bots/script/performance.ts';
import { currentScope } from '../../../bots/script/scope.ts';
import { botSpec } from '../../support/bot-specs.ts';

function performer(perform: BotFunction, setupData: string | null = null) {
  const events: SessionEvent[] = [];
  const out = new AbortController();
  const spec = botSpec('crowd-0', { kind: 'synthetic' });
  const performance = performanceOf({ spec, perform, setupData, emit: (event) => void events.push(event) });
  return { events, out, act: () => performance({ signal: out.signal } as Bot, undefined) };
}

test('each bot has its own copy of what setup returned, and its own scope', async () => {
  let seen: readonly unknown[] = [];
  const perform: BotFunction = (_bot, data) => {
    const list = data as number[];
    list.push(list.length);
    seen = [...seen, [...list], currentScope()?.group, currentScope()?.bot];
  };
  for (const { act } of [performer(perform, '[]'), performer(perform, '[]')]) {
    await act();
    await act();
  }
  const once = [[0], 'crowd', 'synthetic', [0, 1], 'crowd', 'synthetic'];
  deepEqual(seen, [...once, ...once]);
  await performer((_bot, data) => {
    seen = [data];
  }).act();
  deepEqual(seen, [undefined]);
});

test('what it throws is passed on, but for its wish to end the run', async () => {
  await rejects(
    async () =>
      performer(() => {
        throw new Error('mine');
      }).act(),
    /mine/,
  );
  const { act, events } = performer(async () => {
    await sleep(0.001);
    run.abort('enough');
  });
  await act();
  deepEqual(events, [{ event: 'aborted', message: 'enough' }]);
});

test('what it does not await is told in its name', async () => {
  const { act, events } = performer(() => {
    currentScope()?.threw('Error: late');
    currentScope()?.warn('mind the gap');
  });
  await act();
  deepEqual(events, [
    { event: 'threw', message: 'Error: late' },
    { event: 'warning', message: 'mind the gap' },
  ]);
});

test('a function that ignores that its session is over is named, once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const end = Promise.withResolvers<void>();
  const { act, events, out } = performer(() => end.promise);
  const acting = act();
  context.mock.timers.tick(20_000);
  deepEqual([events.length, leftBehind().map(({ count }) => count)], [0, [1]]);
  out.abort();
  context.mock.timers.tick(9_999);
  deepEqual(events.length, 0);
  context.mock.timers.tick(1);
  match(
    events[0]?.event === 'warning' ? events[0].message : '',
    /still runs 10 s after its session was over/,
  );
  end.resolve();
  await acting;
  deepEqual([events.length, leftBehind()], [1, []]);
});

test('one that notices in time is not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { act, events, out } = performer(
    () => new Promise((resolve) => out.signal.addEventListener('abort', () => resolve())),
  );
  const acting = act();
  out.abort();
  await acting;
  context.mock.timers.tick(60_000);
  deepEqual(events, []);
});
