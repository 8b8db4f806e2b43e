/** What a scenario will do, step by step, before it is run. Pure. */
import { expectedMs, segmentsOf } from './executors/registry.ts';
import type { ExpectedLoad } from './plan.ts';
import { expectedLoad, firstPeers, place } from './plan.ts';
import { isMeasured } from './profiles.ts';
import type { Group, Scenario } from './scenario.ts';

export interface StepForecast {
  readonly step: number;
  readonly level: number;
  /** Peers of the group itself. */
  readonly peers: number;
  /** Peers that other groups add to its rooms. */
  readonly extraPeers: number;
  /** Whether the step becomes a trial. */
  readonly measured: boolean;
  /** With joins and settling; null where another group ends it. */
  readonly durationMs: number | null;
  /** Everything in the group's rooms; for a group that joins another one, what it adds at the first step. */
  readonly load: ExpectedLoad;
}

export interface GroupForecast {
  readonly group: string;
  readonly steps: readonly StepForecast[];
}

export interface Forecast {
  readonly groups: readonly GroupForecast[];
  /** From the first join to the end of the last hold. */
  readonly durationMs: number;
  /** CPU of all bots at the highest load, in cores. */
  readonly generatorCores: number;
  /** Sizes that the table of profiles does not have: their rates are interpolated. */
  readonly interpolated: readonly string[];
}

export function forecast(scenario: Scenario): Forecast {
  const groups = scenario.groups.map((group) => ({ group: group.name, steps: stepsOf(scenario, group) }));
  const standing = groups.filter((_, at) => scenario.groups[at]?.joins === null);
  const times = groups.map(
    ({ group, steps }, at) =>
      (scenario.groups[at]?.startMs ?? 0) +
      (budgetOf(scenario, group) ?? steps.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)),
  );
  const most = standing.map(({ steps }) => Math.max(0, ...steps.map(({ load }) => load.generatorCores)));
  return {
    groups,
    durationMs: Math.max(0, ...times),
    generatorCores: most.reduce((sum, cores) => sum + cores, 0),
    interpolated: interpolatedSizes(scenario.groups),
  };
}

/** What a search may take; null for a group that searches nothing. */
function budgetOf({ groups }: Scenario, group: string): number | null {
  const shape = groups.find(({ name }) => name === group)?.shape;
  return shape?.executor === 'capacity-search' ? shape.goal.budgetMs : null;
}

function stepsOf(scenario: Scenario, group: Group): StepForecast[] {
  const { payload } = scenario.synthetic;
  if (group.joins !== null) return [joiningStep(scenario, group)];
  const extra = scenario.groups
    .filter(({ joins }) => joins === group.name)
    .flatMap((joining) => place(scenario, joining, firstPeers(joining)));
  const steps = new Map<number, StepForecast>();
  for (const segment of segmentsOf(group)) {
    const before = steps.get(segment.step);
    // The last sessions end: that is no load of its own.
    const isEnd = before !== undefined && segment.until.kind === 'ended';
    const peers = isEnd ? before.peers : segment.peers;
    steps.set(segment.step, {
      step: segment.step,
      level: segment.level,
      peers,
      extraPeers: extra.length,
      measured: segment.measure || (before?.measured ?? false),
      durationMs: (before?.durationMs ?? 0) + expectedMs(segment, group.bot),
      load:
        before?.peers === peers
          ? before.load
          : expectedLoad([...place(scenario, group, peers), ...extra], payload),
    });
  }
  return [...steps.values()];
}

/** What the group adds to the rooms that are there when it comes. */
function joiningStep(scenario: Scenario, group: Group): StepForecast {
  const { payload } = scenario.synthetic;
  const host = scenario.groups.find(({ name }) => name === group.joins);
  const there = host === undefined ? [] : place(scenario, host, firstPeers(host));
  const peers = firstPeers(group);
  const without = expectedLoad(there, payload);
  const together = expectedLoad([...there, ...place(scenario, group, peers)], payload);
  return {
    step: 0,
    level: peers,
    peers,
    extraPeers: 0,
    measured: false,
    durationMs: null,
    load: {
      peers,
      rooms: together.rooms - without.rooms,
      transports: together.transports - without.transports,
      producers: together.producers - without.producers,
      consumers: together.consumers - without.consumers,
      inbound: difference(together.inbound, without.inbound),
      outbound: difference(together.outbound, without.outbound),
      generatorCores: together.generatorCores - without.generatorCores,
    },
  };
}

function difference(a: ExpectedLoad['inbound'], b: ExpectedLoad['inbound']): ExpectedLoad['inbound'] {
  return {
    packetsPerSecond: a.packetsPerSecond - b.packetsPerSecond,
    bitrateBps: a.bitrateBps - b.bitrateBps,
  };
}

function interpolatedSizes(groups: readonly Group[]): string[] {
  const sizes = groups.flatMap(({ bot, media: { video }, rooms }) => {
    // Of synthetic bots there are recordings, whose rates are known.
    if (bot === 'synthetic') return [];
    if (video === null || rooms.publishers === 0 || !rooms.kinds.includes('video') || isMeasured(video))
      return [];
    const layers = video.layers === 1 ? '' : ` in ${video.layers} layers`;
    const file = video.file === null ? '' : ' from a file';
    return [`${video.codec} ${video.width}×${video.height} at ${video.fps} fps${layers}${file}`];
  });
  return [...new Set(sizes)];
}
