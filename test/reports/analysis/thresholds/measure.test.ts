import { deepEqual, equal, match } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encode, percentileOf } from '../../../../reports/analysis/histogram.ts';
import { type GivenTags, tagsOf } from '../../../../reports/analysis/thresholds/tags.ts';
import type { Tags } from '../../../../reports/analysis/thresholds/threshold.ts';
import { judge, reading, resultOf, valueOf } from './readings.ts';

describe('a trend', () => {
  it('is merged from the histograms of all hosts, not judged per host', () => {
    const readings = [
      reading('bots:crowd:synthetic:video:0', 1_000, { rtt_ms: encode(Array(99).fill(1)) }),
      reading('bots:crowd:synthetic:video:1', 1_000, { rtt_ms: encode([900]) }),
    ];
    deepEqual(judge('rtt_ms', ['p(95)<2', 'max<900', 'max<=900', 'max==900', 'min===1'], readings), [
      ['pass', 1],
      ['fail', 900],
      ['pass', 900],
      ['pass', 900],
      ['pass', 1],
    ]);
  });

  it('takes numbers as well, over all subjects and seconds', () => {
    const readings = [0.2, 0.4, 0.9].flatMap((cores, at) => [
      reading('worker:0', at * 1_000, { worker_cpu_cores: cores }),
      reading('worker:1', at * 1_000, { worker_cpu_cores: at === 0 ? null : 0.5 }),
    ]);
    deepEqual(judge('worker_cpu_cores', ['avg==0.5', 'med<=0.5', 'max<0.9', 'p(100)>0.8'], readings), [
      ['pass', 0.5],
      ['pass', 0.5],
      ['fail', 0.9],
      ['pass', 0.9],
    ]);
    deepEqual(judge('worker_cpu_cores{worker:1}', ['max<=0.5'], readings), [['pass', 0.5]]);
  });

  it('meets a bound exactly where three digits cannot tell them apart', () => {
    const readings = [reading('bots:a:chrome:video:0', 1_000, { video_fps: encode([30, 30, 30]) })];
    const states = judge(
      'video_fps',
      ['avg==30', 'med>30', 'med<30', 'min>=30', 'max<=30', 'max!=30'],
      readings,
    );
    deepEqual(states, [
      ['pass', 30],
      ['fail', 30],
      ['fail', 30],
      ['pass', 30],
      ['pass', 30],
      ['fail', 30],
    ]);
  });

  it('says of any values what nearest-rank percentiles say, but for the third digit', () => {
    const value = fc.double({ min: 0, max: 1e6, noNaN: true });
    const hosts = fc.array(fc.array(value, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 100 }), value, (values, percent, bound) => {
        const readings = values.map((list, host) =>
          reading(`bots:a:synthetic:audio:${host}`, 1_000, { rtt_ms: encode(list) }),
        );
        const exact = percentileOf(values.flat(), percent) ?? 0;
        fc.pre(Math.abs(exact - bound) > exact * 0.001 + 0.002);
        const result = resultOf('rtt_ms', `p(${percent})<${bound}`, readings);
        equal(result.state, exact < bound ? 'pass' : 'fail');
      }),
    );
  });
});

describe('a counter', () => {
  it('of the run’s own processes begins at 0; one of the SFU may be older', () => {
    const readings = [
      reading('sessions:crowd:chrome', 1_000, { joins_failed_total: 3 }),
      reading('sessions:crowd:chrome', 2_000, { joins_failed_total: 3 }),
      reading('worker:0', 1_000, { worker_preempted_total: 5_000 }),
      reading('worker:0', 2_000, { worker_preempted_total: 5_007 }),
    ];
    deepEqual(judge('joins_failed_total', ['count<1', 'count==3'], readings), [
      ['fail', 3],
      ['pass', 3],
    ]);
    deepEqual(judge('worker_preempted_total', ['count<10', 'rate==7'], readings), [
      ['pass', 7],
      ['pass', 7],
    ]);
    equal(resultOf('worker_preempted_total', 'count<10', readings.slice(0, 3)).state, 'inconclusive');
  });

  it('grows by what lies between the readings of a window', () => {
    const readings = [5, 5, 9].map((joins, at) => reading('sessions:a:chrome', at, { joins_total: joins }));
    equal(valueOf(readings, 'joins_total', 'counter', { scope: 'window' }), 4);
    equal(valueOf(readings, 'joins_total', 'counter'), 9);
    equal(valueOf(readings.slice(0, 1), 'joins_total', 'counter', { scope: 'window' }), null);
  });

  it('is each entity’s by itself, and its steps add up to the whole', () => {
    const counters = fc.array(
      fc.record({
        host: fc.nat({ max: 2 }),
        kind: fc.constantFrom('audio', 'video'),
        step: fc.nat({ max: 2 }),
        grows: fc.nat({ max: 50 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(counters, (list) => {
        const totals = new Map<string, number>();
        const readings = list.map(({ host, kind, step, grows }, at) => {
          const e = `bots:a:synthetic:${kind}:${host}`;
          totals.set(e, (totals.get(e) ?? 0) + grows);
          return reading(e, at * 100, { nacks_total: totals.get(e) ?? 0 }, step);
        });
        const sum = (part: Tags): number => valueOf(readings, 'nacks_total', 'counter', { tags: part }) ?? 0;
        const all = list.reduce((total, { grows }) => total + grows, 0);
        equal(sum({}), all);
        equal(sum({ kind: 'audio' }) + sum({ kind: 'video' }), all);
        equal(sum({ step: '0' }) + sum({ step: '1' }) + sum({ step: '2' }), all);
        equal(sum({ host: '0' }) + sum({ host: '1' }) + sum({ host: '2' }), all);
      }),
    );
  });

  it('has a rate over the time in which it was read', () => {
    const readings = [1, 2, 3, 4].map((second) =>
      reading('sessions:a:synthetic', second * 1_000, { joins_total: second * 10 }, second > 2 ? 1 : 0),
    );
    deepEqual(judge('joins_total', ['rate==10'], readings), [['pass', 10]]);
    deepEqual(judge('joins_total{step:1}', ['rate==10', 'count==20'], readings), [
      ['pass', 10],
      ['pass', 20],
    ]);
  });

  it('of the run has its rate over all of the load, whenever it grew', () => {
    // The load begins at 20 s; a scenario adds to its counter once, five seconds later.
    const seconds = Array.from({ length: 100 }, (_, at) =>
      reading('generator', 21_000 + at * 1_000, { rtt_ms: 1 }),
    );
    const once = reading('script:0:a:chrome', 25_000, { joins_total: 1 });
    const readings = [...seconds.slice(0, 4), once, ...seconds.slice(4)];
    deepEqual(judge('joins_total', ['rate==0.01'], readings), [['pass', 0.01]]);
  });

  it('may fall: late packets are no longer lost', () => {
    const readings = [4, 6, 5].map((lost, at) =>
      reading('bots:a:synthetic:video:0', at * 1_000, { rtp_packets_lost_total: lost }),
    );
    equal(valueOf(readings, 'rtp_packets_lost_total', 'counter'), 5);
  });
});

describe('a rate', () => {
  it('is the numerators over the denominators of all hosts', () => {
    const readings = [
      reading('bots:a:synthetic:video:0', 1_000, { rtp_loss_ratio: [1, 10] }),
      reading('bots:a:synthetic:video:1', 1_000, { rtp_loss_ratio: [0, 990] }),
      reading('bots:a:synthetic:audio:0', 1_000, { rtp_loss_ratio: [50, 100] }),
    ];
    deepEqual(judge('rtp_loss_ratio{kind:video}', ['rate<0.01', 'rate<=0.001', 'rate<0.001'], readings), [
      ['pass', 0.001],
      ['pass', 0.001],
      ['fail', 0.001],
    ]);
    equal(valueOf(readings, 'rtp_loss_ratio', 'rate'), 51 / 1_100);
  });

  it('of nothing is not measured', () => {
    const readings = [reading('bots:a:synthetic:video:0', 1_000, { rtp_loss_ratio: [0, 0] })];
    const result = resultOf('rtp_loss_ratio', 'rate<0.01', readings);
    equal(result.state, 'inconclusive');
    match(result.state === 'inconclusive' ? result.reason : '', /did not count anything/);
  });
});

describe('a gauge', () => {
  it('is what was read last', () => {
    const readings = [
      reading('user:a', 1_000, { hands: 4 }),
      reading('user:b', 3_000, { hands: 2 }),
      reading('user:a', 2_000, { hands: 9 }),
    ];
    deepEqual(judge('hands', ['value<3', 'value!=2'], readings), [
      ['pass', 2],
      ['fail', 2],
    ]);
  });
});

describe('what was not measured', () => {
  const bots = 'bots:crowd:synthetic:audio:0';
  for (const [what, metric, expression, readings, reason] of [
    ['no reading at all', 'join_ms', 'p(95)<1e9', [], /no reading of join_ms/],
    ['null', 'rtt_ms', 'avg<1e9', [reading(bots, 1, { rtt_ms: null })], /no reading/],
    ['other tags', 'rtt_ms{kind:video}', 'avg<1e9', [reading(bots, 1, { rtt_ms: 1 })], /has kind:video/],
    ['no step yet', 'rtt_ms{step:0}', 'avg<1e9', [reading(bots, 1, { rtt_ms: 1 }, null)], /has step:0/],
    ['not a counter', 'nacks_total', 'count<1', [reading(bots, 1, { nacks_total: [1, 2] })], /count/],
    ['never false', 'nacks_total', 'count!=1', [], /no reading/],
  ] as const) {
    it(`${what}: inconclusive, never a pass`, () => {
      const result = resultOf(metric, expression, readings);
      deepEqual([result.state, result.observed], ['inconclusive', null]);
      match(result.state === 'inconclusive' ? result.reason : '', reason);
    });
  }
});

describe('tags of a reading', () => {
  const given: GivenTags = {
    run: { team: 'a', scenario: 'mine', place: 'run' },
    scenarios: { crowd: { place: 'scenario', kind: 'mine' } },
  };

  it('are its entity’s, then its scenario’s, then the run’s', () => {
    deepEqual(tagsOf('bots:crowd:chrome:video:1', given), {
      team: 'a',
      place: 'scenario',
      scenario: 'crowd',
      bot: 'chrome',
      kind: 'video',
      host: '1',
    });
    deepEqual(tagsOf('worker:0', given), { team: 'a', scenario: 'mine', place: 'run', worker: '0' });
    deepEqual(tagsOf('host', given), given.run);
    deepEqual(tagsOf('constructor:a', given), given.run);
  });

  it('select by all tags at once', () => {
    const readings = ['crowd', 'probes'].flatMap((group) =>
      ['audio', 'video'].map((kind, at) =>
        reading(`bots:${group}:synthetic:${kind}:0`, 1_000, {
          nacks_total: (group === 'crowd' ? 10 : 1) * (at + 1),
        }),
      ),
    );
    equal(valueOf(readings, 'nacks_total', 'counter', { tags: { scenario: 'crowd', kind: 'video' } }), 20);
    equal(valueOf(readings, 'nacks_total', 'counter', { tags: { scenario: 'crowd' } }), 30);
    equal(valueOf(readings, 'nacks_total', 'counter', { tags: { scenario: 'crowd', kind: 'none' } }), null);
  });
});
