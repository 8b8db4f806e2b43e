/** What the scenario's own functions checked and threw. */
import type { RunRecord } from '../../harness/record.ts';
import { ownMetricText } from '../checks.ts';
import { percent, whole } from '../format.ts';
import { html, type Markup } from './markup.ts';

export function checksSection({ checks = [], exceptions = [], ownMetrics = [] }: RunRecord): Markup | null {
  if (checks.length + exceptions.length + ownMetrics.length === 0) return null;
  return html`<section>
<h2>Checks and metrics of the scenario</h2>
${
  checks.length === 0
    ? null
    : html`<div class="scroll" role="region" aria-label="Checks" tabindex="0"><table>
<thead><tr><th scope="col" class="text">check</th><th scope="col">held</th><th scope="col">failed</th><th scope="col">share</th></tr></thead>
<tbody>
${checks.map(
  ({ name, passes, fails }) =>
    html`<tr><th scope="row" class="text">${fails === 0 ? '✓' : '✕'} ${name}</th><td>${whole(passes)}</td><td>${whole(fails)}</td><td>${percent(passes / (passes + fails), 2)}</td></tr>
`,
)}</tbody>
</table></div>`
}
${
  ownMetrics.length === 0
    ? null
    : html`<div class="scroll" role="region" aria-label="Own metrics" tabindex="0"><table>
<thead><tr><th scope="col" class="text">metric</th><th scope="col" class="text">over the run</th></tr></thead>
<tbody>
${ownMetrics.map(
  (each) =>
    html`<tr><th scope="row" class="text">${each.name}</th><td class="text">${ownMetricText(each)}</td></tr>
`,
)}</tbody>
</table></div>`
}
${
  exceptions.length === 0
    ? null
    : html`<p>Its functions threw, which ends a session and not the run:</p>
<ul class="warnings">
${exceptions.map(
  ({ message, count }) => html`<li><p>${whole(count)} × ${message}</p></li>
`,
)}</ul>`
}
</section>`;
}
