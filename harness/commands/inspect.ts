/** The verb `inspect`: what a scenario file means, without running it. */

import { qualityLimitsText } from '../../reports/quality.ts';
import { allowedCores, divideCores } from '../cores.ts';
import { formatDuration } from '../durations.ts';
import { exitCodes } from '../errors.ts';
import { type Forecast, forecast, type GroupForecast } from '../forecast.ts';
import { loadScenario } from '../load.ts';
import { networkText } from '../scenario/network.ts';
import type { Group, Scenario, Script } from '../scenario.ts';
import { type CoreFlags, type OutputFlags, overridesOf, type ScenarioFlags } from './flags.ts';

export interface InspectFlags extends ScenarioFlags, CoreFlags, Pick<OutputFlags, 'json'> {
  /** Where the text goes; stdout when absent. */
  readonly print?: (text: string) => void;
}

/** @returns the exit code; @throws BenchError where the scenario is not one */
export async function inspectCommand(file: string, flags: InspectFlags): Promise<number> {
  const print = flags.print ?? ((text: string) => process.stdout.write(text));
  const scenario = await loadScenario(file, overridesOf(flags));
  const expected = forecast(scenario);
  const available = generatorCores(scenario, flags);
  const warnings = [...scenario.warnings, ...shortOfCores(expected, available)];
  if (flags.json) {
    const { warnings: _own, ...plan } = scenario;
    print(
      `${JSON.stringify({ scenario: plan, forecast: expected, generatorCores: available, warnings }, null, 2)}\n`,
    );
  } else {
    print(inspectText(scenario, expected, available, warnings));
  }
  return exitCodes.ok;
}

/** Cores of this machine that a run would leave to the bots. */
function generatorCores({ target }: Scenario, flags: CoreFlags): number {
  const embedded = target.kind === 'mediasoup';
  const workers = embedded ? Number(target.settings['workers'] ?? 1) : 0;
  const allowed = allowedCores();
  return (
    divideCores(allowed, {
      workers,
      embedded,
      sfu: flags.coresSfu ?? null,
      generator: flags.coresGenerator ?? null,
    }).generator?.length ?? allowed.length
  );
}

/** Above this share of its cores the generator itself is the limit (a trial is then invalid). */
const soundShare = 0.8;

function shortOfCores({ generatorCores: needed }: Forecast, available: number): string[] {
  if (needed <= available * soundShare) return [];
  return [
    `the bots need about ${needed.toFixed(1)} cores and have ${available}: they would be the limit, not the SFU; lower the load or the size of the video`,
  ];
}

export function inspectText(
  scenario: Scenario,
  expected: Forecast,
  available: number,
  warnings: readonly string[],
): string {
  const lines = [
    `${scenario.name} · ${targetText(scenario)} · seed ${scenario.seed} · ${scenario.hash.slice(0, 12)}`,
    '',
  ];
  for (const [at, group] of scenario.groups.entries()) {
    const steps = expected.groups[at];
    if (steps !== undefined) lines.push(groupText(group), ...table(steps), '');
  }
  lines.push(`duration    about ${formatDuration(expected.durationMs)}, then 2 s of drain`);
  lines.push(
    `generator   about ${expected.generatorCores.toFixed(2)} cores of ${available} at the highest load`,
  );
  lines.push(`rates       ${ratesText(scenario, expected)}`);
  lines.push(`quality     ${qualityLimitsText(scenario.quality)}`);
  for (const { metric, expression, abortOnFail } of scenario.thresholds)
    lines.push(`threshold   ${metric} ${expression}${abortOnFail ? ' (ends the run when it fails)' : ''}`);
  const own = functionsText(scenario.script);
  if (own !== null) lines.push(`functions   ${own}`);
  for (const warning of warnings) lines.push(`warning     ${warning}`);
  return `${lines.join('\n')}\n`;
}

function targetText({ target }: Scenario): string {
  if (target.kind === 'mediasoup-demo') return target.url;
  const settings = Object.entries(target.settings).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return `mediasoup (embedded${settings.length === 0 ? '' : `, ${settings.join(', ')}`})`;
}

function groupText({ name, bot, shape, startMs, rooms, joins, media, network, exec }: Group): string {
  const place = joins === null ? `rooms of ${rooms.size}` : `in the rooms of ${joins}`;
  const video = media.video;
  const sizes = {
    audio: 'audio',
    video:
      video === null
        ? 'video'
        : `${video.codec} ${video.width}×${video.height} at ${video.fps} fps up to ${Math.round(video.maxBitrateBps / 1_000)} kb/s`,
  };
  const share = rooms.publishers >= rooms.size ? 'everybody' : `${rooms.publishers} a room`;
  const publish =
    rooms.publishers === 0
      ? 'nobody publishes'
      : `${share} publishes ${rooms.kinds.map((kind) => sizes[kind]).join(' and ')}`;
  const driven = exec === null ? [] : [`driven by ${exec}()`];
  const sessionMs = 'sessionMs' in shape ? shape.sessionMs : null;
  const lasting = sessionMs === null ? [] : [`sessions of ${formatDuration(sessionMs)}`];
  const path = networkText(network);
  const shaped = path === null ? [] : [path];
  const later = startMs === 0 ? [] : [`starts after ${formatDuration(startMs)}`];
  return [`${name}: ${shape.executor}`, bot, place, publish, ...lasting, ...shaped, ...driven, ...later].join(
    ' · ',
  );
}

const columns = [
  'level',
  'peers',
  'rooms',
  'transports',
  'producers',
  'consumers',
  'packets/s in',
  'out',
  'Mb/s in',
  'out',
  'bot cores',
  'time',
  '',
];

function table({ steps }: GroupForecast): string[] {
  const rows = steps.map((step) => {
    const { load } = step;
    return [
      String(step.level),
      step.extraPeers === 0 ? String(step.peers) : `${step.peers}+${step.extraPeers}`,
      String(load.rooms),
      String(load.transports),
      String(load.producers),
      String(load.consumers),
      count(load.inbound.packetsPerSecond),
      count(load.outbound.packetsPerSecond),
      (load.inbound.bitrateBps / 1e6).toFixed(1),
      (load.outbound.bitrateBps / 1e6).toFixed(1),
      load.generatorCores.toFixed(2),
      step.durationMs === null ? '' : formatDuration(step.durationMs),
      step.durationMs === null ? 'extra' : step.measured ? '' : 'not measured',
    ];
  });
  const widths = columns.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  return [columns, ...rows].map((row) =>
    `  ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function ratesText({ groups }: Scenario, { interpolated }: Forecast): string {
  const publishing = new Set(
    groups.filter(({ rooms }) => rooms.publishers > 0 && rooms.kinds.length > 0).map(({ bot }) => bot),
  );
  if (publishing.size === 1 && publishing.has('synthetic'))
    return 'those of the recordings that synthetic bots publish';
  if (interpolated.length === 0) return 'as measured with Chrome’s fake camera';
  return `interpolated from what was measured with Chrome’s fake camera, for ${interpolated.join(', ')}`;
}

/** What the file does beside driving bots; null for nothing. */
function functionsText({ metrics, ...script }: Script): string | null {
  const parts = [
    ...(script.setup ? [`setup() up to ${formatDuration(script.setupTimeoutMs)}`] : []),
    ...(script.teardown ? [`teardown() up to ${formatDuration(script.teardownTimeoutMs)}`] : []),
    ...(script.handleSummary ? ['handleSummary()'] : []),
    ...(metrics.length > 0 ? [`own metrics ${metrics.map(({ name }) => name).join(', ')}`] : []),
  ];
  return parts.length === 0 ? null : parts.join(' · ');
}
