/** The top of the page: how the run ended, what it says in one sentence, and the figures at the highest good level. */
import type { RunRecord, RunState, TrialRecord, TrialState, Verdict } from '../../harness/record.ts';
import { capacitySentence } from '../capacity.ts';
import { elapsed, fixed, megabits, percent, plural, whole, withUnit } from '../format.ts';
import { heading } from '../text.ts';
import { observedText } from '../thresholds.ts';
import { html, type Markup } from './markup.ts';
import { cellText } from './trials.ts';

type Tone = 'good' | 'bad' | 'warn' | 'calm';

interface Word {
  readonly tone: Tone;
  readonly mark: string;
  readonly text: string;
}

const states: Readonly<Record<RunState, Word>> = {
  completed: { tone: 'good', mark: '✓', text: 'completed' },
  interrupted: { tone: 'warn', mark: '!', text: 'interrupted' },
  failed: { tone: 'bad', mark: '✕', text: 'failed' },
  running: { tone: 'warn', mark: '…', text: 'not finished' },
};

const verdicts: Readonly<Record<Verdict, Word>> = {
  pass: { tone: 'good', mark: '✓', text: 'pass' },
  fail: { tone: 'bad', mark: '✕', text: 'fail' },
  inconclusive: { tone: 'warn', mark: '?', text: 'inconclusive' },
  invalid: { tone: 'warn', mark: '◇', text: 'invalid' },
};

const notJudged: Word = { tone: 'calm', mark: '·', text: 'not judged: no thresholds were set' };

export function verdictSection(record: RunRecord): Markup {
  const verdict = record.verdict === null ? notJudged : verdicts[record.verdict];
  return html`<header>
<h1>${record.name}</h1>
<p class="under">${heading(record).slice(record.name.length).replace(/^ · /, '')}</p>
<p class="words"><span class="label">run</span> ${badge(states[record.state])} <span class="label">verdict</span> ${badge(verdict)}</p>
${ending(record)}
<p class="headline">${headline(record)}</p>
${thresholds(record)}
${keyFigures(record)}
<p class="when">${when(record)}</p>
</header>`;
}

function thresholds(record: RunRecord): Markup | null {
  const { thresholds: all = [] } = record;
  if (all.length === 0) return null;
  return html`<div class="scroll" role="region" aria-label="Thresholds" tabindex="0"><table class="thresholds"><thead><tr><th scope="col">threshold</th><th scope="col">limit</th><th scope="col">measured</th><th scope="col">result</th></tr></thead>
<tbody>${all.map((one) => html`<tr><th scope="row"><code>${one.metric}</code></th><td><code>${one.expression}</code></td><td>${observedText(one, record)}</td><td>${badge(verdicts[one.state])}</td></tr>`)}</tbody></table></div>`;
}

function badge({ tone, mark, text }: Word): Markup {
  return html`<strong class="badge ${tone}"><span aria-hidden="true">${mark}</span> ${text}</strong>`;
}

/** What ended a run that did not end by itself; said first. */
function ending({ state, failure }: RunRecord): Markup | null {
  const story: Partial<Record<RunState, string>> = {
    interrupted: 'The run was interrupted. What follows holds what was finished before.',
    running:
      'The record still says that the run is going on. Either it is, or its process was killed: what follows holds what was stored up to then.',
  };
  const told = story[state];
  if (failure === null) return told === undefined ? null : html`<div class="note warn"><p>${told}</p></div>`;
  const { code, message, file, field, value, hint } = failure;
  const places: readonly (readonly [string, string | undefined])[] = [
    ['code', code],
    ['file', file],
    ['field', field],
    ['value', value === undefined ? undefined : JSON.stringify(value)],
  ];
  return html`<div class="note bad">${told === undefined ? null : html`<p>${told}</p>`}
<p><strong>${message}</strong></p>
${hint === undefined ? null : html`<p>What to do: ${hint}</p>`}
<p class="places">${places.map(([name, text]) => (text === undefined ? null : html`<span>${name} <code>${text}</code></span> `))}</p></div>`;
}

function count(trials: readonly TrialRecord[], state: TrialState): number {
  return trials.filter((trial) => trial.state === state).length;
}

function headline({ trials, state, search }: RunRecord): string {
  if (search !== undefined) return `Capacity: ${capacitySentence(search)}.`;
  if (trials.length === 0) {
    return state === 'running'
      ? 'No level has been measured yet.'
      : 'Nothing was held long enough to be measured.';
  }
  const kinds = (['good', 'bad', 'unsettled', 'invalid'] as const)
    .map((kind) => ({ kind, n: count(trials, kind) }))
    .filter(({ n }) => n > 0)
    .map(({ kind, n }) => `${n} ${kind}`);
  const sentences = [`${plural(trials.length, 'trial')}: ${kinds.join(', ')}.`, ...bounds(trials)];
  if (count(trials, 'invalid') > 0) {
    sentences.push(
      'In an invalid trial the generator was the limit, or the machine was disturbed: it says nothing about the SFU.',
    );
  }
  return sentences.join(' ');
}

/** A highest good level is no capacity: nobody searched for one. */
function bounds(trials: readonly TrialRecord[]): string[] {
  const best = highestGood(trials);
  const worst = lowest(trials.filter(({ state }) => state === 'bad'));
  if (best !== null && worst !== null) {
    return [`The highest level measured good is ${level(best)}, the lowest measured bad ${level(worst)}.`];
  }
  if (best !== null) {
    return [
      `The highest level measured good is ${level(best)}; none was measured bad, so no capacity follows from this run.`,
    ];
  }
  return worst === null ? [] : [`No level was measured good; the lowest measured bad is ${level(worst)}.`];
}

function level(trial: TrialRecord): string {
  if (trial.levelUnit === 'sessions/s') return `${trial.level} sessions/s`;
  return plural(trial.level, trial.levelUnit === 'rooms' ? 'room' : 'peer');
}

function highestGood(trials: readonly TrialRecord[]): TrialRecord | null {
  const good = trials.filter(({ state }) => state === 'good');
  return good.reduce<TrialRecord | null>(
    (best, trial) => (trial.level > (best?.level ?? -1) ? trial : best),
    null,
  );
}

function lowest(trials: readonly TrialRecord[]): TrialRecord | null {
  return trials.reduce<TrialRecord | null>(
    (least, trial) => (least === null || trial.level < least.level ? trial : least),
    null,
  );
}

function keyFigures({ trials, search }: RunRecord): Markup | null {
  const lower = search?.result.bounds.lower ?? null;
  const trial = highestGood(lower === null ? trials : trials.filter(({ level }) => level === lower));
  if (trial === null) return null;
  const { figures } = trial;
  const items: readonly (readonly [string, string])[] = [
    ['consumers', whole(figures.consumers)],
    ['transports', whole(figures.transports)],
    ['packets/s', whole(figures.packetsOutPerSecond)],
    ['bitrate', megabits(figures.bitrateOutBps)],
    ['worker CPU', percent(figures.hottestWorkerCpuCores, 1)],
    ['CPU per packet', withUnit(figures.workerUsPerPacket, 1, 'µs')],
    ['join p95', withUnit(figures.joinP95Ms, 0, 'ms')],
    ['first media p95', withUnit(figures.firstMediaP95Ms, 0, 'ms')],
    ...((figures.oneWayP99Ms ?? null) === null
      ? []
      : [['one way p99', withUnit(figures.oneWayP99Ms, 1, 'ms')] as const]),
    ['loss', percent(figures.lossRatio, 2)],
    ['fps', fixed(figures.fpsMedian, 1)],
  ];
  const words = lower === null ? 'the highest measured good' : 'the lower bound of the capacity';
  return html`<section aria-label="${`At ${words}`}"><p class="label">at level ${trial.level}, ${words}</p>
<dl class="keys">${items.map(([name, text]) => html`<div><dt>${name}</dt><dd>${cellText(text)}</dd></div>`)}</dl></section>`;
}

function when({ id, startedAt, durationMs, exitCode }: RunRecord): string {
  const started = startedAt.slice(0, 19).replace('T', ' ');
  return [
    id,
    `started ${started} UTC`,
    ...(durationMs === null ? [] : [`took ${elapsed(durationMs)}`]),
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
  ].join(' · ');
}
