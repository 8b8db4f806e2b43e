/** Tables of the trials: the columns of the terminal's table, and every figure there is. */
import type { RunRecord, TrialRecord, TrialState } from '../../harness/record.ts';
import { trialColumns as columns } from '../columns.ts';
import { type FigureName, figureNames } from '../figure-names.ts';
import { missing } from '../format.ts';
import { html, type Markup } from './markup.ts';

/** The shapes that the points of the charts have. */
const shapes: Readonly<Record<TrialState, string>> = { good: '●', bad: '✕', unsettled: '△', invalid: '◇' };

export function trialsSection(record: RunRecord): Markup {
  const { trials } = record;
  if (trials.length === 0) {
    return html`<section><h2>Trials</h2><p>There is no trial to show.</p></section>`;
  }
  const grouped = new Set(trials.map(({ group }) => group)).size > 1;
  return html`<section>
<h2 id="trials">Trials</h2>
<p class="about" id="about-trials">One row for each level that was held, in the order of measurement. Worker CPU is the hottest worker’s, of one core; generator is its CPU, of one core.</p>
<div class="scroll" role="region" aria-labelledby="trials" tabindex="0">
<table class="trials" aria-labelledby="trials" aria-describedby="about-trials">
<thead><tr>${grouped ? html`<th scope="col" class="text">scenario</th>` : null}<th scope="col">level</th>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}<th scope="col" class="text">trial</th></tr></thead>
<tbody>
${trials.map((trial) => row(trial, grouped))}</tbody>
</table>
</div>
${allFigures(trials, grouped)}
</section>`;
}

function row(trial: TrialRecord, grouped: boolean): Markup {
  return html`<tr class="${trial.state}">${grouped ? html`<td class="text">${trial.group}</td>` : null}<th scope="row">${shape(trial.state)}${trial.level}</th>${columns.map(({ cell }) => html`<td>${cellText(cell(trial))}</td>`)}<td class="text${trial.reasons.length === 0 ? '' : ' reasoned'}">${stateText(trial)}</td></tr>
`;
}

/** Beside the level: on a phone the last column is out of sight. */
function shape(state: TrialState): Markup {
  return html`<span class="state ${state}" aria-hidden="true">${shapes[state]}</span>`;
}

function stateText({ state, reasons }: TrialRecord): Markup {
  return html`<strong class="state ${state}">${state}</strong>${reasons.length === 0 ? null : html`<span class="reasons">${reasons.join('; ')}</span>`}`;
}

/** A dash for the eye, words for whoever listens. */
export function cellText(text: string): Markup | string {
  if (text !== missing) return text;
  return html`<span class="none" title="not measured"><span aria-hidden="true">${missing}</span><span class="heard">not measured</span></span>`;
}

function allFigures(trials: readonly TrialRecord[], grouped: boolean): Markup {
  const names = Object.entries(figureNames) as [keyof typeof figureNames, FigureName][];
  return html`<details class="figures">
<summary>All figures of all trials</summary>
<div class="scroll" role="region" aria-label="All figures" tabindex="0">
<table>
<thead><tr><th scope="col" class="text">figure</th>${trials.map((trial) => html`<th scope="col">${grouped ? `${trial.group} ` : null}${trial.level}${trial.state === 'good' ? null : html`<br>${trial.state}`}</th>`)}</tr></thead>
<tbody>
${names.map(
  ([
    name,
    { label, text },
  ]) => html`<tr><th scope="row" class="text">${label}</th>${trials.map(({ figures }) => html`<td>${cellText(text(figures[name]))}</td>`)}</tr>
`,
)}</tbody>
</table>
</div>
</details>`;
}

export function warningsSection({ warnings }: RunRecord): Markup | null {
  if (warnings.length === 0) return null;
  return html`<section>
<h2>Warnings</h2>
<ul class="warnings">
${warnings.map(
  ({
    message,
    advice,
  }) => html`<li><p>${message}</p>${advice === '' ? null : html`<p class="advice">${advice}</p>`}</li>
`,
)}</ul>
</section>`;
}
