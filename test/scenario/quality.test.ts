/** `quality` of a scenario: the limits of a window, and how many windows may break them. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { BenchError } from '../../harness/errors.ts';
import { loadScenario } from '../../harness/load.ts';
import { defaultQuality, qualitySettings } from '../../harness/scenario/quality.ts';
import { limitsOf } from '../../reports/analysis/classify.ts';
import { qualityLimitsText } from '../../reports/quality.ts';
import { crowd } from './bad-files.ts';
import { resolved, scenarioFile } from './scenario-file.ts';

const group = { executor: 'staircase', rooms: { size: 2 }, levels: [2, 4], hold: '30s' };

const refused: readonly (readonly [quality: string, field: string, fragment: RegExp])[] = [
  ['{ fpz: 0.5 }', 'quality.fpz', /is not known/],
  ['{ latensy: 1 }', 'quality.latensy', /is not known/],
  ['{ fps: 24 }', 'quality.fps', /from 0 to 1, such as 0.8 for 80 %, not 24/],
  ['{ loss: -0.1 }', 'quality.loss', /a share of the packets.*not -0.1/],
  ["{ bitrate: '70%' }", 'quality.bitrate', /not '70%'/],
  ['{ ratio: NaN }', 'quality.ratio', /a share of all windows/],
  ["{ freeze: '0ms' }", 'quality.freeze', /a duration from 1ms/],
  ["{ latency: 'soon' }", 'quality.latency', /from 1ms to 1m.*not 'soon'/],
  ["{ latency: '2m' }", 'quality.latency', /from 1ms to 1m/],
  ["{ jitterBuffer: '' }", 'quality.jitterBuffer', /a duration/],
  ['true', 'quality', /an object such as \{ latency: '150ms' \}, not true/],
  ['[]', 'quality', /an object/],
];

test('what is wrong with quality is named', async () => {
  for (const [quality, field, fragment] of refused) {
    await rejects(loadScenario(scenarioFile(crowd('', `quality: ${quality},`))), (thrown) => {
      ok(thrown instanceof BenchError, quality);
      equal(thrown.detail.field, field, quality);
      match(thrown.message, fragment);
      return thrown.code === 'SCENARIO_INVALID';
    });
  }
});

test('quality that a scenario leaves out is the documented one, and trials are held against it', () => {
  const { quality } = resolved({ scenarios: { crowd: group } });
  deepEqual(quality, defaultQuality);
  const own = resolved({
    quality: { latency: '0.2s', jitterBuffer: 400, fps: 0.5, ratio: 0.01 },
    scenarios: { crowd: group },
  }).quality;
  deepEqual(own, { ...defaultQuality, latencyMs: 200, jitterBufferMs: 400, fps: 0.5, ratio: 0.01 });
  const { fpsShare, lossRatio, violationRatio } = limitsOf(own);
  deepEqual([fpsShare, lossRatio, violationRatio], [0.5, 0.02, 0.01]);
  match(
    qualityLimitsText(own),
    /more than 1\.0 % of all windows.*less than 50 %.*above 200 ms \(p99.*400 ms/,
  );
});

test('hosts are told the limits, and what publishers of each scenario send', () => {
  const scenario = resolved({
    media: { audio: { speech: 'p59' }, video: { width: 320, height: 180, fps: 15 } },
    scenarios: {
      crowd: { ...group, bot: 'synthetic' },
      listeners: { ...group, media: { audio: true, video: false } },
    },
  });
  const { limits, sources } = qualitySettings(scenario);
  const { ratio: _ofTrials, ...ofWindows } = defaultQuality;
  deepEqual(limits, ofWindows);
  deepEqual(sources, {
    crowd: { fps: 15, isSteady: { audio: false, video: true } },
    listeners: { fps: null, isSteady: { audio: true, video: true } },
  });
});
