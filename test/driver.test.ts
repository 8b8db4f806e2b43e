/** What the driver makes of segments beside joins and leaves: which step a trial is of, and what was lost in it. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { nowMs } from '../harness/clock.ts';
import { LoadDriver, type Losses } from '../harness/driver.ts';
import type { Segment } from '../harness/executors/executor.ts';
import { PeerBook } from '../harness/peers.ts';
import { defaultQuality } from '../harness/scenario/quality.ts';
import type { Span } from '../harness/schedule.ts';
import { limitsOf } from '../reports/analysis/classify.ts';
import { group } from './executors/groups.ts';
import { botSpec } from './support/bot-specs.ts';

const nothing = { workers: [], sfuStreams: [], botStreams: [] };

function span(phase: Segment['phase'], measure = false): Span {
  const until = { kind: 'elapsed', ms: 0 } as const;
  const segment: Segment = {
    phase,
    step: 0,
    level: 1,
    peers: 1,
    changes: [],
    until,
    measure,
    sessions: null,
  };
  return { group: 'crowd', segment, startMs: nowMs() };
}

function stage(others: readonly string[] = []) {
  const groups = [group(), ...others.map((name) => group({ name }))];
  const book = new PeerBook(groups);
  const losses: Losses = { hosts: 0, workers: 0 };
  const refusals: string[] = [];
  const driver = new LoadDriver({
    startMs: nowMs(),
    groups,
    specOf: () => botSpec('crowd-0'),
    book,
    join: () => undefined,
    leave: () => undefined,
    prepare: async () => undefined,
    onDropped: () => undefined,
    sweep: async () => nothing,
    expectedConsumers: () => 0,
    limits: limitsOf(defaultQuality),
    hasControl: false,
    generatorCores: 1,
    sfuCores: null,
    losses,
    isCut: () => false,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    onTrial: () => undefined,
    onNobodyJoined: (refusal) => refusals.push(refusal),
  });
  const pass = async (phase: Segment['phase'], measure = false) => {
    const one = span(phase, measure);
    await driver.begin(one);
    return await driver.end(one);
  };
  const refuse = (): void => {
    const bot = { bot: 'crowd-0', group: 'crowd', kind: 'synthetic', atMs: nowMs() } as const;
    const failure = { event: 'join-failed', iteration: 0, dueMs: nowMs() } as const;
    book.receive({ ...bot, ...failure, reason: 'refused', message: 'full' });
  };
  return { driver, book, losses, refusals, pass, refuse };
}

test('a plateau behind another is a step of its own, with its own failures and phases', async () => {
  const { pass, refuse } = stage();
  await pass('join');
  refuse();
  const first = await pass('hold', true);
  equal(first.failed, 1);
  deepEqual(
    first.trial?.phases.map(({ phase }) => phase),
    ['join', 'hold'],
  );
  await pass('settle');
  const second = await pass('hold', true);
  equal(second.failed, 0);
  deepEqual(
    second.trial?.phases.map(({ phase }) => phase),
    ['settle', 'hold'],
  );
});

test('a group that begins with a plateau notices a target that lets nobody in', async () => {
  const { driver, refusals, refuse } = stage();
  const plateau = span('settle');
  await driver.begin(plateau);
  refuse();
  await driver.end(plateau);
  equal(refusals.length, 1);
  match(refusals[0] ?? '', /full/);
});

test('a dead host spoils the step in which it died, not those behind it', async () => {
  const { pass, losses } = stage();
  await pass('join');
  losses.hosts = 1;
  const [first, second] = [await pass('hold', true), (await pass('join'), await pass('hold', true))];
  ok(first.trial?.reasons.some((reason) => /bot host/.test(reason)));
  ok(second.trial?.reasons.every((reason) => !/bot host/.test(reason)));
});

test('what goes on after a group is over is no step of it; its drain is, where it was the last', async () => {
  for (const others of [[], ['later']]) {
    const { driver, pass } = stage(others);
    await pass('join');
    ok(driver.lead !== null);
    driver.finished('crowd');
    equal(driver.lead === null, others.length > 0);
  }
});
