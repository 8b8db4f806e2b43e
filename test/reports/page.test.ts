/** The page as text: what stands where, and that nothing of a record can become markup. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredRun } from '../../harness/store.ts';
import { figureNames } from '../../reports/figure-names.ts';
import { bytes, elapsed, fixed, missing, percent, plural, whole } from '../../reports/format.ts';
import { html, jsonText, scriptText } from '../../reports/page/markup.ts';
import { runPage } from '../../reports/page.ts';
import { plain, table } from '../../reports/text.ts';
import { judgedRun, nasty, nastyRun, realRun, storedRuns } from './stored-runs.ts';

const library = 'window.Chart = "</script><!-- of the library";';

function page(run: StoredRun): string {
  return runPage(run, library);
}

/** What a reader sees of a piece of the page. */
function seen(markup: string): string {
  return markup
    .replaceAll(/<span class="heard">[^<]*<\/span>/g, '')
    .replaceAll(/<(td|th)/g, ' <$1')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** What the page says of clocks. */
function clocks(run: StoredRun): string {
  return /clocks ?(shared|not shared)/.exec(seen(page(run)))?.[1] ?? '';
}

/** What stands above the first section. */
function top(state: string): string {
  return seen(page(storedRuns[state]?.() ?? realRun()).split('<h2')[0] ?? '');
}

describe('the page', () => {
  it('says state and verdict first, then trials, warnings, charts, evidence, manifest', () => {
    const text = page(realRun());
    const order = [
      '<h1>',
      'verdict',
      'class="headline"',
      '>Trials<',
      '>Warnings<',
      '<canvas',
      '>Every packet',
      '>Events<',
      '>What this holds for<',
      'The scenario, as resolved',
    ];
    const places = order.map((piece) => text.indexOf(piece));
    assert.ok(!places.includes(-1), String(places));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('has the terminal’s table, cell for cell', () => {
    for (const run of [realRun(), storedRuns['without a control endpoint']?.() ?? realRun()]) {
      const body = /<table class="trials"[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page(run))?.[1] ?? '';
      const rows = body.trim().split('\n').map(seen);
      const expected = table(run.record.trials, plain).slice(1);
      assert.equal(rows.length, expected.length);
      for (const [index, row] of rows.entries()) {
        const cells = row.replace(/^[●✕△◇]\s*/, '').replaceAll(',', '');
        const told = (expected[index] ?? '').replaceAll(',', '').replaceAll(/\s+/g, ' ').trim();
        assert.equal(
          cells.replace(/(good|bad|unsettled|invalid).*$/, '$1'),
          told.replace(/(good|bad|unsettled|invalid):.*$/, '$1'),
        );
      }
    }
  });

  it('has a row for each threshold, and no table where none was set', () => {
    const rows = /<table class="thresholds">[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page(judgedRun()))?.[1];
    assert.deepEqual(rows?.split('</tr>').map(seen).filter(Boolean), [
      'first_media_ms p(95)&lt;1000 612.4 ms ✓ pass',
      'rtp_loss_ratio{kind:video} rate&lt;0.0001 4.57e-4; ended the run ✕ fail',
      'rtp_one_way_ms max&lt;50 nothing was measured ? inconclusive',
    ]);
    assert.doesNotMatch(page(realRun()), /class="thresholds"/);
  });

  it('shows what was not measured as such, never as 0', () => {
    const text = page(storedRuns['without a control endpoint']?.() ?? realRun());
    assert.match(text, /class="heard">not measured</);
    assert.match(text, /Not measured: Worker CPU over consumers/);
    assert.match(text, /Not measured: it takes both sides/);
  });

  it('says at the top how a run ended that did not end by itself', () => {
    assert.match(top('running'), /not finished.*process was killed/);
    assert.match(top('interrupted'), /interrupted.*finished before/);
    assert.match(top('failed'), /failed.*worker 0 died/);
    assert.match(top('without a trial'), /nobody answers.*start the node.*Nothing was held long enough/);
    assert.match(top('completed'), /5 trials: 3 good, 2 invalid\..*6 peers.*no capacity follows/);
  });

  it('names versions, binary, machine, cores, hash, seed and limits', () => {
    const { record } = realRun();
    const text = seen(page(realRun()).split('>What this holds for<')[1] ?? '');
    const { manifest, scenarioHash } = record;
    for (const piece of [
      manifest.node?.workerBinary.sha256 ?? '?',
      manifest.node?.workerBinary.kind ?? '?',
      manifest.machine.kernel,
      manifest.machine.cpuModel,
      'SFU core 0; generator core 1',
      scenarioHash,
      'at most 80 % of its cores',
    ]) {
      assert.ok(text.includes(piece), piece);
    }
  });

  it('says whether the clocks of SFU and bots compare', () => {
    assert.equal(clocks(realRun()), 'shared');
    assert.equal(clocks(storedRuns['without a control endpoint']?.() ?? realRun()), 'not shared');
  });

  it('names nothing outside of itself', () => {
    const text = page(realRun());
    assert.doesNotMatch(text, /(src|href)="(?!data:,)/);
    assert.doesNotMatch(text, /@import|url\(/);
  });

  it('describes every chart to whoever does not see it', () => {
    const canvases = page(realRun()).match(/<canvas[^>]*>/g) ?? [];
    assert.equal(canvases.length, 16);
    for (const canvas of canvases) assert.match(canvas, /role="img" aria-label="[^"]{20,}"/);
  });
});

describe('a nasty record', () => {
  it('becomes text, wherever a string comes from outside', () => {
    const text = page(nastyRun());
    assert.ok(!text.includes(nasty));
    assert.equal(text.match(/<script/g)?.length, 3);
    assert.equal(text.match(/<\/script>/g)?.length, 3);
    assert.ok(!text.includes('<!--') && !text.includes('<img'));
    assert.ok((text.match(/&lt;\/script&gt;/g)?.length ?? 0) > 20);
  });
});

describe('markup', () => {
  it('escapes text and attributes, and keeps what is markup', () => {
    const inner = html`<b>${'<&>'}</b>`;
    assert.equal(
      html`<p title="${'"\'&'}">${[inner, 'x', 1, null]}</p>`.markup,
      '<p title="&quot;&#39;&amp;"><b>&lt;&amp;&gt;</b>x1</p>',
    );
  });

  it('keeps JSON readable, and code in one element', () => {
    assert.deepEqual(JSON.parse(jsonText({ a: nasty }).markup), { a: nasty });
    assert.doesNotMatch(jsonText({ a: nasty }).markup, /[<>&\u2028]/);
    assert.equal(scriptText('"</SCRIPT><!--"').markup, String.raw`"\x3c/SCRIPT>\x3c!--"`);
  });
});

describe('formats', () => {
  it('read null, undefined and NaN as missing', () => {
    for (const value of [null, undefined, Number.NaN]) {
      for (const text of [whole(value), fixed(value, 1), percent(value, 1), bytes(value), elapsed(value)]) {
        assert.equal(text, missing);
      }
      for (const { text } of Object.values(figureNames)) assert.equal(text(value), missing);
    }
  });

  it('read as people write them', () => {
    assert.deepEqual(
      [
        whole(1234.4),
        percent(0.1234, 1),
        bytes(0),
        bytes(1536),
        bytes(2 ** 30),
        elapsed(65_000),
        elapsed(3_725_000),
        plural(1, 'room'),
        plural(2, 'room'),
      ],
      ['1,234', '12.3 %', '0 B', '1.5 KiB', '1.0 GiB', '1:05', '1:02:05', '1 room', '2 rooms'],
    );
  });
});
