/** The page in a real browser, without a network: every chart drawn, in both themes, whatever state the run is in. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { writeRunReport } from '../../harness/commands/report.ts';
import { findInstalled } from '../../harness/setup/installed.js';
import type { StoredRun } from '../../harness/store.ts';
import { runCharts } from '../../reports/charts.ts';
import { folder, nastyRun, realRun, storedRuns } from './stored-runs.ts';

const place = folder();
let browser: Browser;

before(async () => {
  browser = await launch({
    executablePath: findInstalled().browser?.path ?? '',
    headless: true,
    pipe: true,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-gpu',
      '--no-first-run',
      '--no-default-browser-check',
    ],
  });
});

after(async () => {
  await browser.close();
  place.close();
});

interface Look {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
}

interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

async function open(run: StoredRun, { theme = 'light', width = 1280 }: Look = {}): Promise<Opened> {
  const { html } = await writeRunReport({ ...run, directory: place.store(run) }, false);
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setOfflineMode(true);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(html).href);
  return { page, complaints, requests };
}

/** Of each canvas: its id, and how many colours are in it. */
async function drawn(page: Page): Promise<Record<string, number>> {
  return await page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('canvas')].map((canvas) => {
        const context = canvas.getContext('2d');
        const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data;
        return [canvas.id, new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer(0))).size];
      }),
    ),
  );
}

async function assertSound(run: StoredRun, look: Look = {}): Promise<Page> {
  const { page, complaints, requests } = await open(run, look);
  assert.deepEqual(complaints, []);
  assert.equal(requests.filter((url) => !url.startsWith('data:')).length, 1, requests.join(' '));
  const expected = runCharts(run).filter(({ config }) => config !== null);
  const colors = await drawn(page);
  assert.deepEqual(Object.keys(colors).toSorted(), expected.map(({ id }) => id).toSorted());
  for (const [id, count] of Object.entries(colors)) assert.ok(count > 20, `${id} has ${count} colours`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
  return page;
}

describe('report.html in a browser', () => {
  for (const [state, run] of Object.entries(storedRuns)) {
    it(`opens offline without an error, every chart drawn: ${state}`, async () => {
      const page = await assertSound(run());
      await page.close();
    });
  }

  it('fits a phone', async () => {
    for (const run of [realRun(), storedRuns['without a control endpoint']?.() ?? realRun(), nastyRun()]) {
      const page = await assertSound(run, { width: 390, theme: 'dark' });
      await page.close();
    }
  });

  it('follows the theme, also when it changes', async () => {
    const page = await assertSound(realRun(), { theme: 'dark' });
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const chart = (): Promise<string> =>
      page.evaluate(() => (document.querySelector('#joins') as HTMLCanvasElement).toDataURL());
    const [darkGround, darkChart] = [await ground(), await chart()];
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await page.waitForFunction(
      (before) => (document.querySelector('#joins') as HTMLCanvasElement).toDataURL() !== before,
      { timeout: 5000 },
      darkChart,
    );
    assert.notEqual(await ground(), darkGround);
    await page.close();
  });

  it('runs nothing that a record holds', async () => {
    const page = await assertSound(nastyRun());
    assert.equal(await page.evaluate(() => 'owned' in window), false);
    assert.equal(await page.$('img'), null);
    const title = await page.title();
    assert.ok(title.startsWith('</script><script>window.owned=1</script>'), title);
    await page.close();
  });

  it('is read by machines that read pages aloud', async () => {
    const page = await assertSound(realRun());
    const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
    assert.match(tree, /Worker CPU over consumers\. worker: /);
    for (const role of ['columnheader', 'rowheader', 'image']) assert.ok(tree.includes(`"${role}"`), role);
    await page.close();
  });

  it('prints', async () => {
    const page = await assertSound(realRun(), { theme: 'dark' });
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    assert.ok(pdf.byteLength > 50_000);
    await page.close();
  });
});
