import assert from 'node:assert/strict';
import fs, {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { constants, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { BenchError } from '../harness/errors.ts';
import type { RunRecord, Sample } from '../harness/record.ts';
import { type RawReading, RunWriter, readRun } from '../harness/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'sfubench-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

function fresh(): string {
  count += 1;
  return join(folder, 'deep', String(count));
}

function record(state: RunRecord['state']): RunRecord {
  return { schemaVersion: 1, id: 'x', state, trials: [] } as unknown as RunRecord;
}

const sample: Sample = { t: 1000, e: 'worker:0', s: 0, v: { worker_cpu_cores: 0.5, worker_rss_bytes: null } };

describe('the run directory', () => {
  it('is refused on a file system that makes no folders', () => {
    assert.throws(() => RunWriter.create('/proc/self/nowhere/run'), { code: 'DIRECTORY_NOT_WRITABLE' });
  });

  it('is readable after a disk that was full for a while: what was being written is all that is lost', () => {
    const directory = fresh();
    const writer = RunWriter.create(directory);
    writer.samples([sample]);
    const { writeSync } = fs;
    fs.writeSync = ((file: number, bytes: Uint8Array) => {
      writeSync(file, bytes, 0, 7);
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    }) as unknown as typeof writeSync;
    syncBuiltinESMExports();
    try {
      assert.throws(() => writer.samples([{ ...sample, t: 2000 }]), { code: 'DISK_FULL' });
    } finally {
      fs.writeSync = writeSync;
      syncBuiltinESMExports();
    }
    // There is space again.
    writer.samples([{ ...sample, t: 3000 }]);
    writer.event({ t: 5, event: 'run-warning', message: 'still there' });
    writer.record(record('failed'));
    writer.close();
    const run = readRun(directory);
    assert.deepEqual(run.samples, [sample]);
    assert.equal(run.events.length, 1);
  });

  it('reads back what was written, missing values as null', () => {
    const directory = fresh();
    const writer = RunWriter.create(directory);
    writer.record(record('running'));
    writer.samples([sample, { ...sample, t: 2000 }]);
    writer.event({ t: 5, event: 'run-warning', message: 'ü\n"' });
    writer.record(record('completed'));
    writer.close();
    writer.close();
    const run = readRun(directory);
    assert.equal(run.record.state, 'completed');
    assert.deepEqual(run.samples, [sample, { ...sample, t: 2000 }]);
    assert.deepEqual(run.events, [{ t: 5, event: 'run-warning', message: 'ü\n"' }]);
    assert.deepEqual(readdirSync(directory).toSorted(), ['events.ndjson', 'run.json', 'samples.ndjson']);
  });

  it('never writes over a directory that exists', () => {
    const directory = fresh();
    RunWriter.create(directory).close();
    assert.throws(
      () => RunWriter.create(directory),
      (error: BenchError) => {
        assert.equal(error.code, 'DIRECTORY_NOT_WRITABLE');
        assert.equal(error.exitCode, 123);
        assert.match(error.message, /exists already/);
        assert.match(error.detail.hint ?? '', /--dir/);
        return true;
      },
    );
  });

  it('says what is wrong with a directory that holds no run', () => {
    for (const [name, text, message] of [
      ['none', null, /cannot read run.json/],
      ['no-json', '{', /not JSON/],
      ['future', '{"schemaVersion":99}', /another version/],
    ] as const) {
      const directory = fresh();
      const writer = RunWriter.create(directory);
      writer.close();
      if (text !== null) writeFileSync(join(directory, 'run.json'), text);
      assert.throws(() => readRun(directory), message, name);
      assert.throws(
        () => readRun(directory),
        (error: BenchError) => error.exitCode === 104,
      );
    }
  });

  it('loses at most the line that a crash cut short', () => {
    const text = `${JSON.stringify(sample)}\n`;
    fc.assert(
      fc.property(fc.nat({ max: 5 }), fc.nat({ max: text.length }), (lines, cut) => {
        const directory = fresh();
        const writer = RunWriter.create(directory);
        writer.record(record('running'));
        writer.samples(Array.from({ length: lines }, () => sample));
        writer.close();
        appendFileSync(join(directory, 'samples.ndjson'), text.slice(0, cut));
        const whole = cut >= text.length - 1 ? 1 : 0;
        assert.equal(readRun(directory).samples.length, lines + whole);
        rmSync(directory, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });

  it('names the line that is damaged in the middle', () => {
    const directory = fresh();
    const writer = RunWriter.create(directory);
    writer.record(record('running'));
    writer.close();
    writeFileSync(join(directory, 'samples.ndjson'), '{"t":1}\nxx\n{"t":2}\n');
    assert.throws(() => readRun(directory), /line 2 of samples.ndjson/);
  });

  it('keeps readings of bots where they are wanted, whole up to what a crash cut short', () => {
    const directory = fresh();
    const writer = RunWriter.create(directory, true);
    const reading = { t: 1, s: 0, bot: 'a-0', kind: 'audio', direction: 'in' } as unknown as RawReading;
    writer.raw([reading, { ...reading, t: 2 }]);
    writer.raw([]);
    writer.raw([{ ...reading, t: 3 }]);
    const file = join(directory, 'raw.ndjson.gz');
    const read = (): number[] =>
      gunzipSync(readFileSync(file), { finishFlush: constants.Z_SYNC_FLUSH })
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as RawReading).t);
    assert.deepEqual(read(), [1, 2, 3]);
    const whole = readFileSync(file).length;
    writer.raw([{ ...reading, t: 4 }]);
    writer.close();
    truncateSync(file, whole + 12);
    assert.deepEqual(read(), [1, 2, 3]);
  });

  it('says where it could not write, with the code of the environment', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    assert.throws(
      () => RunWriter.create(join(file, 'run')),
      (error: BenchError) => error.code === 'DIRECTORY_NOT_WRITABLE' && error.exitCode === 123,
    );
  });
});
