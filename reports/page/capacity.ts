/** The capacity that was searched for: the result in words, and the levels that it rests on. */
import type { RunRecord } from '../../harness/record.ts';
import type { LevelSummary } from '../analysis/search/result.ts';
import { capacityLines } from '../capacity.ts';
import { html, type Markup } from './markup.ts';

const classes: Readonly<Record<LevelSummary['class'], string>> = {
  lower: 'good: a lower bound',
  upper: 'too much: an upper bound',
  undecided: 'not decided',
};

export function capacitySection({ search, trials }: RunRecord): Markup | null {
  if (search === undefined) return null;
  const { levels } = search.result;
  return html`<section>
<h2 id="capacity-found">Capacity</h2>
<dl class="manifest single">${capacityLines({ search, trials }).map(
    ([word, text]) => html`<div><dt>${word}</dt><dd>${text}</dd></div>
`,
  )}</dl>
<p class="about">The capacity is the level at which a trial is bad with probability ½. Levels are classed as MLRsearch does (draft-ietf-bmwg-mlrsearch); the interval is that of a logistic fit to all trials, and never narrower than the bounds.</p>
<details><summary>Levels that it rests on</summary>
<div class="scroll" role="region" aria-label="Levels of the search" tabindex="0">
<table><thead><tr><th scope="col">${search.levelUnit}</th><th scope="col">good trials</th><th scope="col">bad trials</th><th scope="col" class="text">class</th></tr></thead>
<tbody>${levels.map(
    ({
      level,
      good,
      bad,
      class: name,
    }) => html`<tr><th scope="row">${level}</th><td>${good}</td><td>${bad}</td><td class="text">${classes[name]}</td></tr>
`,
  )}</tbody></table>
</div></details>
</section>`;
}
