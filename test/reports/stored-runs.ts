/** Stored runs to make reports of: a real one, and what could have become of it. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord, TrialFigures, TrialRecord } from '../../harness/record.ts';
import { readRun, type StoredRun } from '../../harness/store.ts';
import { root } from '../support/sources.ts';

/** A staircase on two cores, as it was stored; the generator was the limit at its last two levels. */
export const fixture: string = join(root, 'test', 'reports', 'fixtures', 'stairs');

export function realRun(): StoredRun {
  return readRun(fixture);
}

type Changed<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export function changed(change: (record: Changed<RunRecord>) => void): StoredRun {
  const run = structuredClone(realRun());
  change(run.record);
  return run;
}

/** The trial at this place with other figures. */
export function withFigures(trial: TrialRecord | undefined, figures: Partial<TrialFigures>): TrialRecord {
  if (trial === undefined) throw new Error('there is no such trial');
  return { ...trial, figures: { ...trial.figures, ...figures } };
}

const noWorkerFigures: Partial<TrialFigures> = {
  rooms: null,
  peers: null,
  transports: null,
  producers: null,
  consumers: null,
  packetsInPerSecond: null,
  packetsOutPerSecond: null,
  bitrateOutBps: null,
  hottestWorkerCpuCores: null,
  workerFullestCpuCores: null,
  workerCoreSpeed: null,
  workerCoreSpeedAtStart: null,
  workerCoreSpeedMeasured: null,
  workerCpuCores: null,
  workerUsPerPacket: null,
  workerRssBytes: null,
  workerLoopLagP95Ms: null,
  workerPreemptions: null,
};

function withoutControl(): StoredRun {
  const run = changed((record) => {
    record.trials.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...record.trials.map((trial) => withFigures(trial, noWorkerFigures)),
    );
    record.manifest = {
      ...record.manifest,
      node: null,
      clocks: 'not shared',
      versions: { ...record.manifest.versions, mediasoup: null },
      target: { kind: 'mediasoup-demo', embedded: false, signalingUrl: 'wss://sfu.example:4443/' },
    };
    record.accounting = null;
  });
  return { ...run, samples: run.samples.filter(({ e }) => !e.startsWith('worker:')) };
}

function begun(): StoredRun {
  const run = changed((record) => {
    Object.assign(record, {
      state: 'running',
      verdict: null,
      exitCode: null,
      endedAt: null,
      durationMs: null,
    });
    Object.assign(record, { summary: null, accounting: null, trials: record.trials.slice(0, 2) });
  });
  return { ...run, samples: run.samples.filter(({ t }) => t < 40_000) };
}

function nothingMeasured(): StoredRun {
  const run = changed((record) => {
    Object.assign(record, {
      state: 'failed',
      verdict: 'inconclusive',
      exitCode: 122,
      trials: [],
      accounting: null,
    });
    record.failure = {
      code: 'TARGET_UNREACHABLE',
      message: 'nobody answers at wss://sfu.example:4443/',
      field: 'target.url',
      value: 'wss://sfu.example:4443/',
      hint: 'start the node',
    };
  });
  return { ...run, samples: [], events: [] };
}

/** What ends a script, a comment, an attribute or a template, wherever a string comes from outside. */
export const nasty = `</script><script>window.owned=1</script><!--"'\`\${window.owned=1}&lt;<img src=x onerror=window.owned=1>]]>\u2028`;

export function nastyRun(): StoredRun {
  const run = changed((record) => {
    Object.assign(record, { name: nasty, id: nasty });
    record.trials.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...record.trials.map((trial, index) => ({ ...trial, group: `${nasty}${index % 2}`, reasons: [nasty] })),
    );
    record.warnings.push({ message: nasty, advice: nasty });
    record.thresholds = [
      {
        metric: nasty,
        expression: nasty,
        state: 'inconclusive',
        observed: null,
        reason: nasty,
        aborted: false,
      },
    ];
    record.failure = { code: nasty, message: nasty, file: nasty, field: nasty, value: nasty, hint: nasty };
    record.manifest = {
      ...record.manifest,
      versions: { sfubench: nasty, node: nasty, browser: nasty, mediasoup: nasty },
      target: { kind: nasty, embedded: false, signalingUrl: nasty },
      machine: { ...record.manifest.machine, hostname: nasty, cpuModel: nasty, kernel: nasty },
      shared: [nasty],
    };
    Object.assign(record.scenario, { name: nasty, file: nasty, tags: { [nasty]: nasty } });
  });
  return {
    ...run,
    events: [
      ...run.events,
      { t: 1, event: 'node-died', message: nasty },
      { t: 2, event: 'run-warning', message: nasty },
    ],
  };
}

/** Limits that were met, missed, and had nothing to be held against. */
export function judgedRun(): StoredRun {
  const met = { metric: 'first_media_ms', expression: 'p(95)<1000', state: 'pass', observed: 612.4 } as const;
  const missed = { metric: 'rtp_loss_ratio{kind:video}', expression: 'rate<0.0001', state: 'fail' } as const;
  const empty = { metric: 'rtp_one_way_ms', expression: 'max<50', state: 'inconclusive' } as const;
  return changed((record) => {
    Object.assign(record, { verdict: 'fail', exitCode: 99 });
    record.thresholds = [
      { ...met, reason: null, aborted: false },
      { ...missed, observed: 0.000_456_7, reason: null, aborted: true },
      { ...empty, observed: null, reason: 'nothing was measured', aborted: false },
    ];
  });
}

/** Every state that a run directory can be found in. */
export const storedRuns: Readonly<Record<string, () => StoredRun>> = {
  completed: realRun,
  failed: () =>
    changed((record) => {
      Object.assign(record, { state: 'failed', verdict: 'inconclusive', exitCode: 122 });
      record.failure = { code: 'TARGET_DIED', message: 'worker 0 died' };
    }),
  interrupted: () =>
    changed((record) => {
      Object.assign(record, { state: 'interrupted', verdict: 'inconclusive', exitCode: 105 });
    }),
  running: begun,
  judged: judgedRun,
  'without a trial': nothingMeasured,
  'without a control endpoint': withoutControl,
};

export interface Folder {
  readonly path: string;
  /** A directory as the run would have left it. */
  store(run: StoredRun): string;
  close(): void;
}

function lines(all: readonly object[]): string {
  return all.map((line) => `${JSON.stringify(line)}\n`).join('');
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'sfubench-report-'));
  let directories = 0;
  return {
    path,
    store: ({ record, samples, events }) => {
      directories += 1;
      const directory = join(path, `run-${directories}`);
      cpSync(fixture, directory, { recursive: true });
      writeFileSync(join(directory, 'run.json'), JSON.stringify(record));
      writeFileSync(join(directory, 'samples.ndjson'), lines(samples));
      writeFileSync(join(directory, 'events.ndjson'), lines(events));
      return directory;
    },
    close: () => rmSync(path, { recursive: true, force: true }),
  };
}
