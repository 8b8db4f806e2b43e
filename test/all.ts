/**
 * What `npm test` runs: first the tests that share nothing but the processor, as many at a time as there are cores,
 * then those that measure, pin cores or wait for each other's absence, one file after the other. One list of results.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** What is read of an event of the runner. */
interface Happening {
  readonly type: string;
  readonly data: { readonly nesting?: number; readonly message?: string; readonly file?: string };
}

const folder = new URL('.', import.meta.url);
const timeoutMs = 180_000;
/** Of these, whatever their files do, they do in a few processes that nobody else can see. */
const independent: readonly string[] = [
  ...['architecture', 'commands', 'durations', 'ending', 'executors', 'fullest', 'fuzz', 'package', 'peers'],
  ...['plan', 'profiles', 'reports', 'scenario', 'store', 'target-spec', 'vectors'],
  ...['aggregate', 'crypto', 'engine', 'media', 'quality', 'script', 'streams'].map((name) => `bots/${name}`),
  ...['emission', 'incoming', 'marked', 'play', 'reception', 'speech'].map(
    (name) => `bots/synthetic/${name}`,
  ),
  ...['bots/udp/outbox', 'bots/udp/shaped/', 'targets/mediasoup/options'],
];
/** A line of the summary that each of both ends with. */
const summaryLine = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .toSorted((a, b) => a.localeCompare(b));
const isIndependent = (name: string): boolean => independent.some((beginning) => name.startsWith(beginning));
const parts = [
  { files: files.filter(isIndependent), concurrency: availableParallelism() },
  { files: files.filter((name) => !isIndependent(name)), concurrency: 1 },
];

async function* happenings(): AsyncGenerator<Happening> {
  const sums = new Map<string, number>();
  let end: Happening | null = null;
  for (const { files: names, concurrency } of parts) {
    const paths = names.map((name) => new URL(name, folder).pathname);
    const execArgv = [`--test-timeout=${timeoutMs}`];
    const stream: AsyncIterable<Happening> = run({ files: paths, concurrency, timeout: timeoutMs, execArgv });
    for await (const happening of stream) {
      const { type, data } = happening;
      // The reporter lists what failed when it hears of the end: once, at the end of all.
      if (type === 'test:summary' && data.file === undefined) {
        end = happening;
        continue;
      }
      const line =
        type === 'test:diagnostic' && data.nesting === 0 ? summaryLine.exec(data.message ?? '') : null;
      if (line === null) yield happening;
      else sums.set(line[1] ?? '', (sums.get(line[1] ?? '') ?? 0) + Number(line[2]));
    }
  }
  for (const [name, sum] of sums) {
    const data = { nesting: 0, message: `${name} ${sum}`, level: 'info' };
    yield { type: 'test:diagnostic', data };
  }
  if (end !== null) yield end;
  if ((sums.get('fail') ?? 0) + (sums.get('cancelled') ?? 0) > 0 || !sums.has('tests')) process.exitCode = 1;
}

Readable.from(happenings()).compose(new spec()).pipe(process.stdout);
