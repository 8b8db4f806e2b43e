/** The charts of the page: each a figure with a caption, and its description for whoever does not see it. */

import type { ChartSection, RunChart } from '../charts/chart.ts';
import type { StoredSamples } from '../charts/timeline.ts';
import { runCharts, sectionTitles } from '../charts.ts';
import { html, type Markup } from './markup.ts';

export interface Charts {
  readonly sections: Markup;
  /** What the page's script draws, by the id of the canvas. */
  readonly configs: Readonly<Record<string, RunChart['config']>>;
}

const order: readonly ChartSection[] = ['capacity', 'cost', 'quality', 'generator', 'time'];

export function chartsOf(run: StoredSamples): Charts {
  const charts = runCharts(run);
  const drawn = charts.filter(({ config }) => config !== null);
  return {
    sections: html`${order.map((section) => sectionOf(section, charts))}`,
    configs: Object.fromEntries(drawn.map(({ id, config }) => [id, config])),
  };
}

function sectionOf(section: ChartSection, charts: readonly RunChart[]): Markup | null {
  const own = charts.filter((chart) => chart.section === section);
  if (own.length === 0) return null;
  const drawn = own.filter(({ config }) => config !== null);
  const blank = own.filter(({ config }) => config === null);
  return html`<section class="charts">
<h2>${sectionTitles[section]}</h2>
${drawn.length === 0 ? null : html`<div class="grid ${section}">${drawn.map(figureOf)}</div>`}
${blank.length === 0 ? null : html`<p class="blank">Not measured: ${blank.map(({ title }) => title).join('; ')}.</p>`}
</section>
`;
}

function figureOf({ id, title, caption, description, wide }: RunChart): Markup {
  return html`<figure class="${wide ? 'wide' : 'plain'}">
<figcaption><h3>${title}</h3><p>${caption}</p></figcaption>
<div class="canvas"><canvas id="${id}" role="img" aria-label="${`${title}. ${description}`}">${description}</canvas></div>
</figure>
`;
}
