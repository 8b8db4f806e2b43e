/** What backs the figures: every packet accounted for, joins, and what happened to bots and processes. */
import type { EventLine, RunRecord } from '../../harness/record.ts';
import type { StoredSamples } from '../charts/timeline.ts';
import { elapsed, percent, plural, whole } from '../format.ts';
import { html, type Markup } from './markup.ts';
import { cellText } from './trials.ts';

export function accountingSection({ accounting }: RunRecord): Markup {
  if (accounting === null) {
    return html`<section><h2>Every packet accounted for</h2><p>Not measured: it takes both sides’ counters at the drain, the SFU’s by way of its control endpoint.</p></section>`;
  }
  const { consumers, sentBySfu, receivedByBots, lostByBots, mismatchRatio } = accounting;
  const both = receivedByBots + lostByBots;
  const agree = mismatchRatio === null ? null : percent(Math.abs(mismatchRatio), 3);
  return html`<section>
<h2>Every packet accounted for</h2>
<p>Over ${plural(consumers, 'consumer')} that lived until the drain: what the SFU says it sent, and what the bots say became of it.</p>
<table class="sum">
<tbody>
<tr><th scope="row" class="text">received by bots</th><td>${whole(receivedByBots)}</td></tr>
<tr><th scope="row" class="text">+ lost on the way</th><td>${whole(lostByBots)}</td></tr>
<tr class="total"><th scope="row" class="text">= counted by bots</th><td>${whole(both)}</td></tr>
<tr><th scope="row" class="text">sent by the SFU</th><td>${whole(sentBySfu)}</td></tr>
<tr><th scope="row" class="text">difference</th><td>${agree === null ? cellText('–') : `${whole(both - sentBySfu)} (${agree})`}</td></tr>
</tbody>
</table>
</section>`;
}

const eventNames: Readonly<Record<EventLine['event'], string>> = {
  phase: 'phases',
  joined: 'joined',
  'join-failed': 'joins failed',
  'first-media': 'first media',
  'first-frame': 'first frame',
  left: 'left',
  dropped: 'dropped by the SFU',
  crashed: 'pages or browsers crashed',
  threw: 'scenario functions threw',
  aborted: 'run ended by the scenario',
  iteration: 'iterations',
  'layers-changed': 'layers changed',
  violations: 'seconds with broken quality',
  warning: 'warnings of bots',
  'worker-died': 'workers died',
  'node-died': 'nodes died',
  'host-died': 'bot hosts died',
  'run-warning': 'warnings of the run',
};

/** What should not have happened: each is shown by itself. */
const incidents: ReadonlySet<string> = new Set<EventLine['event']>([
  'join-failed',
  'dropped',
  'crashed',
  'threw',
  'aborted',
  'warning',
  'worker-died',
  'node-died',
  'host-died',
  'run-warning',
]);

const incidentsAtMost = 50;

export function eventsSection({ record, events }: StoredSamples): Markup {
  const { summary } = record;
  const counts = new Map<string, number>();
  for (const { event } of events) counts.set(event, (counts.get(event) ?? 0) + 1);
  const reached =
    summary === null
      ? 'The run was not finished: there is no summary.'
      : `${summary.peersReached} of ${plural(summary.peersAsked, 'peer')} were there at once; ${plural(summary.joins, 'join')}, ${summary.joinsFailed} failed.`;
  return html`<section>
<h2>Events</h2>
<p>${reached}</p>
${counts.size === 0 ? html`<p>No event was stored.</p>` : html`<ul class="counts">${[...counts].map(([event, n]) => html`<li>${eventNames[event as EventLine['event']] ?? event} <b>${whole(n)}</b></li>`)}</ul>`}
${incidentTable(events.filter(({ event }) => incidents.has(event)))}
</section>`;
}

function incidentTable(events: readonly EventLine[]): Markup | null {
  if (events.length === 0) return null;
  const shown = events.slice(0, incidentsAtMost);
  const left = events.length - shown.length;
  return html`<div class="scroll" role="region" aria-label="Incidents" tabindex="0">
<table>
<thead><tr><th scope="col">at</th><th scope="col" class="text">what</th><th scope="col" class="text">who</th><th scope="col" class="text">message</th></tr></thead>
<tbody>
${shown.map(
  (
    line,
  ) => html`<tr><td>${elapsed(line.t)}</td><td class="text">${what(line)}</td><td class="text">${who(line)}</td><td class="text message">${'message' in line ? line.message : ''}</td></tr>
`,
)}</tbody>
</table>
</div>
${left === 0 ? null : html`<p>and ${whole(left)} more in events.ndjson</p>`}`;
}

function what(line: EventLine): string {
  return 'reason' in line ? `${line.event}: ${line.reason}` : line.event;
}

function who(line: EventLine): string {
  if ('bot' in line) return line.bot;
  if ('worker' in line) return `worker ${line.worker}`;
  return 'host' in line ? `host ${line.host}` : '';
}
