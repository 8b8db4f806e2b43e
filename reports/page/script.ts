/** The script of the page: draws every chart in the reader's theme, again when that changes, and for print in light. */
import { marksSource } from '../charts/marks.ts';
import { colored, dark, light } from '../charts/theme.ts';
import { jsonText } from './markup.ts';

/**
 * Runs in the page, with Chart.js and the functions of marks.ts and theme.ts beside it.
 * `palettes` and the element `chart-configs` are all that it knows of the run.
 */
const drawing = `
const configs = JSON.parse(document.getElementById('chart-configs').textContent);
const darkness = matchMedia('(prefers-color-scheme: dark)');
const drawn = [];
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
const pointedAt = {
  title: (items) => items.length > 0 ? items[0].raw.tip : '',
  label: (item) => {
    const { x, y } = item.chart.options.scales;
    const value = (number) => number.toLocaleString('en-US', { maximumSignificantDigits: 4 });
    const lines = [item.dataset.label + ': ' + value(item.parsed.y), y.title.text];
    return 'label' in item.raw ? lines.concat(x.title.text + ': ' + value(item.parsed.x)) : lines;
  },
};
function draw(palette) {
  for (const chart of drawn.splice(0)) chart.destroy();
  for (const [id, config] of Object.entries(configs)) {
    const own = colored(config, palette);
    Object.assign(own.options.plugins.tooltip, {
      callbacks: pointedAt, backgroundColor: palette.ink, titleColor: palette.surface, bodyColor: palette.surface,
    });
    own.plugins = [createMarks()];
    drawn.push(new Chart(document.getElementById(id), own));
  }
}
function drawThemed() { draw(darkness.matches ? palettes.dark : palettes.light); }
drawThemed();
darkness.addEventListener('change', drawThemed);
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details.figures')) details.open = true;
  draw(palettes.light);
});
addEventListener('afterprint', drawThemed);
`;

export const pageScript: string = [
  `'use strict';(() => {`,
  `const palettes = ${jsonText({ light, dark }).markup};`,
  String(colored),
  marksSource,
  drawing,
  '})();',
].join('\n');
