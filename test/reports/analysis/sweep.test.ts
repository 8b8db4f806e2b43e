import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BotStreamReading } from '../../../bots/readings.ts';
import type { StreamReading, WorkerReading } from '../../../harness/targets/control.ts';
import {
  accounting,
  reception,
  type Sweep,
  sfuRates,
  workerCpuCores,
} from '../../../reports/analysis/sweep.ts';

function consumer(
  id: string,
  atMs: number,
  packetsTotal: number,
  more: Partial<StreamReading> = {},
): StreamReading {
  return {
    side: 'consumer',
    id,
    worker: 0,
    ssrc: 1,
    atMs,
    packetsTotal,
    bytesTotal: packetsTotal * 100,
    ...more,
  } as StreamReading;
}

function bot(
  direction: 'in' | 'out',
  id: string,
  packets: number,
  more: { producer?: string; lost?: number; ssrc?: number; pausedMs?: number } = {},
): BotStreamReading {
  const { producer = id, lost = 0, ssrc = 1, pausedMs } = more;
  const counters =
    direction === 'in'
      ? { receivedPacketsTotal: packets, lostPacketsTotal: lost }
      : { sentPacketsTotal: packets };
  const reading: Partial<BotStreamReading> = { bot: 'b', direction, id, producer, ssrc, counters };
  return { ...reading, ...(pausedMs === undefined ? {} : { pausedMs }) } as BotStreamReading;
}

function receivedLayers(at: number, packets: number): StreamReading[] {
  return [
    consumer('p', at, packets, { side: 'producer', ssrc: 1 }),
    consumer('p', at, packets * 2, { side: 'producer', ssrc: 2 }),
  ];
}

function sentLayers(packets: number): BotStreamReading[] {
  return [bot('out', 'p', packets), bot('out', 'p', packets, { ssrc: 2 })];
}

function worker(index: number, atMs: number, cpuMs: number | null, pid = 10): WorkerReading {
  return {
    index,
    pid,
    atMs,
    userCpuMsTotal: cpuMs,
    systemCpuMsTotal: cpuMs === null ? null : 0,
  } as WorkerReading;
}

function sweep(more: Partial<Sweep>): Sweep {
  return { workers: [], sfuStreams: [], botStreams: [], ...more };
}

describe('rates between two sweeps', () => {
  it('takes each stream over its own timestamps', () => {
    const opening = sweep({ sfuStreams: [consumer('a', 0, 0), consumer('b', 500, 100)] });
    const closing = sweep({ sfuStreams: [consumer('a', 2000, 100), consumer('b', 1500, 150)] });
    assert.deepEqual(sfuRates(opening, closing), {
      packetsInPerSecond: 0,
      packetsOutPerSecond: 100,
      bitrateOutBps: 80_000,
    });
  });

  it('leaves out streams that came, went, or began anew', () => {
    const opening = sweep({ sfuStreams: [consumer('went', 0, 5), consumer('anew', 0, 500)] });
    const closing = sweep({ sfuStreams: [consumer('came', 1000, 90), consumer('anew', 1000, 10)] });
    assert.equal(sfuRates(opening, closing)?.packetsOutPerSecond, 0);
  });

  it('keeps in and out apart, and layers of one producer too', () => {
    const rates = sfuRates(
      sweep({ sfuStreams: receivedLayers(0, 0) }),
      sweep({ sfuStreams: receivedLayers(1000, 30) }),
    );
    assert.deepEqual([rates?.packetsInPerSecond, rates?.packetsOutPerSecond], [90, 0]);
  });

  it('is missing, not 0, without the SFU’s word', () => {
    assert.equal(sfuRates(sweep({ sfuStreams: null }), sweep({})), null);
  });

  it('gives CPU per worker, and null where one did not answer or was replaced', () => {
    const opening = sweep({ workers: [worker(0, 0, 100), worker(1, 0, 100), worker(2, 0, 50)] });
    const closing = sweep({
      workers: [worker(0, 2000, 1100), worker(1, 2000, null), worker(2, 2000, 90, 11)],
    });
    assert.deepEqual(workerCpuCores(opening, closing), [0.5, null, null]);
  });
});

describe('reception', () => {
  it('holds each stream against what its publisher sent', () => {
    const opening = sweep({ botStreams: [bot('out', 'p', 100), bot('in', 'c', 90, { producer: 'p' })] });
    const closing = sweep({
      botStreams: [bot('out', 'p', 200), bot('in', 'c', 170, { producer: 'p', lost: 20 })],
    });
    assert.deepEqual(reception(opening, closing, 1), { received: 80, lost: 20, due: 100 });
  });

  it('counts consumers that the plan asks for and nobody saw', () => {
    const opening = sweep({ botStreams: [bot('out', 'p', 0), bot('in', 'c', 0, { producer: 'p' })] });
    const closing = sweep({ botStreams: [bot('out', 'p', 100), bot('in', 'c', 100, { producer: 'p' })] });
    assert.equal(reception(opening, closing, 4)?.due, 400);
    const silent = sweep({ botStreams: [bot('out', 'p', 100)] });
    assert.deepEqual(reception(sweep({ botStreams: [bot('out', 'p', 0)] }), silent, 3), {
      received: 0,
      lost: 0,
      due: 300,
    });
  });

  it('does not hold a consumer of one layer against all layers of a simulcast publisher', () => {
    const opening = sweep({ botStreams: [...sentLayers(0), bot('in', 'c', 0, { producer: 'p' })] });
    const closing = sweep({ botStreams: [...sentLayers(100), bot('in', 'c', 100, { producer: 'p' })] });
    assert.deepEqual(reception(opening, closing, 1), { received: 0, lost: 0, due: 0 });
  });
});

/** Publisher p sends 100 packets meanwhile; two consumers have it, one of which pauses as is said. */
function paused(beforeMs: number | undefined, afterMs: number | undefined, asked = 2) {
  const of = (packets: number, pausedMs: number | undefined): BotStreamReading =>
    bot('in', 'paused', packets, { producer: 'p', ...(pausedMs === undefined ? {} : { pausedMs }) });
  const other = (packets: number): BotStreamReading => bot('in', 'other', packets, { producer: 'p' });
  return reception(
    sweep({ botStreams: [bot('out', 'p', 0), of(0, beforeMs), other(0)] }),
    sweep({ botStreams: [bot('out', 'p', 100), of(30, afterMs), other(100)] }),
    asked,
  );
}

describe('reception of a bot that paused', () => {
  it('is due nothing on what it did not want for a part of the hold, nor is it missing', () => {
    assert.deepEqual(paused(0, 700), { received: 100, lost: 0, due: 100 });
    assert.deepEqual(paused(undefined, 700), { received: 100, lost: 0, due: 100 });
    assert.deepEqual(paused(200, 200.5), { received: 100, lost: 0, due: 100 });
  });

  it('is due everything when its pauses were over before', () => {
    assert.deepEqual(paused(700, 700), { received: 130, lost: 0, due: 200 });
    assert.deepEqual(paused(undefined, undefined), { received: 130, lost: 0, due: 200 });
  });

  it('takes nobody’s place who is missing', () => {
    assert.deepEqual(paused(0, 700, 3), { received: 100, lost: 0, due: 200 });
  });
});

describe('accounting', () => {
  it('compares consumers that both sides know', () => {
    const drained = sweep({
      sfuStreams: [
        consumer('a', 1, 100),
        consumer('b', 1, 50),
        consumer('unknown', 1, 999),
        consumer('a', 1, 7, { side: 'producer' }),
      ],
      botStreams: [bot('in', 'a', 98, { lost: 2 }), bot('in', 'b', 49), bot('in', 'elsewhere', 5)],
    });
    assert.deepEqual(accounting(drained), {
      consumers: 2,
      sentBySfu: 150,
      receivedByBots: 147,
      lostByBots: 2,
      mismatchRatio: 149 / 150 - 1,
    });
  });

  it('is exact whatever the streams, when every packet arrived or was lost', () => {
    const streams = fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e5)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(streams, (list) => {
        const drained = sweep({
          sfuStreams: list.map(([received, lost], index) => consumer(`c${index}`, 1, received + lost)),
          botStreams: list.map(([received, lost], index) => bot('in', `c${index}`, received, { lost })),
        });
        const sums = accounting(drained);
        const total = list.reduce((sum, [received, lost]) => sum + received + lost, 0);
        assert.equal(sums?.mismatchRatio, total === 0 ? null : 0);
      }),
    );
  });

  it('is missing without the SFU’s word', () => {
    assert.equal(accounting(sweep({ sfuStreams: null })), null);
  });
});
