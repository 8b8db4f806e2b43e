/** What the result holds for: versions, binary, machine, cores, limits, and the scenario as it was resolved. */
import type { RunRecord, TrialLimits } from '../../harness/record.ts';
import { calibrationText } from '../calibration.ts';
import { bytes, percent, plural } from '../format.ts';
import { qualityLimitsText } from '../quality.ts';
import { syntheticText } from '../synthetic.ts';
import { html, type Markup } from './markup.ts';

type Row = readonly [string, string | null | undefined];

export function manifestSection(record: RunRecord): Markup {
  const { manifest, scenario } = record;
  const settings = manifest.node?.settings;
  return html`<section>
<h2>What this holds for</h2>
<dl class="manifest">
${rows(record).map(
  ([
    name,
    text,
  ]) => html`<div><dt>${name}</dt><dd>${text ?? html`<span class="none">not known</span>`}</dd></div>
`,
)}</dl>
${settings === undefined ? null : html`<details><summary>Settings of the node, as used</summary><pre tabindex="0">${JSON.stringify(settings, null, 2)}</pre></details>`}
<details><summary>The scenario, as resolved</summary><pre tabindex="0">${JSON.stringify(scenario, null, 2)}</pre></details>
</section>`;
}

function rows(record: RunRecord): readonly Row[] {
  const { manifest, scenario, scenarioHash, seed, limits } = record;
  const { versions, target, node, machine, pinning, shared } = manifest;
  const bots = syntheticText(scenario);
  const calibration = calibrationText(record);
  const binary = node?.workerBinary;
  const place = target.embedded ? 'embedded' : target.signalingUrl;
  const elsewhere = node !== null && node.host.hostname !== machine.hostname ? node.host : null;
  return [
    ['target', `${target.kind} (${place})`],
    ['mediasoup', versions.mediasoup],
    ['worker binary', binary === undefined ? null : `${binary.kind}, sha256 ${binary.sha256}`],
    ['workers', node === null ? null : node.workers.map(workerText).join('; ')],
    ['sfubench', versions.sfubench],
    ['Node.js', versions.node],
    ['browser', versions.browser],
    ...(manifest.packets == null ? [] : [['synthetic bots’ packets', manifest.packets] as const]),
    ...(bots === null ? [] : [['synthetic bots', bots] as const]),
    ...(calibration === null ? [] : [['against Chrome', calibration] as const]),
    ['kernel', machine.kernel],
    ['CPU', `${machine.cpuModel}, ${plural(machine.cores, 'core')}`],
    ['memory', bytes(machine.memoryBytes)],
    ['machine', machine.hostname],
    ...(elsewhere === null
      ? []
      : [
          [
            'node’s machine',
            `${elsewhere.hostname}: ${elsewhere.cpuModel}, ${plural(elsewhere.cores, 'core')}, kernel ${elsewhere.kernel}`,
          ] as const,
        ]),
    [
      'clocks',
      manifest.clocks === 'shared'
        ? 'shared by SFU and bots'
        : 'not shared: instants of SFU and bots do not compare, so no one-way latency to or from the SFU',
    ],
    ['pinned to', `SFU ${coresText(pinning.sfu)}; generator ${coresText(pinning.generator)}`],
    ['shares a core', shared.length === 0 ? 'nothing that is known' : shared.join('; ')],
    ['scenario', scenario.file],
    ['scenario hash', scenarioHash],
    ['seed', String(seed)],
    ['limits', limitsText(limits)],
  ];
}

function workerText({
  index,
  cores,
  port,
}: {
  index: number;
  cores: readonly number[] | null;
  port: number;
}): string {
  return `worker ${index}: ${coresText(cores)}, port ${port}`;
}

function coresText(cores: readonly number[] | null): string {
  if (cores === null) return 'not pinned';
  return `core${cores.length === 1 ? '' : 's'} ${cores.join(', ')}`;
}

/** Of this version: a record does not hold them. */
function limitsText(limits: TrialLimits): string {
  return [
    `generator CPU at most ${percent(limits.generatorCpuShare, 0)} of its cores (${percent(limits.sharedCpuShare, 0)} beside a full worker that loses packets), media sent late at most ${percent(limits.lateSendRatio, 1)}, or the trial is invalid`,
    `bad above ${percent(limits.lossRatio, 0)} loss`,
    `below ${percent(limits.deliveryRatio, 0)} delivered`,
    `below ${percent(limits.fpsShare, 0)} of the cameras’ fps`,
    ...(limits.quality === undefined ? [] : [qualityLimitsText(limits.quality)]),
  ].join('; ');
}
