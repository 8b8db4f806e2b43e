import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialFigures } from '../../../harness/record.ts';
import { defaultQuality } from '../../../harness/scenario/quality.ts';
import { classify, limitsOf, type TrialContext } from '../../../reports/analysis/classify.ts';
import { trialFigures } from '../../../reports/analysis/figures.ts';

const nothing = { workers: [], sfuStreams: [], botStreams: [] };
const healthy = trialFigures({
  opening: nothing,
  closing: nothing,
  samples: [{ t: 0, e: 'generator', s: 0, v: { generator_cpu_cores: 0.4 } }],
  joinMs: [10, 20, 30],
  firstMediaMs: [],
  firstFrameMs: [],
  joinsFailed: 0,
  fullestCpuCores: null,
  coreSpeed: null,
  coreSpeedAtStart: null,
  coreSpeedMeasured: null,
  coreBestUs: null,
  askedConsumers: 4,
});
const context: TrialContext = {
  askedPeers: 2,
  connectedPeers: 2,
  limits: limitsOf(defaultQuality),
  generatorCores: 1,
  workerCores: 1,
  sourceFps: 30,
  hostsLost: 0,
  botsCrashed: 0,
  joinsAsked: 100,
  joinsFailed: 0,
  joinsFailedHere: 0,
  sessionsDropped: 0,
  arrivals: null,
  workersLost: 0,
  isDisturbed: false,
  isCut: false,
};

const broken: Partial<TrialFigures> = {
  violationRatio: 0.031,
  violationWindows: 420,
  violationLossRatio: 0.003,
  violationLatencyRatio: 0.028,
};

function isShort(figures: Partial<TrialFigures>, more: Partial<TrialContext>): boolean {
  return classify({ ...healthy, ...figures }, { ...context, ...more }).isShort;
}

function remedies(figures: Partial<TrialFigures>, more: Partial<TrialContext> = {}): readonly string[] {
  return classify({ ...healthy, ...figures }, { ...context, ...more }).remedies ?? [];
}

function isOutside(figures: Partial<TrialFigures>): boolean {
  return classify({ ...healthy, ...figures }, context).isOutside ?? false;
}

describe('the state of a trial', () => {
  const rows: readonly [string, Partial<TrialFigures>, Partial<TrialContext>, string, RegExp][] = [
    ['nothing is wrong', {}, {}, 'good', /^$/],
    ['generator over its limit', { generatorCpuCores: 0.9 }, {}, 'invalid', /generator at 90\.0 %/],
    ['the same CPU on more cores', { generatorCpuCores: 0.9 }, { generatorCores: 2 }, 'good', /^$/],
    ['generator CPU unknown', { generatorCpuCores: null }, {}, 'invalid', /unknown/],
    ['an encoder short of CPU', { cpuLimitedPublishers: 1 }, {}, 'invalid', /held back/],
    [
      'late sends',
      { generatorLateSendRatio: 0.002 },
      {},
      'invalid',
      /0\.2 % of the synthetic media was sent late/,
    ],
    ['sends without room', { generatorUnsentRatio: 0.01 }, {}, 'invalid', /could not send 1\.0 %/],
    ['drops of its own sockets', { generatorDropRatio: 0.01 }, {}, 'invalid', /own sockets lost 1\.0 %/],
    ['a dead host', {}, { hostsLost: 1 }, 'invalid', /host\(s\) died/],
    ['one crashed page is a warning', {}, { botsCrashed: 1, connectedPeers: 1 }, 'good', /^$/],
    ['two crashed pages', {}, { botsCrashed: 2, connectedPeers: 0 }, 'invalid', /2 bots crashed/],
    ['cut short', {}, { isCut: true, hostsLost: 1 }, 'invalid', /^interrupted before its end$/],
    ['the generator’s fault hides the SFU’s', { lossRatio: 0.5 }, { hostsLost: 1 }, 'invalid', /^1 bot host/],
    ['loss', { lossRatio: 0.021 }, {}, 'bad', /loss 2\.1 %/],
    ['loss at the limit', { lossRatio: 0.02 }, {}, 'good', /^$/],
    ['not delivered', { deliveryRatio: 0.9 }, {}, 'bad', /delivered 90\.0 %/],
    ['slow video', { fpsMedian: 20 }, {}, 'bad', /fps 20\.0 of 30/],
    ['no video in the scenario', { fpsMedian: 20 }, { sourceFps: null }, 'good', /^$/],
    ['failed joins', {}, { joinsFailed: 1, connectedPeers: 1 }, 'bad', /^joins: 1 failed$/],
    ['dropped peers', {}, { connectedPeers: 1 }, 'bad', /peers: 1 of 2 missing/],
    ['a packet that SRTP refused', { refusedPackets: 1 }, {}, 'bad', /^1 packets failed/],
    ['a packet of another stream', { foreignPackets: 2 }, {}, 'bad', /^2 packets were not/],
    ['packets that the network repeated', { duplicatePackets: 2 }, {}, 'good', /^$/],
    ['a dead worker', {}, { workersLost: 1 }, 'bad', /worker\(s\) died/],
    [
      'a dead worker, however late the bots',
      { hostStealRatio: 0.2, generatorLateLookRatio: 0.5 },
      { workersLost: 1 },
      'bad',
      /^1 worker\(s\) died/,
    ],
    ['a dead worker beside a dead host', {}, { workersLost: 1, hostsLost: 1 }, 'invalid', /host\(s\) died/],
    [
      'loops that were late',
      { generatorLateLookRatio: 0.02 },
      {},
      'invalid',
      /2\.0 % of the bots’ looks .*late/,
    ],
    [
      'synthetic bots that starved',
      { generatorStarvedRatio: 0.06 },
      {},
      'invalid',
      /waited for their core 6\.0 %/,
    ],
    ['windows that nobody read', { generatorMissedRatio: 0.01 }, {}, 'invalid', /1\.0 % of the windows/],
    ['time that was stolen', { hostStealRatio: 0.03 }, {}, 'invalid', /3\.0 % .*stolen/],
    ['one join that failed here is a warning', {}, { joinsFailedHere: 1 }, 'good', /^$/],
    ['joins that failed here', {}, { joinsFailedHere: 2 }, 'invalid', /^2 of 100 joins failed/],
    ['few among many', {}, { joinsFailedHere: 2, joinsAsked: 500 }, 'good', /^$/],
    [
      'a worker that waits with time to spare',
      { workerRunqueueRatio: 0.1, workerCpuCores: 0.3, hottestWorkerCpuCores: 0.3 },
      {},
      'invalid',
      /^the worker waited for its core 10\.0 % of the time, and used 30\.0 % of it/,
    ],
    ['a full worker that waits', { workerRunqueueRatio: 0.1, workerCpuCores: 0.9 }, {}, 'good', /^$/],
    [
      'full workers that wait for each other',
      { workerRunqueueRatio: 0.5, workerCpuCores: 1, hottestWorkerCpuCores: 0.5 },
      {},
      'good',
      /^$/,
    ],
    [
      'an overloaded worker, whatever it does to its peers',
      {
        ...broken,
        workerRunqueueRatio: 0.06,
        workerCpuCores: 0.99,
        workerPreemptions: 9_000,
        deliveryRatio: 0.6,
      },
      { joinsFailed: 5, connectedPeers: 1 },
      'bad',
      /^joins: 5 failed; .*delivered 60\.0 %.*3\.1 % of 420 windows broke quality: latency 2\.8 %, loss 0\.3 %/,
    ],
    [
      'a worker that was full, dropped peers, and made the bots late',
      {
        ...broken,
        generatorLateSendRatio: 0.003,
        workerCpuCores: 0.67,
        workerFullestCpuCores: 0.99,
        violationSilenceRatio: 0.6,
      },
      { connectedPeers: 1 },
      'bad',
      /^peers: 1 of 2 missing/,
    ],
    [
      'bots that are late beside a worker with time to spare, whatever is silent',
      { ...broken, generatorLateSendRatio: 0.003, workerFullestCpuCores: 0.6, violationSilenceRatio: 0.6 },
      {},
      'invalid',
      /^0\.3 % of the synthetic media was sent late/,
    ],
    [
      'a full worker that loses packets, and makes the bots late',
      {
        ...broken,
        generatorLateSendRatio: 0.015,
        generatorLateLookRatio: 0.02,
        workerCpuCores: 0.95,
        violationLossRatio: 0.5,
      },
      {},
      'bad',
      /^3\.1 % of 420 windows broke quality: loss 50\.0 %/,
    ],
    [
      'a full worker that loses packets, and keeps the generator busy',
      { ...broken, generatorCpuCores: 0.84, workerCpuCores: 0.96, violationLossRatio: 0.5 },
      {},
      'bad',
      /^3\.1 % of 420 windows broke quality: loss 50\.0 %/,
    ],
    [
      'the same with a generator that is full as well',
      { ...broken, generatorCpuCores: 0.93, workerCpuCores: 0.96, violationLossRatio: 0.5 },
      {},
      'invalid',
      /^generator at 93\.0 % of its cores \(limit 90\.0 %\)/,
    ],
    [
      'the same with a busy generator, and nothing lost',
      { ...broken, generatorCpuCores: 0.84, workerCpuCores: 0.96 },
      {},
      'invalid',
      /^generator at 84\.0 % of its cores \(limit 80\.0 %\)/,
    ],
    [
      'the same where latency is all that broke: bots that are late may be why',
      { ...broken, generatorLateSendRatio: 0.015, workerCpuCores: 0.95 },
      {},
      'invalid',
      /^1\.5 % of the synthetic media/,
    ],
    [
      'the same with a worker that has time to spare',
      { ...broken, generatorLateSendRatio: 0.015, workerCpuCores: 0.5, violationLossRatio: 0.5 },
      {},
      'invalid',
      /^1\.5 % of the synthetic media/,
    ],
    [
      'the same with loss in the bots’ own sockets',
      {
        ...broken,
        generatorLateSendRatio: 0.015,
        generatorDropRatio: 0.01,
        workerCpuCores: 0.95,
        violationLossRatio: 0.5,
      },
      {},
      'invalid',
      /^1\.5 % .*own sockets lost 1\.0 %/,
    ],
    ['windows that broke quality', broken, {}, 'bad', /^3\.1 % of 420 windows broke/],
    ['as many as PQR lets pass', { ...broken, violationRatio: 0.005 }, {}, 'good', /^$/],
    [
      'more of them where the scenario says so',
      broken,
      { limits: limitsOf({ ...defaultQuality, ratio: 0.05 }) },
      'good',
      /^$/,
    ],
  ];
  for (const [name, figures, more, state, reason] of rows) {
    it(`${name}: ${state}`, () => {
      const found = classify({ ...healthy, ...figures }, { ...context, ...more });
      assert.equal(found.state, state);
      assert.match(found.reasons.join('; '), reason);
    });
  }

  it('is bad whether steady or not where peers are not there, and only then', () => {
    assert.ok(isShort({}, { joinsFailed: 1, connectedPeers: 1 }));
    assert.ok(isShort({ lossRatio: 0.5 }, { connectedPeers: 1 }));
    assert.ok(isShort({}, { workersLost: 1 }));
    assert.ok(!isShort({ lossRatio: 0.5, ...broken }, {}));
    // Whose page crashed is the generator's, and so is all of an invalid trial.
    assert.ok(!isShort({ lossRatio: 0.5 }, { botsCrashed: 1, connectedPeers: 1 }));
    assert.ok(!isShort({ hostStealRatio: 0.2 }, { connectedPeers: 1 }));
  });

  it('says what to do about each way of being invalid, once', () => {
    assert.deepEqual(remedies({}), []);
    assert.match(remedies({ generatorLateSendRatio: 0.1 }).join('|'), /^give the generator more cores[^|]*$/);
    assert.match(
      remedies({ hostStealRatio: 0.1 }).join('|'),
      /^find a quieter machine[^|]*--cores-sfu[^|]*$/,
    );
    const arrivals = { due: 100, droppedByGenerator: 50, droppedByTarget: 0 };
    assert.match(remedies({}, { arrivals }).join('|'), /^raise preAllocatedVUs and maxVUs$/);
    assert.equal(remedies({ generatorLateSendRatio: 0.1, generatorCpuCores: 3 }, { hostsLost: 1 }).length, 2);
  });

  it('is disturbed from outside where time was stolen, and bots were late for that, by nothing else', () => {
    assert.ok(isOutside({ hostStealRatio: 0.03 }));
    assert.ok(isOutside({ hostStealRatio: 0.03, generatorLateSendRatio: 0.01 }));
    assert.ok(
      isOutside({ hostStealRatio: 0.005, generatorLateSendRatio: 0.01, generatorLateLookRatio: 0.02 }),
    );
    assert.ok(!isOutside({ hostStealRatio: 0.001, generatorLateSendRatio: 0.01 }));
    assert.ok(!isOutside({ hostStealRatio: 0.03, generatorCpuCores: 0.9 }));
    assert.ok(!isOutside({ hostStealRatio: 0.03, generatorDropRatio: 0.01 }));
    assert.ok(!isOutside({}));
  });
});
