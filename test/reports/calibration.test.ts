/** A calibration: from blocks to factors, from factors to the words of a report, from a machine to its file and back. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { wakeOrder } from '../../harness/calibrate.ts';
import {
  type Calibration,
  type CalibrationBlock,
  type CalibrationSummary,
  type Turn,
  type TurnFigures,
  wakes,
} from '../../harness/calibration.ts';
import { calibrationScenario } from '../../harness/calibration-scenario.ts';
import { turnMs } from '../../harness/calibration-turns.ts';
import { calibrationTable } from '../../harness/commands/calibrate.ts';
import {
  calibrationFile,
  calibrationFor,
  keepFact,
  machineKey,
  readCalibration,
} from '../../harness/machine-facts.ts';
import type { Manifest } from '../../harness/record.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { StoredRun } from '../../harness/store.ts';
import { armMeans, calibrationFactor, unlikeness } from '../../reports/analysis/calibration.ts';
import { calibrationText, factorText } from '../../reports/calibration.ts';
import { runPage } from '../../reports/page.ts';
import { plain, runText } from '../../reports/text.ts';
import { changed } from './stored-runs.ts';

function figures(workerUsPerPacket: number, more: Partial<TurnFigures> = {}): TurnFigures {
  return {
    workerUsPerPacket,
    packetsPerSecond: 450,
    workerCpuCores: 0.03,
    generatorCpuCores: 0.4,
    ...more,
  };
}

/** Nine turns, Chrome's first; every one costs what its side does. */
function turnsOf(chrome: number, synthetic: number): readonly Turn[] {
  return Array.from({ length: 9 }, (_, at): Turn => {
    const side = at % 2 === 0 ? 'chrome' : 'synthetic';
    return { number: 100 + at, side, ...figures(side === 'chrome' ? chrome : synthetic) };
  });
}

/** µs per packet of Chrome, wake packet and wake batch. */
function block(chrome: number, packet: number, batch: number): CalibrationBlock {
  return {
    order: ['batch', 'packet'],
    turns: { packet: turnsOf(chrome, packet), batch: turnsOf(chrome, batch) },
  };
}

const six = [1.02, 1.05, 1.01, 1.08, 1.03, 1.04].map((ratio) => block(50 * ratio, 50, 40));
const key = { ...machineKey(), mediasoup: '3.27.1', workerSha256: 'ab', browser: 'Chromium 1' };

function calibrationOf(blocks: readonly CalibrationBlock[]): Calibration {
  return {
    schemaVersion: 1,
    measuredAt: '2026-11-25T04:00:00.000Z',
    key,
    conditions: {
      publishers: 2,
      consumers: 2,
      video: { width: 640, height: 360, fps: 30, maxBitrateBps: 500_000 },
      settleMs: 12_000,
      holdMs: 66_000,
      turnMs,
      leadMs: 2_000,
    },
    factors: { packet: calibrationFactor(blocks, 'packet'), batch: calibrationFactor(blocks, 'batch') },
    arms: {
      chrome: armMeans(blocks, 'chrome'),
      packet: armMeans(blocks, 'packet'),
      batch: armMeans(blocks, 'batch'),
    },
    repeated: 1,
    givenUp: 0,
    blocks,
  };
}

describe('the factor', () => {
  it('is the median of the paired ratios, with their interval', () => {
    const { factor, low, high, blocks } = calibrationFactor(six, 'packet');
    ok(Math.abs(factor - 1.035) < 0.005, String(factor));
    ok(Math.abs((low ?? 0) - 1.01) < 1e-9 && Math.abs((high ?? 0) - 1.08) < 1e-9);
    equal(blocks, 6);
    ok(Math.abs(calibrationFactor(six, 'batch').factor / factor - 50 / 40) < 1e-9);
  });

  it('does not move with the machine from block to block, as ratios of means do', () => {
    const drifting = six.map(({ order, turns }, at) => {
      const slow = (turn: Turn): Turn => ({ ...turn, workerUsPerPacket: turn.workerUsPerPacket * (1 + at) });
      return { order, turns: { packet: turns.packet.map(slow), batch: turns.batch.map(slow) } };
    });
    const [still, moved] = [calibrationFactor(six, 'packet'), calibrationFactor(drifting, 'packet')];
    ok(Math.abs(still.factor - moved.factor) < 1e-9);
  });

  it('has no interval with fewer than six blocks, and says so', () => {
    const few = calibrationFactor(six.slice(0, 5), 'packet');
    deepEqual([few.low, few.high, few.coverage], [null, null, null]);
    match(factorText(few), /^1\.0\d × \(5 blocks: too few for an interval\)$/);
    equal(factorText({ ...few, factor: 1.044, low: 0.991, high: 1.092 }), '1.04 × [0.99, 1.09]');
  });

  it('names arms that were not under the same load', () => {
    const means = { chrome: figures(50), packet: figures(50), batch: figures(50) };
    deepEqual(unlikeness(means), []);
    const [much, little] = [500, 442].map((packetsPerSecond) => figures(50, { packetsPerSecond }));
    ok(much !== undefined && little !== undefined);
    deepEqual(unlikeness({ ...means, packet: much }), [
      'wake packet: 111.1 % of the packets/s that Chrome got',
    ]);
    deepEqual(unlikeness({ ...means, packet: little }), []);
  });

  it('has means of Chrome over the runs of either waking', () => {
    const blocks = [{ ...block(50, 40, 30), turns: { packet: turnsOf(50, 40), batch: turnsOf(70, 30) } }];
    deepEqual(
      (['chrome', 'packet', 'batch'] as const).map((arm) => armMeans(blocks, arm).workerUsPerPacket),
      [60, 40, 30],
    );
  });
});

describe('the order of the runs', () => {
  it('is the seed’s, and either comes first as often', () => {
    let packetFirst = 0;
    for (let seed = 1; seed <= 600; seed += 1) {
      const order = wakeOrder(seed, seed % 7);
      deepEqual(order, wakeOrder(seed, seed % 7));
      deepEqual(order.toSorted(), wakes.toSorted());
      if (order[0] === 'packet') packetFirst += 1;
    }
    // 300 are expected; 5 standard deviations are 61.
    ok(packetFirst > 239 && packetFirst < 361, String(packetFirst));
  });
});

describe('the load of a run', () => {
  it('has both sides in the publishers’ room, and differs by nothing but how synthetic bots are woken', () => {
    const { conditions } = calibrationOf(six);
    const [packet, batch] = wakes.map((wake) => calibrationScenario(wake, conditions, 1));
    ok(packet !== undefined && batch !== undefined);
    deepEqual(batch.groups, packet.groups);
    deepEqual([packet.synthetic.wake, batch.synthetic.wake], ['packet', 'batch']);
    deepEqual({ ...batch.synthetic, wake: 'packet' }, packet.synthetic);
    deepEqual(
      packet.groups.map(({ name, bot, joins, exec }) => [name, bot, joins, exec]),
      [
        ['publishers', 'synthetic', null, null],
        ['chrome', 'chrome', 'publishers', 'chrome'],
        ['synthetic', 'synthetic', 'publishers', 'synthetic'],
      ],
    );
    equal(packet.synthetic.feedback, 'chrome');
  });
});

describe('what is kept of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-facts-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { XDG_CACHE_HOME: folder };
  const manifest = {
    packets: 'udp linux',
    target: { kind: 'mediasoup', embedded: true, signalingUrl: '' },
    versions: { sfubench: '0', node: '0', browser: null, mediasoup: '3.27.1' },
    node: { workerBinary: { sha256: 'ab' } },
  } as unknown as Manifest;

  it('is found by runs on the same machine, worker and Chrome, and by no others', () => {
    const file = calibrationFile(key, env);
    equal(calibrationFor(manifest, env), null);
    keepFact(file, calibrationOf(six));
    equal(readCalibration(file)?.blocks.length, 6);
    const found = calibrationFor(manifest, env);
    ok(found !== null && !('blocks' in found));
    equal(found.factors.packet.blocks, 6);
    const { versions, target } = manifest;
    const browser = (name: string): Manifest => ({ ...manifest, versions: { ...versions, browser: name } });
    notEqual(calibrationFor(browser('Chromium 1'), env), null);
    const strangers: Manifest[] = [
      browser('Chromium 2'),
      { ...manifest, packets: null },
      { ...manifest, target: { ...target, embedded: false } },
      { ...manifest, versions: { ...versions, mediasoup: '3.28.0' } },
      { ...manifest, node: null },
    ];
    for (const stranger of strangers) equal(calibrationFor(stranger, env), null);
  });

  it('is as good as not there when it cannot be read', () => {
    const file = calibrationFile({ ...key, mediasoup: 'torn' }, env);
    mkdirSync(dirname(file), { recursive: true });
    for (const text of [
      '',
      '{"schemaVersion":1',
      'null',
      '{"schemaVersion":2}',
      '{"schemaVersion":1,"blocks":[]}',
    ]) {
      writeFileSync(file, text);
      equal(readCalibration(file), null, text);
    }
  });
});

function run(bot: 'synthetic' | 'chrome', calibration: CalibrationSummary | null): StoredRun {
  return changed((record) => {
    const groups = record.scenario.groups.map((group) => ({ ...group, bot }));
    record.scenario = { ...record.scenario, groups, synthetic: { wake: 'packet' } } as unknown as Scenario;
    record.manifest = { ...record.manifest, calibration };
  });
}

describe('a calibration in reports', () => {
  const { blocks: _blocks, schemaVersion: _version, ...summary } = calibrationOf(six);
  const words =
    /calibrated: Chrome costs this worker 1\.0\d × \[1\.01, 1\.08\] what synthetic bots \(wake packet\) do, at 450 packets\/s, worker at 3\.0 %, measured 2026-11-25/;

  it('is named in text and page of a run with synthetic bots', () => {
    const stored = run('synthetic', summary);
    match(calibrationText(stored.record) ?? '', words);
    match(runText(stored.record, '/runs/a', plain), words);
    match(runPage(stored, ''), words);
  });

  it('is not named without synthetic bots, or without one', () => {
    equal(calibrationText(run('chrome', summary).record), null);
    equal(calibrationText(run('synthetic', null).record), null);
    // As it is in records of before.
    equal(calibrationText(changed(() => undefined).record), null);
  });

  it('is a table for a terminal', () => {
    const text = calibrationTable(calibrationOf(six), 'kept  /cache/a.json');
    match(text, /Chrome +450 +3\.00 % +51\.9 +40 %/);
    match(text, /wake packet {2}1\.0\d × \[1\.01, 1\.08\] \(interval 96\.9 %\)/);
    match(text, /1 run measured again, 0 blocks given up\nkept {2}\/cache\/a\.json\n/);
  });
});
