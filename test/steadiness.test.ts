import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BotSpec, VideoMedia } from '../bots/bot.ts';
import { nowMs } from '../harness/clock.ts';
import { PeerBook } from '../harness/peers.ts';
import type { Sample } from '../harness/record.ts';
import { defaultQuality } from '../harness/scenario/quality.ts';
import type { Span } from '../harness/schedule.ts';
import { type HoldInProgress, Steadiness } from '../harness/steadiness.ts';
import { limitsOf } from '../reports/analysis/classify.ts';
import { promptSettling, type SettlingLimits, settlingLimits } from '../reports/analysis/settling.ts';
import { group } from './executors/groups.ts';

const crowd = group();
const soonestOf = ({ windowReadings, windows }: SettlingLimits): number => windowReadings + windows - 1;
const soonest = soonestOf(promptSettling);

function span(kind: 'settled' | 'idle', limitMs: number): Span {
  const segment = { until: { kind, limitMs } };
  return { group: 'crowd', segment, startMs: nowMs() } as unknown as Span;
}

function synthetic(layers: 1 | 3): Pick<BotSpec, 'kind' | 'publish'> {
  return { kind: 'synthetic', publish: { audio: null, video: { layers } as VideoMedia } };
}

function steadiness(hasControl = true, connected = 2, lost = 2 - connected) {
  const stop = new AbortController();
  const book = new PeerBook([crowd]);
  let bot: Pick<BotSpec, 'kind' | 'publish'> = synthetic(1);
  book.asked = () => Array.from({ length: 2 }, () => bot as BotSpec);
  book.connected = () => connected;
  let lostPeers = lost;
  book.lost = () => lostPeers;
  const lose = (): void => {
    lostPeers += 1;
  };
  const conditions = { disturbed: false, wouldDisturb: false };
  const watch = new Steadiness({
    book,
    hasControl,
    signal: stop.signal,
    conditions: {
      isDisturbed: () => conditions.disturbed,
      wouldDisturb: () => conditions.wouldDisturb,
    },
    expectedConsumers: () => 4,
    limits: limitsOf(defaultQuality),
  });
  let packets = 0;
  let second = 0;
  const tell = (cpuCores: number | null, rate: number): void => {
    packets += rate;
    second += 1;
    const t = second * 1_000;
    const samples: Sample[] = [
      { t, e: 'worker:0', s: 0, v: { worker_cpu_cores: cpuCores } },
      { t, e: 'bots:crowd:synthetic:video:0', s: 0, v: { rtp_packets_received_total: packets } },
    ];
    watch.collect(samples);
    watch.tick();
  };
  const playedBy = (one: typeof bot): void => {
    bot = one;
  };
  return { watch, tell, stop, conditions, lose, playedBy };
}

/** Whether it was resolved by now. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const turn = new Promise((resolve) => setImmediate(resolve, open));
  return (await Promise.race([promise, turn])) !== open;
}

describe('waiting for a steady load', () => {
  it('ends with the second that settles it, and not before', async () => {
    const { watch, tell } = steadiness();
    // Rates are known from the second reading on.
    tell(0.5, 1_000);
    const settled = watch.settled(span('settled', 60_000));
    for (let second = 0; second < soonest - 1; second += 1) tell(0.5, 1_000);
    assert.equal(await isOver(settled), false);
    tell(0.5, 1_000);
    assert.deepEqual(await settled, { settled: true, unsteady: [] });
  });

  it('takes its time where a browser or a choice among layers grows after the join', async () => {
    for (const bot of [synthetic(3), { ...synthetic(1), kind: 'chrome' as const }]) {
      const { watch, tell, playedBy } = steadiness();
      playedBy(bot);
      tell(0.5, 1_000);
      const settled = watch.settled(span('settled', 60_000));
      for (let second = 0; second < soonestOf(settlingLimits) - 1; second += 1) tell(0.5, 1_000);
      assert.equal(await isOver(settled), false);
      tell(0.5, 1_000);
      assert.equal((await settled).settled, true);
    }
  });

  it('does without the worker’s CPU where nobody tells it, and not where one reading is missing', async () => {
    const blind = steadiness(false);
    const settled = blind.watch.settled(span('settled', 60_000));
    for (let second = 0; second <= soonest; second += 1) blind.tell(null, 1_000);
    assert.equal((await settled).settled, true);

    const gappy = steadiness();
    const never = gappy.watch.settled(span('settled', 60_000));
    for (let second = 0; second <= soonest; second += 1) gappy.tell(second === soonest ? null : 0.5, 1_000);
    assert.equal(await isOver(never), false);
    gappy.stop.abort();
    assert.deepEqual(await never, { settled: false, unsteady: ['worker CPU'] });
  });

  it('gives up at the limit, at the end of the load, and at once where somebody is missing', async () => {
    const { watch, stop } = steadiness();
    const all = ['worker CPU', 'packet rate', 'peers'];
    assert.deepEqual(await watch.settled(span('settled', 20)), { settled: false, unsteady: all });
    const aborted = watch.settled(span('settled', 60_000));
    stop.abort();
    assert.equal((await aborted).settled, false);
    const lonely = steadiness(true, 1).watch.settled(span('settled', 60_000));
    assert.deepEqual(await lonely, { settled: false, unsteady: ['peers'] });
  });

  it('waits for a session that is between two, not for a peer that was dropped', async () => {
    const between = steadiness(true, 1, 0);
    const patient = between.watch.settled(span('settled', 60_000));
    between.tell(0.5, 1_000);
    assert.equal(await isOver(patient), false);
    between.stop.abort();
    const { watch, tell, lose } = steadiness();
    const settled = watch.settled(span('settled', 60_000));
    tell(0.5, 1_000);
    assert.equal(await isOver(settled), false);
    lose();
    tell(0.5, 1_000);
    assert.equal((await settled).settled, false);
  });

  it('ends where a core was slowed: the step has to be done again', async () => {
    const { watch, tell, conditions } = steadiness();
    const settled = watch.settled(span('settled', 60_000));
    tell(0.5, 1_000);
    conditions.disturbed = true;
    tell(0.5, 1_000);
    assert.equal((await settled).settled, false);
  });
});

/** So many windows of four. */
const broken = (violating: number): Sample => ({
  t: 0,
  e: 'bots:crowd:synthetic:video:0',
  s: 0,
  v: { violation_ratio: [violating, 4] },
});

const hold = (...samples: Sample[]): HoldInProgress => ({ samples, isUnsettled: false });

describe('holding until a trial is decided', () => {
  it('ends early where the trial has to be done again, and at its instant where not', async () => {
    const { watch, tell, conditions } = steadiness();
    const held = watch.decided(span('settled', 0), nowMs() + 60_000, hold());
    tell(0.5, 1_000);
    assert.equal(await isOver(held), false);
    conditions.disturbed = true;
    tell(0.5, 1_000);
    await held;
    await steadiness().watch.decided(span('settled', 0), nowMs() + 20, hold());
  });

  it('ends soon after a peer was lost, who does not come back', async () => {
    const { watch, tell, lose } = steadiness();
    const held = watch.decided(span('settled', 0), nowMs() + 60_000, hold());
    tell(0.5, 1_000);
    lose();
    tell(0.5, 1_000);
    tell(0.5, 1_000);
    assert.equal(await isOver(held), false);
    tell(0.5, 1_000);
    await held;
  });

  it('shows an overload for a while before it ends', async () => {
    const { watch, tell, stop } = steadiness();
    const held = watch.decided(span('settled', 0), nowMs() + 60_000, hold(broken(0), broken(4)));
    for (let second = 0; second < 6; second += 1) tell(1, 1_000);
    assert.equal(await isOver(held), false);
    stop.abort();
    await held;
  });
});

describe('waiting for an idle SFU', () => {
  it('takes two idle seconds in succession', async () => {
    const { watch, tell } = steadiness();
    const idle = watch.idle(span('idle', 60_000));
    for (const cpuCores of [0.4, 0.02, 0.3, 0.01]) tell(cpuCores, 0);
    assert.equal(await isOver(idle), false);
    tell(0.01, 0);
    await idle;
  });

  it('waits for a core that is slowed from outside until it is not', async () => {
    const { watch, tell, conditions } = steadiness();
    conditions.wouldDisturb = true;
    const idle = watch.idle(span('idle', 60_000));
    for (let second = 0; second < 6; second += 1) tell(0.01, 0);
    assert.equal(await isOver(idle), false);
    conditions.wouldDisturb = false;
    tell(0.01, 0);
    await idle;
  });

  it('ends at its limit where the workers tell nothing', async () => {
    const { watch, tell } = steadiness(false);
    const idle = watch.idle(span('idle', 30));
    for (let second = 0; second < 4; second += 1) tell(null, 0);
    assert.equal(await isOver(idle), false);
    await idle;
  });
});
