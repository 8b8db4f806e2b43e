import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetricValues } from '../../../harness/metrics.ts';
import type { Sample, TrialFigures } from '../../../harness/record.ts';
import type { WorkerReading } from '../../../harness/targets/control.ts';
import { trialFigures } from '../../../reports/analysis/figures.ts';
import { encode } from '../../../reports/analysis/histogram.ts';
import type { Sweep } from '../../../reports/analysis/sweep.ts';
import { leadingCauses, violationText } from '../../../reports/analysis/violations.ts';

function sweep(atMs: number, cpuMs: number): Sweep {
  const worker = {
    index: 0,
    pid: 1,
    atMs,
    userCpuMsTotal: cpuMs,
    systemCpuMsTotal: 0,
    rooms: 1,
    peers: 2,
    transports: 4,
  };
  return {
    workers: [{ ...worker, producers: 4, consumers: 4 } as WorkerReading],
    sfuStreams: [],
    botStreams: [],
  };
}

function sample(e: string, v: MetricValues): Sample {
  return { t: 0, e, s: 0, v };
}

function figuresOf(samples: readonly Sample[]): TrialFigures {
  return trialFigures({
    opening: sweep(0, 0),
    closing: sweep(1000, 250),
    samples,
    joinMs: [10, 20, 30],
    firstMediaMs: [],
    firstFrameMs: [100, 300],
    joinsFailed: 0,
    fullestCpuCores: null,
    coreSpeed: null,
    coreSpeedAtStart: null,
    coreSpeedMeasured: null,
    coreBestUs: null,
    askedConsumers: 4,
  });
}

function row(e: string, violating: number, windows: number, latency: number): Sample {
  return sample(e, { violation_ratio: [violating, windows], violations_latency_total: latency });
}

describe('figures of a trial', () => {
  it('come from the sweeps; what nobody measured is null', () => {
    const figures = figuresOf([]);
    assert.equal(figures.workerCpuCores, 0.25);
    assert.equal(figures.consumers, 4);
    assert.deepEqual([figures.joinP95Ms, figures.firstFrameP95Ms], [30, 300]);
    for (const name of [
      'firstMediaP95Ms',
      'oneWayP50Ms',
      'refusedPackets',
      'lossRatio',
      'deliveryRatio',
      'fpsMedian',
      'workerUsPerPacket',
    ] as const) {
      assert.equal(figures[name], null, name);
    }
  });

  it('sum the growth of counters over hosts, each by itself', () => {
    const figures = figuresOf([
      sample('bots:a:chrome:video:0', { video_freezes_total: 5 }),
      sample('bots:a:chrome:video:1', { video_freezes_total: 100 }),
      sample('bots:a:chrome:video:0', { video_freezes_total: 7 }),
      sample('bots:a:chrome:video:1', { video_freezes_total: 101 }),
      sample('bots:b:chrome:video:0', { video_freezes_total: 40 }),
    ]);
    assert.equal(figures.freezes, 3);
  });

  it('take a rate over the hold, and not since the start', () => {
    const figures = figuresOf([
      sample('host:0', { generator_late_sends: [50, 1000] }),
      sample('host:0', { generator_late_sends: [51, 3000] }),
      sample('host:1', { generator_late_sends: [0, 1000] }),
      sample('host:1', { generator_late_sends: [1, 3000] }),
    ]);
    assert.equal(figures.generatorLateSendRatio, 2 / 4000);
    assert.equal(figuresOf([]).generatorLateSendRatio, null);
  });

  it('take how long packets were under way from all groups, and what went wrong from all of them', () => {
    const figures = figuresOf([
      sample('bots:a:synthetic:video:0', { rtp_one_way_ms: encode([1, 1, 2]), rtp_refused_packets_total: 1 }),
      sample('bots:a:synthetic:audio:0', { rtp_one_way_ms: encode([1, 50]), rtp_refused_packets_total: 0 }),
      sample('bots:a:synthetic:video:0', { rtp_one_way_ms: null, rtp_refused_packets_total: 3 }),
      sample('bots:a:synthetic:audio:0', { rtp_refused_packets_total: 0 }),
    ]);
    assert.ok(Math.abs((figures.oneWayP50Ms ?? 0) - 1) < 0.01);
    assert.ok(Math.abs((figures.oneWayP99Ms ?? 0) - 50) < 0.1);
    assert.deepEqual([figures.refusedPackets, figures.foreignPackets], [2, null]);
  });

  it('give violations over the hold, of all groups, each cause over all windows', () => {
    const figures = figuresOf([
      row('bots:a:synthetic:video:0', 5, 10, 5),
      row('bots:a:synthetic:video:0', 6, 30, 6),
      row('bots:b:chrome:audio:1', 0, 0, 0),
      row('bots:b:chrome:audio:1', 1, 30, 0),
    ]);
    assert.deepEqual(
      [figures.violationWindows, figures.violationRatio, figures.violationLatencyRatio],
      [50, 0.04, 0.02],
    );
    assert.equal(leadingCauses(figures)[0]?.cause, 'latency');
    const nothing = figuresOf([
      row('bots:a:synthetic:video:0', 0, 0, 0),
      row('bots:a:synthetic:video:0', 0, 0, 0),
    ]);
    assert.deepEqual(
      [nothing.violationWindows, nothing.violationRatio, violationText(nothing)],
      [null, null, null],
    );
  });

  it('take the worker and the host that waited longest', () => {
    const figures = figuresOf([
      sample('worker:0', { worker_runqueue_ratio: 0.1 }),
      sample('worker:1', { worker_runqueue_ratio: 0.3 }),
      sample('worker:0', { worker_runqueue_ratio: 0.5 }),
      sample('worker:1', { worker_runqueue_ratio: null }),
      sample('host:0', { generator_late_looks: [1, 100] }),
      sample('host:0', { generator_late_looks: [3, 200] }),
    ]);
    assert.deepEqual([figures.workerRunqueueRatio, figures.generatorLateLookRatio], [0.3, 0.02]);
  });

  it('merge the fps of all streams and seconds', () => {
    const figures = figuresOf([
      sample('bots:a:chrome:video:0', { video_fps: encode([30, 30, 10]) }),
      sample('bots:a:chrome:video:0', { video_fps: null }),
      sample('bots:a:chrome:video:1', { video_fps: encode([30, 30]) }),
    ]);
    assert.ok(Math.abs((figures.fpsMedian ?? 0) - 30) < 0.1);
    assert.ok(Math.abs((figures.fpsP5 ?? 0) - 10) < 0.1);
  });
});
