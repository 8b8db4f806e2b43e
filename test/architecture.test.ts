/** The rules of ARCHITECTURE.md that a machine can keep. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Import, importsOf, listFiles, readSources, type Source } from './support/sources.ts';

const sources = readSources();
const product = sources.filter(({ path }) => /^(harness|bots|reports|scenarios)\//.test(path));

function folderOf(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

function within(folder: string): readonly Source[] {
  return product.filter(({ path }) => path.startsWith(folder));
}

/** Every import that breaks the rule, as `file imports what`. */
function breaches(files: readonly Source[], broken: (imported: Import, file: Source) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((imported) => broken(imported, file))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  );
}

describe('imports', () => {
  it('bots import nothing outside bots', () => {
    assert.deepEqual(
      breaches(within('bots/'), ({ path }) => path !== null && folderOf(path) !== 'bots'),
      [],
    );
  });

  it('the packet engine does no I/O', () => {
    assert.deepEqual(
      breaches(within('bots/engine/'), ({ specifier, path }) => path === null && specifier !== 'node:buffer'),
      [],
    );
  });

  it('reports know no clock, network or file system', () => {
    assert.deepEqual(
      breaches(within('reports/'), ({ specifier }) => specifier.startsWith('node:')),
      [],
    );
    for (const { path, text } of within('reports/')) {
      assert.doesNotMatch(text, /\bDate\.now\(|\bperformance\.now\(|new Date\(\)|\bprocess\./, path);
    }
  });

  it('scenarios import sfubench only', () => {
    assert.deepEqual(
      breaches(within('scenarios/'), ({ specifier }) => specifier !== 'sfubench'),
      [],
    );
  });

  it('mediasoup is loaded by the reference node only', () => {
    assert.deepEqual(
      breaches(
        product.filter(({ path }) => !path.startsWith('harness/targets/mediasoup/')),
        ({ specifier }) => /^mediasoup(\/|$)/.test(specifier),
      ),
      [],
    );
  });

  it('across folders only types are imported, save where the rule says so', () => {
    const byValue = breaches(product, ({ path, typeOnly }, file) => {
      if (path === null || typeOnly || folderOf(path) === folderOf(file.path)) return false;
      if (file.path === 'harness/cli.ts' || file.path.startsWith('harness/commands/')) return false;
      return !(folderOf(file.path) === 'harness' && /^(reports\/analysis|bots\/script)\//.test(path));
    });
    assert.deepEqual(byValue, []);
  });

  it('harness/executors know neither clock nor process', () => {
    assert.deepEqual(
      breaches(within('harness/executors/'), ({ specifier }) => specifier.startsWith('node:')),
      [],
    );
  });

  it('reads imports as the rules need them', () => {
    const read = importsOf(
      'harness/a/b.ts',
      "import type { X } from '../x.ts';\nimport { type Y, z } from './y.ts';\nimport { type Q } from 'q';\nimport 'side';\nawait import('../../bots/bot.ts');",
    );
    assert.deepEqual(
      read.map(({ specifier, path, typeOnly }) => [specifier, path, typeOnly]),
      [
        ['../x.ts', 'harness/x.ts', true],
        ['./y.ts', 'harness/a/y.ts', false],
        ['q', null, true],
        ['side', null, false],
        ['../../bots/bot.ts', 'bots/bot.ts', false],
      ],
    );
  });
});

describe('sizes and names', () => {
  it('no file is longer than 300 lines', () => {
    assert.deepEqual(
      sources.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  it('files are kebab-case and named for what they are', () => {
    const names = product.map(({ path }) => path);
    assert.deepEqual(
      names.filter((path) => !/^([a-z0-9][a-z0-9.-]*\/)*[a-z0-9][a-z0-9.-]*$/.test(path)),
      [],
    );
    assert.deepEqual(
      names.filter((path) => /(^|[/-])(manager|helpers?|services?|data|info|utils?)\.[a-z]+$/.test(path)),
      [],
    );
  });

  it('only the command line ends the process; other processes of ours end themselves', () => {
    const enders = product.filter(({ text }) => /\bprocess\.exit\(/.test(text)).map(({ path }) => path);
    assert.deepEqual(
      enders.filter(
        (path) => !['harness/cli.ts', 'bots/host.ts'].includes(path) && !path.startsWith('harness/setup/'),
      ),
      [],
    );
  });

  it('every folder of the product says what it is', () => {
    const files = new Set(listFiles());
    const folders = [
      'harness',
      'bots',
      'scenarios',
      'reports',
      'test',
      'harness/targets',
      'harness/executors',
      'harness/probes',
    ];
    assert.deepEqual(
      folders.filter((folder) => !files.has(`${folder}/README.md`)),
      [],
    );
  });
});
