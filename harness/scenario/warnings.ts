/** What is accepted but deserves a word before the run. */
import { formatDuration } from '../durations.ts';
import type { Group, Quality } from '../scenario.ts';
import { networkWarnings } from './network.ts';
import { defaultSettleMs } from './resolve.ts';

export function warningsOf(groups: readonly Group[], quality: Quality): string[] {
  const warnings = groups.flatMap((group) => [
    ...remainders(group),
    ...settling(group),
    ...unmeasured(group),
    ...endless(group),
    ...tooFewVus(group),
    ...networkWarnings(group, quality),
  ]);
  const standing = groups.filter(({ joins }) => joins === null);
  if (standing.length > 1) {
    const names = standing.map(({ name }) => name).join(', ');
    warnings.push(`scenarios ${names} run at the same time: the figures of each hold the load of the others`);
  }
  if (groups.every(({ rooms }) => rooms.publishers === 0)) {
    warnings.push('nobody publishes: the SFU has nothing to forward');
  }
  return warnings;
}

/** Numbers of peers that the group is measured at. */
function measured({ shape, settleMs, rooms }: Group): readonly number[] {
  if (shape.executor === 'staircase') {
    return shape.levelUnit === 'rooms' ? shape.levels.map((level) => level * rooms.size) : shape.levels;
  }
  if (shape.executor === 'constant-vus') return [shape.vus];
  // Peers of sessions come and go: how many rooms are full is never the same.
  if (shape.executor !== 'ramping-vus') return [];
  return plateaus(shape.startVus, shape.stages)
    .filter(({ durationMs, target }) => durationMs > settleMs && target > 0)
    .map(({ target }) => target);
}

interface Plateau {
  readonly at: number;
  /** Peers, or sessions in each time unit. */
  readonly target: number;
  readonly durationMs: number;
}

function plateaus(
  start: number,
  stages: readonly { readonly durationMs: number; readonly target: number }[],
): Plateau[] {
  return stages.flatMap(({ target, durationMs }, at) => {
    const before = stages[at - 1]?.target ?? start;
    return target === before ? [{ at, target, durationMs }] : [];
  });
}

function remainders(group: Group): string[] {
  if (group.joins !== null) return [];
  const { size } = group.rooms;
  const uneven = [...new Set(measured(group))].filter((peers) => peers % size !== 0);
  if (uneven.length === 0) return [];
  const list = uneven.length > 8 ? `${uneven.slice(0, 8).join(', ')}, …` : uneven.join(', ');
  return [
    `scenarios.${group.name}: at ${list} peers one room is smaller than the others (rooms.size is ${size})`,
  ];
}

function settling({ name, bot, media, settleMs }: Group): string[] {
  if (bot !== 'chrome' || media.video === null || settleMs >= defaultSettleMs.chrome) return [];
  return [
    `scenarios.${name}.settle is ${formatDuration(settleMs)}: Chrome needs 12–15 s to reach its bitrate and size`,
  ];
}

function unmeasured(group: Group): string[] {
  const { name, shape, settleMs } = group;
  if (shape.executor === 'constant-arrival-rate' && shape.durationMs <= settleMs) {
    return [
      `scenarios.${name} lasts ${formatDuration(shape.durationMs)}, no longer than settle (${formatDuration(settleMs)}): it is not measured`,
    ];
  }
  if (shape.executor !== 'ramping-vus' && shape.executor !== 'ramping-arrival-rate') return [];
  const before = shape.executor === 'ramping-vus' ? shape.startVus : shape.startRate;
  const flat = plateaus(before, shape.stages).filter(({ target }) => target > 0);
  if (flat.length === 0) {
    return [
      `scenarios.${name}.stages have no plateau (a stage whose target is the one before): nothing is measured`,
    ];
  }
  return flat
    .filter(({ durationMs }) => durationMs <= settleMs)
    .map(
      ({ at, durationMs }) =>
        `scenarios.${name}.stages[${at}] lasts ${formatDuration(durationMs)}, no longer than settle (${formatDuration(settleMs)}): it is not measured`,
    );
}

/** Sessions of `join, publish, stay` that nothing ends. */
function endless({ name, shape, exec }: Group): string[] {
  if (!('sessionMs' in shape) || shape.sessionMs !== null || exec !== null) return [];
  const end =
    'maxDurationMs' in shape
      ? `with maxDuration (${formatDuration(shape.maxDurationMs)})`
      : 'with the scenario';
  return [`scenarios.${name}: sessions end only ${end}, as there is no function and no sessionDuration`];
}

/** Little's law: as many are in a session as begin while one lasts. */
function tooFewVus({ name, shape }: Group): string[] {
  if (!('preAllocatedVus' in shape) || shape.sessionMs === null) return [];
  const { maxVus, sessionMs, timeUnitMs } = shape;
  const rates =
    shape.executor === 'constant-arrival-rate' ? [shape.rate] : shape.stages.map(({ target }) => target);
  const needed = Math.ceil((Math.max(0, ...rates) / timeUnitMs) * sessionMs);
  if (needed <= maxVus) return [];
  return [
    `scenarios.${name}: ${needed} peers would be in a session at once, and maxVUs is ${maxVus}: the rest is dropped`,
  ];
}
