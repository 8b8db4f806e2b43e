/**
 * The run directory: `run.json` (written at the start, after every trial and at the end, atomically) and two logs
 * that are appended as they come, so that a crash loses at most the line that was being written.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BotStreamReading } from '../bots/readings.ts';
import { BenchError, messageOf } from './errors.ts';
import type { EventLine, RunRecord, Sample } from './record.ts';

/** One line of `raw.ndjson.gz`: one stream of one bot, as it was read in one second. */
export type RawReading = Omit<BotStreamReading, 'atMs'> & {
  readonly t: number;
  /** Step of the leading group; null before the first. */
  readonly s: number | null;
};

export class RunWriter {
  readonly directory: string;
  readonly #samples: number;
  readonly #events: number;
  readonly #raw: number | null;
  /** Files whose last line was cut short, by a full disk: nothing that is appended there were readable. */
  readonly #torn = new Set<number>();
  #closed = false;

  private constructor(directory: string, samples: number, events: number, raw: number | null) {
    this.directory = directory;
    this.#samples = samples;
    this.#events = events;
    this.#raw = raw;
  }

  /** Makes a new directory; one that exists already is refused, so that no run overwrites another. */
  static create(directory: string, raw = false): RunWriter {
    const path = resolve(directory);
    return guarded(path, () => {
      makeFolders(dirname(path));
      mkdirSync(path);
      return new RunWriter(
        path,
        openSync(join(path, 'samples.ndjson'), 'ax'),
        openSync(join(path, 'events.ndjson'), 'ax'),
        raw ? openSync(join(path, 'raw.ndjson.gz'), 'ax') : null,
      );
    });
  }

  /** One write for all samples of a tick: a reader never sees half a second. */
  samples(samples: readonly Sample[]): void {
    if (samples.length > 0) this.#append(this.#samples, samples);
  }

  /** Each call is a gzip member of its own (RFC 1952, section 2.2): what was written is readable, whatever comes after. */
  raw(readings: readonly RawReading[]): void {
    const file = this.#raw;
    if (this.#closed || file === null || readings.length === 0) return;
    guarded(this.directory, () => writeAll(file, gzipSync(linesOf(readings))));
  }

  event(line: EventLine): void {
    this.#append(this.#events, [line]);
  }

  /** Replaces run.json; a reader sees the old or the new one, never a part. */
  record(record: RunRecord): void {
    guarded(this.directory, () => {
      const temporary = join(this.directory, '.run.json.new');
      const file = openSync(temporary, 'w');
      try {
        writeAll(file, Buffer.from(`${JSON.stringify(record, null, 1)}\n`));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, join(this.directory, 'run.json'));
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#samples);
    closeSync(this.#events);
    if (this.#raw !== null) closeSync(this.#raw);
  }

  #append(file: number, lines: readonly object[]): void {
    if (this.#closed || this.#torn.has(file)) return;
    this.#torn.add(file);
    guarded(this.directory, () => writeAll(file, linesOf(lines)));
    this.#torn.delete(file);
  }
}

function linesOf(lines: readonly object[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** A stored run, read back; a line that a crash cut short is left out. */
export interface StoredRun {
  readonly directory: string;
  readonly record: RunRecord;
  readonly samples: readonly Sample[];
  readonly events: readonly EventLine[];
}

export function readRun(directory: string): StoredRun {
  const path = resolve(directory);
  return {
    directory: path,
    record: readRecord(path),
    samples: readLines<Sample>(path, 'samples.ndjson'),
    events: readLines<EventLine>(path, 'events.ndjson'),
  };
}

/** What a run came to, without what it measured second by second. */
export function readRecord(directory: string): RunRecord {
  const path = resolve(directory);
  const text = readText(path, 'run.json');
  let record: RunRecord;
  try {
    record = JSON.parse(text) as RunRecord;
  } catch (error) {
    throw new BenchError('RUN_DIRECTORY_INVALID', `run.json is not JSON: ${messageOf(error)}`, {
      file: path,
    });
  }
  if (record.schemaVersion !== 1) {
    throw new BenchError('RUN_DIRECTORY_INVALID', 'this run was written by another version of sfubench', {
      file: join(path, 'run.json'),
      field: 'schemaVersion',
      value: record.schemaVersion,
      hint: 'read it with the version that wrote it',
    });
  }
  return record;
}

function readText(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    throw new BenchError('RUN_DIRECTORY_INVALID', `cannot read ${name}: ${messageOf(error)}`, {
      file: directory,
      hint: 'give the directory of a run: it holds run.json, samples.ndjson and events.ndjson',
    });
  }
}

function readLines<Line>(directory: string, name: string): Line[] {
  const lines = readText(directory, name).split('\n');
  const tail = lines.pop() ?? '';
  const parsed: Line[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      parsed.push(JSON.parse(line) as Line);
    } catch {
      throw new BenchError('RUN_DIRECTORY_INVALID', `line ${index + 1} of ${name} is not JSON`, {
        file: join(directory, name),
        value: line.slice(0, 80),
      });
    }
  }
  // Without its newline the last line was being written when the process ended; it may still be whole.
  if (tail !== '') {
    try {
      parsed.push(JSON.parse(tail) as Line);
    } catch {
      return parsed;
    }
  }
  return parsed;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no directory',
};

/** One by one: Node's own way of making all of them never ends on a file system such as /proc, which makes none. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path);
}

function guarded<Result>(directory: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new BenchError('DISK_FULL', 'no space is left for the run directory', {
        file: directory,
        hint: 'free space, or choose another place with --dir; what was written before is kept',
        cause: error,
      });
    }
    throw new BenchError(
      'DIRECTORY_NOT_WRITABLE',
      `cannot write the run directory: ${reasons[code] ?? messageOf(error)}`,
      { file: directory, hint: 'choose another place with --dir', cause: error },
    );
  }
}
