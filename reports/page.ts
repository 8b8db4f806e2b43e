/** A stored run as one HTML file that needs nothing beside itself: no network, no font, no other file. */
import type { StoredSamples } from './charts/timeline.ts';
import { capacitySection } from './page/capacity.ts';
import { checksSection } from './page/checks.ts';
import { accountingSection, eventsSection } from './page/evidence.ts';
import { chartsOf } from './page/figures.ts';
import { manifestSection } from './page/manifest.ts';
import { html, jsonText, type Markup, scriptText, styleText } from './page/markup.ts';
import { pageScript } from './page/script.ts';
import { style } from './page/style.ts';
import { trialsSection, warningsSection } from './page/trials.ts';
import { verdictSection } from './page/verdict.ts';

/** Should a string ever slip through the escaping, the page may still fetch nothing and send nothing. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** @param chartLibrary the source of Chart.js's UMD build */
export function runPage(run: StoredSamples, chartLibrary: string): string {
  const { record } = run;
  const charts = chartsOf(run);
  const page: Markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="sfubench ${record.manifest.versions.sfubench}">
<title>${record.name} · sfubench</title>
<link rel="icon" href="data:,">
<style>${styleText(style)}</style>
</head>
<body>
<main>
${verdictSection(record)}
${capacitySection(record)}
${trialsSection(record)}
${warningsSection(record)}
${checksSection(record)}
${charts.sections}
${accountingSection(record)}
${eventsSection(run)}
${manifestSection(record)}
<footer><p>Made by sfubench ${record.manifest.versions.sfubench} from run.json, samples.ndjson and events.ndjson of this run; <code>sfubench report</code> makes it again. Charts: Chart.js (MIT). A dash is a figure that was not measured.</p>
<noscript><p>The charts need JavaScript; every figure they show is in the tables.</p></noscript></footer>
</main>
<script type="application/json" id="chart-configs">${jsonText(charts.configs)}</script>
<script>${scriptText(chartLibrary)}</script>
<script>${scriptText(pageScript)}</script>
</body>
</html>
`;
  return page.markup;
}
