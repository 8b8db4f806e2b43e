/** Pictures of charts: they decode, show something, and have text also where the machine has no font. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createCanvas, type Image, loadImage } from '@napi-rs/canvas';
import { writeReport } from '../../harness/commands/report.ts';
import { runCharts } from '../../reports/charts.ts';
import { root } from '../support/sources.ts';
import { folder, realRun, storedRuns } from './stored-runs.ts';

const place = folder();
after(() => place.close());

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Share of pixels in the area that are no white. */
function inked(image: Image, { x, y, width, height }: Area): number {
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(x, y, width, height).data.buffer);
  return pixels.filter((pixel) => pixel !== 0xff_ff_ff_ff).length / pixels.length;
}

describe('charts/*.png', () => {
  for (const state of ['completed', 'running', 'without a trial', 'without a control endpoint']) {
    it(`are one for each chart that has something to show: ${state}`, async () => {
      const run = storedRuns[state]?.() ?? realRun();
      const directory = place.store(run);
      const { pngs, warning } = await writeReport(directory);
      assert.equal(warning, null);
      const expected = runCharts(run).filter(({ config }) => config !== null);
      assert.deepEqual(
        pngs,
        expected.map(({ id }) => join(directory, 'charts', `${id}.png`)),
      );
      for (const png of pngs) {
        const image = await loadImage(png);
        assert.ok(image.width >= 1440 && image.height === 880, `${png}: ${image.width} × ${image.height}`);
        assert.ok(inked(image, { x: 0, y: 0, width: image.width, height: image.height }) > 0.02, png);
      }
    });
  }

  it('have their text on a machine without any font', async () => {
    const directory = place.store(realRun());
    // A process of its own: fonts of the machine are loaded once, when the canvas is.
    execFileSync(process.execPath, [join(root, 'harness', 'cli.ts'), 'report', directory, '--quiet'], {
      env: { ...process.env, DISABLE_SYSTEM_FONTS_LOAD: '1' },
    });
    const bare = await loadImage(join(directory, 'charts', 'joins.png'));
    assert.ok(existsSync(join(directory, 'report.html')));
    const title = { x: 20, y: 20, width: 700, height: 50 };
    const yTitle = { x: 24, y: 200, width: 40, height: 600 };
    const xTicks = { x: 150, y: 775, width: 1200, height: 40 };
    for (const area of [title, yTitle, xTicks]) {
      const share = inked(bare, area);
      assert.ok(share > 0.005 && share < 0.6, JSON.stringify({ area, share }));
    }
    await writeReport(directory);
    const usual = await loadImage(join(directory, 'charts', 'joins.png'));
    const whole = { x: 0, y: 0, width: bare.width, height: bare.height };
    assert.ok(
      Math.abs(inked(bare, whole) - inked(usual, whole)) < 1e-6,
      'the machine’s fonts change nothing',
    );
  });
});
