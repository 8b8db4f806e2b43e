/** The generator's ceiling: what readings say, and the two processes at a small load. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CeilingReading } from '../../bots/ceiling/messages.ts';
import { packetsPerSocket } from '../../bots/ceiling/streams.ts';
import { allowedCores } from '../../harness/cores.ts';
import { type CeilingStep, ceilingOf, ceilingStep, limitOf } from '../../harness/doctor/ceiling.ts';
import { type CeilingOptions, measureCeiling } from '../../harness/doctor/measure-ceiling.ts';
import { BenchError } from '../../harness/errors.ts';
import { marked, newMark } from '../support/processes.ts';

function step(more: Partial<CeilingStep>): CeilingStep {
  return {
    sockets: 100,
    duePerSecond: 10_000,
    sentPerSecond: 10_000,
    receivedPerSecond: 10_000,
    cpuCores: 0.1,
    cpuUsPerPacket: 10,
    dropRatio: 0,
    pollLagMs: 5,
    ...more,
  };
}

function reading(atMs: number, packetsTotal: number, more: Partial<CeilingReading> = {}): CeilingReading {
  return { atMs, packetsTotal, cpuMsTotal: 0, dropsTotal: 0, refusedTotal: 0, pollLagMs: null, ...more };
}

describe('a step towards the ceiling', () => {
  it('is what grew between two readings of either side, over its own time', () => {
    const sent = [reading(0, 0), reading(2000, 20_000)] as const;
    const before = reading(100, 500, { cpuMsTotal: 50, dropsTotal: 3 });
    const after = reading(2600, 20_480, { cpuMsTotal: 300, dropsTotal: 13, refusedTotal: 10, pollLagMs: 7 });
    deepEqual(ceilingStep(100, 10_000, sent, [before, after]), {
      sockets: 100,
      duePerSecond: 10_000,
      sentPerSecond: 10_000,
      receivedPerSecond: 7992,
      cpuCores: 0.1,
      cpuUsPerPacket: 250_000 / 19_980,
      dropRatio: 20 / 20_000,
      pollLagMs: 7,
    });
  });

  it('is at a limit of the generator before one of the sender', () => {
    equal(limitOf(step({})), null);
    equal(limitOf(step({ cpuCores: 0.81, sentPerSecond: 1 })), 'cpu');
    equal(limitOf(step({ dropRatio: 0.002 })), 'drops');
    equal(limitOf(step({ pollLagMs: 51 })), 'late polls');
    equal(limitOf(step({ sentPerSecond: 9400 })), 'sender');
  });
});

describe('the ceiling', () => {
  const low = step({ receivedPerSecond: 100_000, cpuCores: 0.6, cpuUsPerPacket: 6 });
  const high = step({ receivedPerSecond: 150_000, cpuCores: 0.9, cpuUsPerPacket: 6 });

  it('lies where 80 % of the core are crossed', () => {
    const found = ceilingOf([low, high], 'cpu');
    ok(found !== null && !found.isEstimate);
    ok(Math.abs(found.packetsPerSecond - 133_333) < 1, String(found.packetsPerSecond));
    ok(Math.abs(found.cpuUsPerPacket - 6) < 0.001);
  });

  it('is the last rate without drops or lag', () => {
    equal(ceilingOf([low, high], 'drops')?.packetsPerSecond, 100_000);
    equal(ceilingOf([low, high], 'late polls')?.packetsPerSecond, 100_000);
  });

  it('is estimated where the sender ended it, and says so', () => {
    const found = ceilingOf([low], 'sender');
    ok(found !== null && found.isEstimate);
    ok(Math.abs(found.packetsPerSecond - 133_333) < 1);
  });

  it('is none where already the first load was too much, or nothing was measured', () => {
    equal(ceilingOf([high], 'cpu'), null);
    equal(ceilingOf([], 'sender'), null);
  });
});

describe('the null sink', () => {
  const [coreSfu = 0, coreGenerator = 0] = allowedCores();
  const small: Omit<CeilingOptions, 'signal'> = {
    coreSfu,
    coreGenerator,
    firstSockets: 20,
    factor: 2,
    mostSockets: 40,
    warmMs: 300,
    measureMs: 700,
    budgetMs: 20_000,
    onStep: () => undefined,
  };

  it('receives what the null SFU sends, opens it, and leaves no process behind', async () => {
    const mark = newMark();
    Object.assign(process.env, mark);
    const found = await measureCeiling({ ...small, signal: new AbortController().signal });
    ok(found !== null);
    // A busy machine may end it early by its lag; what was counted holds all the same.
    for (const {
      sockets,
      duePerSecond,
      sentPerSecond,
      receivedPerSecond,
      dropRatio,
      cpuUsPerPacket,
    } of found.steps) {
      const due = sockets * packetsPerSocket;
      equal(duePerSecond, due);
      ok(sentPerSecond > 0.5 * due && sentPerSecond < 1.2 * due, `${sentPerSecond} of ${due}`);
      ok(receivedPerSecond > 0.8 * sentPerSecond && receivedPerSecond < 1.2 * sentPerSecond);
      // A packet that SRTP or the parser refuses is counted with the drops.
      equal(dropRatio, 0);
      ok(cpuUsPerPacket > 0);
    }
    deepEqual(
      marked(mark).filter(({ pid }) => pid !== process.pid),
      [],
    );
  });

  it('is given up when it is interrupted', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 600);
    equal(await measureCeiling({ ...small, signal: interruption.signal }), null);
  });

  it('says what is missing where it cannot be pinned', async () => {
    const nowhere = { ...small, coreSfu: 1023, signal: new AbortController().signal };
    await rejects(
      measureCeiling(nowhere),
      (thrown) =>
        thrown instanceof BenchError && thrown.code === 'HOST_FAILED' && /null sink/.test(thrown.message),
    );
  });
});
