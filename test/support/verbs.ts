/** What a bot's verbs do to packets, of any kind of bot, on a real node and a real host. */
import assert from 'node:assert/strict';
import type { BotKind, BotSpec, MediaKind } from '../../bots/bot.ts';
import type { BotStreamReading, StreamCounters } from '../../bots/readings.ts';
import type { NodeProcess } from '../../harness/targets/mediasoup/node-process.ts';
import { botSpec, smallVideo } from './bot-specs.ts';
import { type Lead, leadBots } from './led-bots.ts';
import { hostSettings, type RunningHost, startHost, syntheticSettings } from './running-host.ts';
import { readings, startNode, untilEmpty } from './running-node.ts';

const viewer = { publish: { audio: null, video: null } };
const layered = {
  ...smallVideo,
  width: 1280,
  height: 720,
  fps: 30,
  maxBitrateBps: 1_500_000,
  layers: 3,
} as const;
/** What was on its way when a verb was done has arrived by then. */
const drainMs = 300;
const watchMs = 500;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A node, and a host of this kind of bot only; each bot publishes or receives at most one stream of a kind. */
export class Stage {
  readonly node: NodeProcess;
  readonly host: RunningHost;
  readonly lead: Lead;
  readonly #kind: BotKind;

  static async create(kind: BotKind): Promise<Stage> {
    const node = await startNode();
    const lead = leadBots();
    const only = kind === 'chrome' ? {} : { chrome: null, synthetic: syntheticSettings() };
    const host = await startHost(
      hostSettings(node.ready.signalingUrl, { scenarioUrl: lead.scenarioUrl, ...only }),
    );
    return new Stage(kind, node, host, lead);
  }

  private constructor(kind: BotKind, node: NodeProcess, host: RunningHost, lead: Lead) {
    this.#kind = kind;
    this.node = node;
    this.host = host;
    this.lead = lead;
  }

  async enter(id: string, changes: Partial<BotSpec> = {}): Promise<void> {
    const spec = botSpec(id, { kind: this.#kind, exec: 'default', ...changes });
    assert.deepEqual(await this.host.prepare(spec), []);
    const joined = await this.host.join(id);
    assert.equal(joined.event, 'joined', JSON.stringify(joined));
  }

  async stream(bot: string, direction: 'in' | 'out', kind: MediaKind): Promise<BotStreamReading> {
    const found = await this.#streams(bot, direction, kind);
    assert.ok(found[0] !== undefined && found.length === 1, `${found.length} ${kind} ${direction} of ${bot}`);
    return found[0];
  }

  async #streams(bot: string, direction: 'in' | 'out', kind: MediaKind): Promise<BotStreamReading[]> {
    const streams = (await this.host.read()).streams ?? [];
    return streams.filter(
      (stream) => stream.bot === bot && stream.direction === direction && stream.kind === kind,
    );
  }

  async count(bot: string, kind: MediaKind, name: keyof StreamCounters): Promise<number> {
    const direction = name.startsWith('sent') ? 'out' : 'in';
    return (await this.stream(bot, direction, kind)).counters[name] ?? 0;
  }

  /** Which of these counters stand still, and which go on. */
  async moves(bot: string, name: keyof StreamCounters): Promise<Record<MediaKind, boolean>> {
    await pause(drainMs);
    const before = {
      audio: await this.count(bot, 'audio', name),
      video: await this.count(bot, 'video', name),
    };
    await pause(watchMs);
    return {
      audio: (await this.count(bot, 'audio', name)) > before.audio,
      video: (await this.count(bot, 'video', name)) > before.video,
    };
  }

  /** Until the viewer has a video, and decoded more frames of it than so many. */
  async decodes(bot: string, moreThan: number): Promise<void> {
    const until = performance.now() + 10_000;
    for (;;) {
      const [video] = await this.#streams(bot, 'in', 'video');
      if ((video?.counters.framesDecodedTotal ?? 0) > moreThan) return;
      assert.ok(performance.now() < until, `${bot} decodes no more than ${moreThan} frames`);
      await pause(50);
    }
  }

  async close(): Promise<void> {
    try {
      assert.equal(await this.host.close(), 0);
      await untilEmpty(this.node);
    } finally {
      await this.node.close();
      this.lead.close();
    }
  }
}

/** A publisher and a viewer in a room, video and audio flow. */
export async function enterTwo(stage: Stage): Promise<void> {
  await stage.enter('publisher', { consume: { kinds: [], max: null } });
  await stage.enter('viewer', viewer);
  await stage.decodes('viewer', 0);
}

export async function pausesAndResumes(stage: Stage): Promise<void> {
  await stage.lead.tell('viewer', 'pause', 'video');
  assert.deepEqual(await stage.moves('viewer', 'receivedPacketsTotal'), { audio: true, video: false });
  assert.deepEqual(await stage.moves('publisher', 'sentPacketsTotal'), { audio: true, video: true });
  const [worker] = (await readings(stage.node)).workers;
  assert.equal(worker?.pausedConsumers, 1);
  const { counters, pausedMs = 0 } = await stage.stream('viewer', 'in', 'video');
  assert.ok(pausedMs > watchMs, `paused for ${pausedMs} ms`);
  assert.equal((await stage.stream('viewer', 'in', 'audio')).pausedMs, 0);
  await stage.lead.tell('viewer', 'resume');
  await stage.decodes('viewer', counters.framesDecodedTotal ?? 0);
  const then = (await stage.stream('viewer', 'in', 'video')).pausedMs ?? 0;
  assert.ok(then >= pausedMs, `${then} ms`);
  assert.deepEqual(await stage.moves('viewer', 'receivedPacketsTotal'), { audio: true, video: true });
  assert.equal((await stage.stream('viewer', 'in', 'video')).pausedMs, then, 'its pause is over');
}

export async function mutesAndSpeaks(stage: Stage): Promise<void> {
  const beforeMs = (await stage.stream('viewer', 'in', 'video')).pausedMs;
  await stage.lead.tell('publisher', 'mute', 'video');
  assert.deepEqual(await stage.moves('publisher', 'sentPacketsTotal'), { audio: true, video: false });
  assert.deepEqual(await stage.moves('viewer', 'receivedPacketsTotal'), { audio: true, video: false });
  const { counters, pausedMs } = await stage.stream('viewer', 'in', 'video');
  assert.equal(pausedMs, beforeMs, 'it is the publisher that is mute');
  await stage.lead.tell('publisher', 'mute', 'video', false);
  await stage.decodes('viewer', counters.framesDecodedTotal ?? 0);
}

export async function choosesWhatItTakes(stage: Stage): Promise<void> {
  const received = (): Promise<Record<MediaKind, boolean>> => stage.moves('viewer', 'receivedPacketsTotal');
  await stage.lead.tell('viewer', 'consume', 'none');
  assert.deepEqual(await received(), { audio: false, video: false });
  await stage.lead.tell('viewer', 'consume', { kinds: ['audio'] });
  assert.deepEqual(await received(), { audio: true, video: false });
  const decoded = await stage.count('viewer', 'video', 'framesDecodedTotal');
  await stage.lead.tell('viewer', 'consume', 'all');
  await stage.decodes('viewer', decoded);
}

/** Everybody is silent: what the viewer counted is what the node sent it, in spite of all that was held back. */
export async function accountsForAll(stage: Stage): Promise<void> {
  await stage.host.stopPublishing();
  await pause(500);
  const node = (await readings(stage.node, 'all')).streams;
  for (const kind of ['audio', 'video'] as const) {
    const { id, counters } = await stage.stream('viewer', 'in', kind);
    const { receivedPacketsTotal = 0, lostPacketsTotal = 0 } = counters;
    const truth = node.find((stream) => stream.side === 'consumer' && stream.id === id);
    assert.equal(
      receivedPacketsTotal + lostPacketsTotal,
      truth?.packetsTotal,
      `${kind} ${JSON.stringify(counters)}`,
    );
    assert.equal(lostPacketsTotal, 0);
  }
}

/** Of the layers of a simulcast, the one that is preferred arrives: a smaller picture, a fraction of the bits. */
export async function switchesLayers(stage: Stage): Promise<void> {
  const room = 'layers';
  const publish = { audio: null, video: layered };
  await stage.enter('layers', { room, publish, consume: { kinds: [], max: null } });
  await stage.enter('viewer-of-layers', { room, ...viewer });
  const bits = async (): Promise<number> => {
    const from = await stage.stream('viewer-of-layers', 'in', 'video');
    await pause(1000);
    const to = await stage.stream('viewer-of-layers', 'in', 'video');
    const bytes = (to.counters.receivedBytesTotal ?? 0) - (from.counters.receivedBytesTotal ?? 0);
    return (bytes * 8000) / (to.atMs - from.atMs);
  };
  const spatialLayers = (): (number | null)[] =>
    stage.host.events.flatMap((event) => (event.event === 'layers-changed' ? [event.spatial] : []));
  const reaches = async (wanted: (layer: number) => boolean): Promise<void> => {
    const until = performance.now() + 20_000;
    while (!wanted(spatialLayers().at(-1) ?? -1)) {
      assert.ok(performance.now() < until, `layers ${JSON.stringify(spatialLayers())}`);
      await pause(50);
    }
  };
  await stage.decodes('viewer-of-layers', 0);
  await reaches((layer) => layer > 0);
  await pause(drainMs);
  const before = await bits();
  const { width } = await stage.stream('viewer-of-layers', 'in', 'video');
  await stage.lead.tell('viewer-of-layers', 'switchLayers', 0);
  await reaches((layer) => layer === 0);
  await pause(drainMs);
  const after = await bits();
  assert.ok(after > 0);
  const then = await stage.stream('viewer-of-layers', 'in', 'video');
  // An encoder's rates are still rising then; its picture is known. A recording's rates are what they are.
  if (width !== null) assert.deepEqual([width > 320, then.width], [true, 320], JSON.stringify(then));
  else assert.ok(after < 0.6 * before, `${before} b/s, then ${after} b/s`);
}
