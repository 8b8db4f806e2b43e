/** From `quality` of the options to what windows are held against, and what hosts have to know for that. */
import type { QualitySettings } from '../../bots/quality/watch.ts';
import { durationMs } from '../durations.ts';
import type { Duration, QualityOptions } from '../options.ts';
import type { Group, Quality, Scenario } from '../scenario.ts';

/** What a window may be at its worst, and the share of them that may be worse (PQR). */
export const defaultQuality: Quality = {
  fps: 0.8,
  freezeMs: 200,
  loss: 0.02,
  latencyMs: 150,
  jitterBufferMs: 250,
  bitrate: 0.7,
  ratio: 0.005,
};

export function resolveQuality(options: QualityOptions = {}): Quality {
  const { fps, loss, bitrate, ratio } = { ...defaultQuality, ...options };
  return {
    fps,
    freezeMs: msOf(options.freeze) ?? defaultQuality.freezeMs,
    loss,
    latencyMs: msOf(options.latency) ?? defaultQuality.latencyMs,
    jitterBufferMs: msOf(options.jitterBuffer) ?? defaultQuality.jitterBufferMs,
    bitrate,
    ratio,
  };
}

function msOf(given: Duration | undefined): number | null {
  return given === undefined ? null : durationMs(given);
}

/** For a host: its bots receive from publishers of other hosts, too, of which it has the plan only. */
export function qualitySettings({ quality, groups }: Pick<Scenario, 'quality' | 'groups'>): QualitySettings {
  const { ratio: _ofTrials, ...limits } = quality;
  return { limits, sources: Object.fromEntries(groups.map((group) => [group.name, sourceOf(group)])) };
}

function sourceOf({ media }: Group): QualitySettings['sources'][string] {
  return {
    fps: media.video?.fps ?? null,
    isSteady: { audio: media.audio?.speech !== 'p59', video: true },
  };
}
