/** The verb `report`, as a user calls it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunRecord } from '../../harness/record.ts';
import { type Finished, startCli } from '../support/cli.ts';
import { folder, realRun } from './stored-runs.ts';

const place = folder();
after(() => place.close());

/** A module that makes these packages as good as not installed. */
function without(packages: string): Readonly<Record<string, string>> {
  const file = join(place.path, `without-${packages.replaceAll(/\W/g, '')}.mjs`);
  writeFileSync(
    file,
    `import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  if (new RegExp(${JSON.stringify(`^(${packages})`)}).test(specifier)) throw new Error('not installed: ' + specifier);
  return next(specifier, context);
} });`,
  );
  return { NODE_OPTIONS: `--import=${file}` };
}

async function report(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return await startCli(['report', ...args], env).finished;
}

describe('sfubench report', () => {
  it('writes page and pictures, prints the table and where they are', async () => {
    const directory = place.store(realRun());
    const { code, stdout, stderr } = await report([directory]);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /µs\/packet[\s\S]*invalid: generator/);
    assert.match(
      stdout,
      new RegExp(`report {2}${directory}/report.html\ncharts {2}${directory}/charts \\(16 PNG\\)\n$`),
    );
    assert.equal(readdirSync(join(directory, 'charts')).length, 16);
    assert.ok(readFileSync(join(directory, 'report.html'), 'utf8').endsWith('</html>\n'));
  });

  it('needs neither mediasoup nor a browser, and writes the same page again', async () => {
    const directory = place.store(realRun());
    const page = join(directory, 'report.html');
    assert.equal((await report([directory])).code, 0);
    const first = readFileSync(page, 'utf8');
    const { code, stderr } = await report(
      [directory],
      without('mediasoup|puppeteer|@puppeteer|esbuild|werift'),
    );
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(page, 'utf8'), first);
  });

  it('--json says it for machines, and --no-png draws none', async () => {
    const directory = place.store(realRun());
    const { code, stdout } = await report([directory, '--json', '--no-png']);
    assert.equal(code, 0);
    const result = JSON.parse(stdout) as RunRecord & { html: string; pngs: string[] };
    assert.equal(result.html, join(directory, 'report.html'));
    assert.deepEqual(result.pngs, []);
    assert.equal(result.trials.length, 5);
    assert.ok(!existsSync(join(directory, 'charts')));
  });

  it('still writes the page where pictures cannot be drawn, and says so', async () => {
    const directory = place.store(realRun());
    const { code, stdout, stderr } = await report([directory], without('@napi-rs/canvas'));
    assert.equal(code, 0);
    assert.match(stderr, /^warning: the charts could not be drawn as PNG: not installed/);
    assert.match(stdout, /report .*report.html\n$/);
    assert.ok(existsSync(join(directory, 'report.html')));
  });

  it('refuses what is no run directory: 104', async () => {
    const { code, stderr } = await report([place.path]);
    assert.equal(code, 104);
    assert.match(stderr, /cannot read run.json[\s\S]*hint/);
    const cut = place.store(realRun());
    writeFileSync(join(cut, 'run.json'), '{"schemaVersion":');
    assert.equal((await report([cut])).code, 104);
    assert.equal((await report([])).code, 104);
  });

  it('says where it cannot write: 123', async () => {
    for (const name of ['report.html', 'charts']) {
      const directory = place.store(realRun());
      // Something of another kind in its place stops root as well, whom permissions do not.
      if (name === 'charts') writeFileSync(join(directory, name), '');
      else mkdirSync(join(directory, name));
      const { code, stderr } = await report([directory]);
      assert.equal(code, 123, stderr);
      assert.match(stderr, /cannot write the report[\s\S]*hint/);
      assert.deepEqual(
        readdirSync(directory).filter((file) => file.startsWith('.')),
        [],
      );
    }
  });

  it('takes away a picture whose figures are gone', async () => {
    const directory = place.store(realRun());
    assert.equal((await report([directory])).code, 0);
    rmSync(join(directory, 'samples.ndjson'));
    writeFileSync(join(directory, 'samples.ndjson'), '');
    assert.equal((await report([directory])).code, 0);
    assert.ok(!existsSync(join(directory, 'charts', 'cpu-over-time.png')));
    assert.ok(existsSync(join(directory, 'charts', 'joins.png')));
  });
});
