/** The result as text: all of it where there is room, and never a broken line where there is less. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { statusLine } from '../../harness/commands/terminal.ts';
import { plain, runText } from '../../reports/text.ts';
import { judgedRun, realRun } from './stored-runs.ts';

function text(columns: number | null): string {
  return runText(realRun().record, '/runs/one', plain, columns);
}

describe('the text of a run', () => {
  it('has every column, and one line for each trial, where nothing limits it', () => {
    const lines = text(null).split('\n');
    assert.match(text(null), /level {2}rooms {2}peers .* fps {2}broken {2}generator {2}trial/);
    assert.equal(lines.filter((line) => /^ +\d+ .*(good|invalid)/.test(line)).length, 5);
    assert.ok(
      lines.some((line) => / 8 .*invalid: generator at 82\.4 % of its cores \(limit 80\.0 %\)$/.test(line)),
    );
  });

  for (const columns of [60, 80, 100, 120]) {
    it(`fits ${columns} columns, and loses no reason, warning or word`, () => {
      const shown = text(columns);
      for (const line of shown.split('\n')) assert.ok(line.length <= columns, `${line.length}: ${line}`);
      const words = shown.replaceAll(/\s+/g, ' ');
      assert.equal(words.match(/generator at 82\.4 % of its cores \(limit 80\.0 %\)/g)?.length, 2);
      assert.match(words, /give the generator more cores, or lower the level or the size of the video/);
      assert.match(shown, /level .*µs\/packet .*trial/);
      const left = /too narrow for: (.*); the report has all/.exec(words)?.[1]?.split(', ') ?? [];
      for (const head of ['rooms', 'peers', 'consumers', 'join p95', 'generator']) {
        const header = shown.split('\n').find((line) => line.endsWith('trial')) ?? '';
        assert.equal(header.includes(head), !left.includes(head), head);
      }
    });
  }
});

it('says of each threshold what it asked, what was measured, and how it ended', () => {
  const lines = runText(judgedRun().record, '/runs/one', plain, null).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('limit')),
    [
      'limit   ✓ first_media_ms p(95)<1000: 612.4 ms',
      'limit   ✕ rtp_loss_ratio{kind:video} rate<0.0001: 4.57e-4; ended the run',
      'limit   ? rtp_one_way_ms max<50: nothing was measured',
    ],
  );
});

it('the live line breaks between its parts', () => {
  const status = { phase: 'settle', level: 2, elapsedMs: 4000, leftMs: 33_000, peers: 2, peersAsked: 2 };
  const figures = {
    consumers: 4,
    hottestWorkerCpuCores: 0.033,
    packetsPerSecond: 139,
    fps: 15.2,
    failures: 0,
  };
  const whole = statusLine({ ...status, ...figures }, null);
  assert.match(whole, /^settle level 2 · 2\/2 peers · 4 consumers · .* · 0:04 \+ 0:33 left$/);
  const lines = statusLine({ ...status, ...figures }, 80).split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) assert.ok(line.length < 80);
  assert.equal(lines.map((line) => line.trim()).join(' · '), whole);
});

it('names a level once as without violations, and only where none of its trials had any', () => {
  const [first] = realRun().record.trials;
  assert.ok(first !== undefined);
  const trials = [40, 18, 40, 41, 41, 52].map((level, at) => ({
    ...first,
    level,
    state: 'good' as const,
    figures: { ...first.figures, violationWindows: 100, violationRatio: at >= 4 ? 0.5 : 0 },
  }));
  const shown = runText({ ...realRun().record, trials }, '/runs/one', plain, null);
  assert.match(
    shown,
    /^quality broken in at most 50\.00 % of a trial’s windows, not at levels 18, 40 \(NQR\); 600 /m,
  );
});
