/** The package, packed and installed into an empty folder: what is in it, and the verbs that start no run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '../harness/doctor/finding.ts';
import { type Installed, install, type Packed, pack } from './support/package.ts';
import { root } from './support/sources.ts';

interface Diagnosis {
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

/** @param levels as source text */
function typedScenario(levels: string): string {
  return `
    import type { Bot, Options } from 'sfubench';
    export const options: Options = {
      scenarios: { crowd: { executor: 'staircase', rooms: { size: 2 }, levels: ${levels}, settle: '12s', hold: '2s' } },
    };
    export default async function (bot: Bot): Promise<void> { await bot.join(); }`;
}

let packed: Packed;
let installed: Installed;

before(() => {
  packed = pack();
  installed = install(packed.tarball);
});
after(() => {
  installed.close();
  packed.close();
});

describe('what is in the package', () => {
  it('is what runs, its licence, its description and scenarios to copy, and nothing else', () => {
    const other = packed.files.filter((path) => !/^(dist|scenarios)\//.test(path));
    assert.deepEqual(other.toSorted(), [
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    const scenarios = packed.files.filter((path) => path.startsWith('scenarios/'));
    assert.ok(scenarios.every((path) => /\.(ts|md)$/.test(path)));
    const compiled = packed.files.filter((path) => path.startsWith('dist/'));
    const licences = 'dist/bots/chrome/page.bundle.js.LICENSES.txt';
    const others = ['dist/harness/setup/worker-build/', 'dist/bots/media/cassettes/', licences];
    assert.deepEqual(
      compiled.filter(
        (path) => !/\.(js|d\.ts)$/.test(path) && !others.some((folder) => path.startsWith(folder)),
      ),
      [],
    );
    assert.deepEqual(
      compiled.filter((path) => /(^|\/)(test|packaging|node_modules|examples)\//.test(path)),
      [],
    );
    for (const needed of [
      'bots/host.js',
      'bots/chrome/page.bundle.js',
      'harness/targets/mediasoup/process.js',
    ]) {
      assert.ok(packed.files.includes(`dist/${needed}`), needed);
    }
    assert.match(readFileSync(join(installed.package, licences), 'utf8'), /^mediasoup-client .* \(ISC\)$/m);
    assert.ok(packed.bytes < 2_000_000, `${packed.bytes} bytes`);
  });

  it('has every file of the worker’s build recipe', () => {
    const folder = 'harness/setup/worker-build';
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
    assert.ok(files.length > 5);
    assert.deepEqual(
      files.filter((file) => !packed.files.includes(`dist/${file}`)),
      [],
    );
  });

  it('depends on each package that it imports', () => {
    const manifest = JSON.parse(readFileSync(join(installed.package, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'optionalDependencies',
      Record<string, string>
    >;
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const texts = packed.files
      .filter((path) => /^dist\/.*\.(js|d\.ts)$/.test(path) && !path.endsWith('.bundle.js'))
      .map((path) => readFileSync(join(installed.package, path), 'utf8'));
    const specifiers = texts.flatMap((text) =>
      [...text.matchAll(/(?:^import\s|\bfrom\s|\bimport\(|import\.meta\.resolve\()\s*'([^'.][^']*)'/gm)].map(
        (match) => match[1] ?? '',
      ),
    );
    const names = specifiers
      .filter((specifier) => !specifier.startsWith('node:') && specifier !== 'sfubench')
      .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
      // Types only, whose package has another name; a clone's bundler, which a package never comes to.
      .flatMap((name) => (name === 'k6' ? '@types/k6' : name === 'esbuild' ? [] : name));
    assert.ok(names.includes('commander') && names.includes('mediasoup'));
    assert.deepEqual(
      [...new Set(names)].filter((name) => !declared.includes(name)),
      [],
    );
  });
});

describe('the installed package', () => {
  it('answers --help and --version', async () => {
    const help = await installed.sfubench(['--help']);
    assert.equal(help.code, 0, help.stderr);
    for (const verb of ['run', 'inspect', 'report', 'doctor', 'setup', 'node']) {
      assert.match(help.stdout, new RegExp(`^ {2}${verb} `, 'm'));
    }
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal((await installed.sfubench(['--version'])).stdout, `${version}\n`);
  });

  it('inspects a scenario that was copied out of it', async () => {
    for (const name of readdirSync(join(installed.package, 'scenarios')).filter((file) =>
      file.endsWith('.ts'),
    )) {
      const { code, stdout, stderr } = await installed.sfubench(['inspect', installed.copyScenario(name)]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^generator +about/m);
      assert.equal(stderr, '');
    }
  });

  it('says what to do with one that was not', async () => {
    const file = join(installed.package, 'scenarios/quickstart.ts');
    const { code, stderr } = await installed.sfubench(['inspect', file]);
    assert.equal(code, 104);
    assert.match(stderr, /Node runs no TypeScript from below node_modules\n/);
    assert.match(stderr, new RegExp(`hint: +copy it out and run the copy: cp ${file} \\.`));
  });

  it('gives an editor the types of a scenario', () => {
    const file = join(installed.folder, 'typed.ts');
    const check = (text: string): string => {
      writeFileSync(file, text);
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', ''];
      try {
        return execFileSync(process.execPath, [compiler, ...flags, file], {
          cwd: installed.folder,
          encoding: 'utf8',
        });
      } catch (thrown) {
        return String((thrown as { stdout?: unknown }).stdout);
      }
    };
    writeFileSync(join(installed.folder, 'package.json'), '{ "type": "module" }');
    assert.equal(check(typedScenario('[2]')), '');
    assert.match(check(typedScenario("'two'")), /typed\.ts.*TS2322/);
  });

  it('examines the machine, and names the verb that sets it up', async () => {
    const { code, stdout, stderr } = await installed.sfubench(['doctor', '--json'], {
      MEDIASOUP_WORKER_BIN: '/bin/true',
    });
    const { ready, findings } = JSON.parse(stdout) as Diagnosis;
    assert.deepEqual({ code, ready, stderr }, { code: 123, ready: false, stderr: '' });
    const found = (name: string): Finding | undefined => findings.find((finding) => finding.name === name);
    assert.equal(found('mediasoup')?.state, 'ok');
    assert.equal(found('worker')?.state, 'problem');
    assert.match(found('font')?.found ?? '', new RegExp(installed.folder));
    assert.match(found('runs')?.found ?? '', new RegExp(`${installed.folder}/sfubench-runs`));
  });
});

describe('the package without optional dependencies', () => {
  let bare: Installed;
  before(() => {
    bare = install(packed.tarball, ['--omit=optional']);
  });
  after(() => bare.close());

  it('has no mediasoup, and says so where it matters', async () => {
    assert.ok(!existsSync(join(bare.folder, 'node_modules/mediasoup')));
    assert.equal((await bare.sfubench(['--help'])).code, 0);
    const file = bare.copyScenario('quickstart.ts');
    assert.equal((await bare.sfubench(['inspect', file])).code, 0);
    const doctor = await bare.sfubench(['doctor', '--json']);
    assert.equal(doctor.code, 123);
    const finding = (JSON.parse(doctor.stdout) as Diagnosis).findings.find(
      ({ name }) => name === 'mediasoup',
    );
    assert.match(finding?.remedy ?? '', /^npm install --ignore-scripts mediasoup@\d/);
    const run = await bare.sfubench(['run', file]);
    assert.equal(run.code, 123);
    assert.match(run.stderr, /mediasoup/);
    assert.match(run.stderr, /--target/);
    assert.ok(!existsSync(join(bare.folder, 'sfubench-runs')));
  });
});
