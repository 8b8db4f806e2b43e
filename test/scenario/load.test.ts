import { deepEqual, equal, match, notEqual, ok, throws } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadScenario } from '../../harness/load.ts';
import { folder, resolved, scenarioFile } from './scenario-file.ts';

const crowd = { executor: 'staircase', rooms: { size: 2 }, levels: [2, 4], hold: '30s' };

test('defaults: nothing is left open', () => {
  const { groups, seed, target, tags, env, warnings } = resolved({ scenarios: { crowd } });
  deepEqual(groups, [
    {
      name: 'crowd',
      bot: 'chrome',
      shape: { executor: 'staircase', levels: [2, 4], levelUnit: 'peers', holdMs: 30_000 },
      startMs: 0,
      rooms: { size: 2, publishers: 2, kinds: ['audio', 'video'] },
      consume: { kinds: ['audio', 'video'], max: null },
      decode: 'receive',
      network: null,
      media: {
        audio: { codec: 'opus', file: null, speech: 'constant' },
        video: {
          codec: 'VP8',
          width: 640,
          height: 360,
          fps: 30,
          maxBitrateBps: 500_000,
          layers: 1,
          file: null,
        },
      },
      joinRatePerSecond: 2,
      joinTimeoutMs: 10_000,
      settleMs: 60_000,
      settles: true,
      settleAsked: false,
      joins: null,
      exec: null,
      env: {},
      tags: {},
    },
  ]);
  deepEqual({ seed, tags, env, warnings }, { seed: 1, tags: {}, env: {}, warnings: [] });
  deepEqual(target, { kind: 'mediasoup', settings: {} });
});

test('what the file says is kept', () => {
  writeFileSync(join(folder, 'film.y4m'), '');
  const { groups } = resolved(
    {
      media: {
        audio: false,
        video: { width: 1280, height: 720, fps: 25, simulcast: true, file: 'film.y4m' },
      },
      scenarios: {
        stage: {
          ...crowd,
          rooms: { size: 4, publishers: 1, kinds: ['video'] },
          levels: [3, 1],
          levelUnit: 'rooms',
          consume: { max: 3 },
          media: { audio: true },
          settle: 0,
          joinRate: 0.5,
          joinTimeout: '3s',
          decode: 'play',
          exec: 'act',
        },
        fans: {
          executor: 'constant-vus',
          vus: 3,
          joins: 'stage',
          consume: 'none',
          rooms: { publishers: 'all' },
        },
        ramp: { executor: 'ramping-vus', rooms: { size: 2 }, stages: [{ duration: '1m', target: 4 }] },
      },
    },
    {},
    { act: () => undefined, default: () => undefined },
  );
  const [stage, fans, ramp] = groups;
  deepEqual(stage?.media.video?.layers, 3);
  equal(stage?.media.video?.maxBitrateBps, 2_000_000);
  equal(stage?.media.video?.file, join(folder, 'film.y4m'));
  deepEqual(stage?.media.audio, { codec: 'opus', file: null, speech: 'constant' });
  deepEqual(stage?.rooms, { size: 4, publishers: 1, kinds: ['video'] });
  deepEqual(stage?.consume, { kinds: ['audio', 'video'], max: 3 });
  deepEqual([stage?.settleMs, stage?.joinRatePerSecond, stage?.joinTimeoutMs], [0, 0.5, 3_000]);
  deepEqual([stage?.exec, fans?.exec], ['act', 'default']);
  deepEqual(fans?.shape, { executor: 'constant-vus', vus: 3, durationMs: null, gracefulStopMs: 0 });
  deepEqual(fans?.rooms, { size: 4, publishers: 3, kinds: ['video'] });
  deepEqual(fans?.consume, { kinds: [], max: null });
  deepEqual(ramp?.shape, {
    executor: 'ramping-vus',
    startVus: 1,
    stages: [{ durationMs: 60_000, target: 4 }],
    gracefulRampDownMs: 0,
    gracefulStopMs: 0,
  });
});

test('what synthetic bots do is asked for once, and is part of the hash', () => {
  const scenarios = { crowd: { ...crowd, bot: 'synthetic' } };
  const plain = resolved({ scenarios });
  const whole = {
    verify: 'sampled',
    wake: 'batch',
    feedback: 'chrome',
    payload: 'cassette',
    keyFrameIntervalMs: null,
  };
  deepEqual(plain.synthetic, whole);
  const synthetic = { payload: 'marked', keyFrameInterval: '2s', verify: 'all' };
  const marked = resolved({ scenarios, synthetic });
  deepEqual(marked.synthetic, { ...whole, payload: 'marked', keyFrameIntervalMs: 2_000, verify: 'all' });
  notEqual(marked.hash, plain.hash);
  notEqual(resolved({ scenarios, synthetic: { wake: 'packet' } }).hash, plain.hash);
  equal(resolved({ scenarios, synthetic: { wake: 'batch' } }).hash, plain.hash);
});

test('synthetic bots publish any size of random bytes, and layers of which there are recordings', () => {
  const at = (video: unknown, top = {}): unknown =>
    resolved({ scenarios: { crowd: { ...crowd, bot: 'synthetic', media: { video } } }, ...top }).groups[0]
      ?.media.video?.layers;
  const odd = { width: 800, height: 600, fps: 24, codec: 'H264', simulcast: 2, maxBitrateBps: 900_000 };
  equal(at(odd, { synthetic: { payload: 'marked' } }), 2);
  equal(at({ width: 1280, height: 720, simulcast: true }), 3);
  equal(at({ width: 640, height: 360, simulcast: true }), 2);
  const deaf = { executor: 'constant-vus', joins: 'crowd', consume: 'none' };
  const crowded = { crowd: { ...crowd, bot: 'synthetic' }, deaf };
  equal(resolved({ scenarios: crowded, synthetic: { payload: 'marked' } }).groups.length, 2);
  const spoken = { audio: { speech: 'p59' } };
  const talk = resolved({ scenarios: { crowd: { ...crowd, bot: 'synthetic', media: spoken } } });
  equal(talk.groups[0]?.media.audio?.speech, 'p59');
});

function said(scenarios: unknown): string {
  return resolved({ scenarios }).warnings.join('\n');
}

function stages(list: unknown): unknown {
  return { ramp: { executor: 'ramping-vus', rooms: { size: 2 }, stages: list } };
}

test('what is accepted but deserves a word', () => {
  match(said({ crowd: { ...crowd, levels: [2, 5, 7] } }), /at 5, 7 peers one room is smaller/);
  match(said({ crowd: { ...crowd, settle: '5s' } }), /settle is 5s: Chrome needs/);
  match(said({ crowd, other: crowd }), /crowd, other run at the same time/);
  match(said({ crowd: { ...crowd, rooms: { size: 2, publishers: 0 } } }), /nobody publishes/);
  match(said(stages([{ duration: '1m', target: 4 }])), /no plateau/);
  const short = [
    { duration: '1m', target: 4 },
    { duration: '10s', target: 4 },
  ];
  match(said(stages(short)), /stages\[1\] lasts 10s, no longer than settle/);
  equal(said({ crowd, probes: { executor: 'constant-vus', joins: 'crowd' } }), '');
});

test('a scenario is frozen all the way down, and the file’s object is left alone', () => {
  const options = { scenarios: { crowd: { ...crowd, levels: [2, 4] } }, tags: { a: 'b' } };
  const before = structuredClone(options);
  const scenario = resolved(options, { levels: '4,8', tags: { c: 'd' } });
  deepEqual(options, before);
  options.scenarios.crowd.levels.push(6);
  const [group] = scenario.groups;
  ok(group?.shape.executor === 'staircase');
  deepEqual(group.shape.levels, [4, 8]);
  throws(() =>
    Reflect.apply(Array.prototype.push, group.shape.executor === 'staircase' ? group.shape.levels : [], [1]),
  );
  throws(() => Object.assign(scenario.tags, { e: 'f' }));
  const frozen = Object.freeze({ scenarios: Object.freeze({ crowd: Object.freeze({ ...crowd }) }) });
  equal(resolved(frozen).groups.length, 1);
});

test('the hash is that of the load, not of the place or the target', () => {
  const { hash } = resolved({ scenarios: { crowd }, tags: { a: '1', b: '2' } });
  match(hash, /^[0-9a-f]{64}$/);
  equal(resolved({ scenarios: { crowd }, tags: { b: '2', a: '1' } }).hash, hash);
  equal(resolved({ scenarios: { crowd }, tags: { a: '1', b: '2' }, target: 'ws://h' }).hash, hash);
  notEqual(resolved({ scenarios: { crowd } }).hash, hash);
  notEqual(resolved({ scenarios: { crowd }, tags: { a: '1', b: '2' } }, { seed: '2' }).hash, hash);
});

test('sfubench is importable from anywhere, and __ENV holds what -e says', async () => {
  const path = scenarioFile(`
    import type { Options } from 'sfubench';
    import * as entry from 'sfubench';
    void entry;
    export const options: Options = { scenarios: { crowd: {
      executor: 'staircase', rooms: { size: 2 }, hold: '30s', levels: [Number(__ENV.LEVEL)] } } };
    export default async function () {}`);
  for (const level of ['4', '6']) {
    const { groups, env } = await loadScenario(path, { env: { LEVEL: level } });
    deepEqual(groups[0]?.shape, {
      executor: 'staircase',
      levels: [Number(level)],
      levelUnit: 'peers',
      holdMs: 30_000,
    });
    equal(groups[0]?.exec, 'default');
    deepEqual(env, { LEVEL: level });
  }
});

test('a bot host that preloads the hooks can import the file, without a word on stderr', () => {
  const path = scenarioFile(`
    import * as entry from 'sfubench';
    void entry;
    export const seen: string = __ENV['WHO'] ?? 'nobody';`);
  const hooks = new URL('../../harness/hooks.ts', import.meta.url).href;
  const code = `const m = await import(${JSON.stringify(pathToFileURL(path).href)}); process.stdout.write(m.seen);`;
  const out = execFileSync(process.execPath, ['--import', hooks, '--input-type=module', '-e', code], {
    env: { ...process.env, SFUBENCH_ENV: '{"WHO":"me"}' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  equal(out, 'me');
});
