/** What keeps a run from starting: one clear error with its place and hint, and the documented exit code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Command, cliEntry, startCli, startCommand, undisturbed, workspace } from '../support/cli.ts';
import { certificate as loopback } from '../support/loopback-certificate.ts';
import { goneWithin } from '../support/processes.ts';

const place = workspace();
const token = 'a'.repeat(64);
const certificate = join(place.folder, 'cert.pem');
const key = join(place.folder, 'key.pem');
let node: Command;
let addresses: { signalingUrl: string; controlUrl: string };

const options = `{ scenarios: { pair: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levels: [2], settle: '1s', hold: '2s' } } }`;
const scenario = place.scenario(`export const options = ${options};`);
const cheap = place.scenario(`export const options = ${options.replace('chrome', 'synthetic')};`);

before(async () => {
  writeFileSync(certificate, loopback.cert);
  writeFileSync(key, loopback.key);
  node = startCli(['node', '--tls-cert', certificate, '--tls-key', key], { SFUBENCH_TOKEN: token });
  addresses = JSON.parse(await node.firstLine) as typeof addresses;
});

after(async () => {
  node.kill('SIGTERM');
  await node.finished;
  assert.deepEqual(await goneWithin(node.mark, 2000), []);
  place.close();
});

interface Refusal {
  readonly name: string;
  readonly args: () => readonly string[];
  readonly env?: () => Readonly<Record<string, string>>;
  readonly code: number;
  readonly says: readonly RegExp[];
}

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 9));
    });
  });
}

const crowded = place.scenario(`export const options = { scenarios: { all: {
  executor: 'staircase', bot: 'synthetic', rooms: { size: 10 }, levels: [200], settle: 0, hold: '1s',
  media: { video: { width: 320, height: 180, fps: 15 } } } } };`);

const port = await closedPort();
const tokenFile = join(place.folder, 'token');
writeFileSync(tokenFile, 'b'.repeat(64));

const refusals: readonly Refusal[] = [
  {
    name: 'a misspelt key',
    args: () => [
      place.scenario(
        `export const options = { scenarios: { a: { executor: 'staircase', bot: 'chrome', rooms: { size: 2 }, levls: [2] } } };`,
      ),
    ],
    code: 104,
    says: [/levls/, /did you mean 'levels'/],
  },
  { name: 'a scenario that does not exist', args: () => ['/nowhere.ts'], code: 104, says: [/nowhere\.ts/] },
  {
    name: 'a scenario that throws',
    args: () => [place.scenario(`throw new Error('boom');`)],
    code: 107,
    says: [/boom/],
  },
  {
    name: 'an unknown flag',
    args: () => [scenario, '--durration', '1s'],
    code: 104,
    says: [/--durration/, /--duration/],
  },
  {
    name: 'a list of cores that is none',
    args: () => [scenario, '--cores-sfu', 'x'],
    code: 104,
    says: [/cores-sfu/],
  },
  {
    name: 'a target where nobody listens',
    args: () => [scenario, '--target', `ws://127.0.0.1:${port}`],
    code: 122,
    says: [new RegExp(`127\\.0\\.0\\.1:${port}`), /field: target/, /hint/],
  },
  {
    name: 'a certificate that nobody vouches for',
    args: () => [scenario, '--target', addresses.signalingUrl],
    code: 122,
    says: [/certificate/, /--insecure/, /--ca/],
  },
  {
    name: 'a wrong token',
    args: () => [
      scenario,
      '--target',
      addresses.signalingUrl,
      '--insecure',
      '--control',
      addresses.controlUrl,
      '--token-file',
      tokenFile,
    ],
    code: 122,
    says: [/refused our token/, /SFUBENCH_TOKEN/],
  },
  {
    name: 'a setting that the node does not have',
    args: () => [scenario, '--target', 'mediasoup:wrkers=2'],
    code: 104,
    says: [/wrkers/, /workers/],
  },
  {
    name: 'a worker that is not there',
    args: () => [scenario],
    env: () => ({ MEDIASOUP_WORKER_BIN: '/nowhere/worker' }),
    code: 123,
    says: [/nowhere\/worker/],
  },
  {
    name: 'a browser that is not there',
    args: () => [scenario],
    env: () => ({ CHROME_PATH: '/nowhere/chrome' }),
    code: 123,
    says: [/nowhere\/chrome/],
  },
  {
    name: 'a run directory that exists',
    args: () => [scenario, '--dir', place.folder],
    code: 123,
    says: [/exists already/, /--dir/],
  },
  {
    name: 'a run directory below a file',
    args: () => [scenario, '--dir', join(scenario, 'run')],
    code: 123,
    says: [/run directory/, /--dir/],
  },
];

describe('a run that cannot start', () => {
  for (const { name, args, env, code, says } of refusals) {
    it(`${name}: ${code}`, async () => {
      const command = startCli(
        ['run', ...args(), ...(args().includes('--dir') ? [] : ['--dir', place.run()])],
        env?.(),
      );
      const finished = await command.finished;
      assert.equal(finished.code, code, finished.stderr);
      for (const pattern of says) assert.match(finished.stderr, pattern);
      assert.doesNotMatch(finished.stderr, /\n {4}at /, 'no stack for an expected error');
      assert.deepEqual(await goneWithin(command.mark, 2000), []);
    });
  }

  it('more synthetic bots than sockets: 123, with the number that fits, and nothing was started', async () => {
    const directory = place.run();
    // The hard limit too, to which Node would raise its own.
    const words = ['sh', '-c', 'ulimit -n 512; exec "$0" "$@"', process.execPath, cliEntry];
    const command = startCommand([...words, 'run', crowded, '--dir', directory], {});
    const { code, stderr } = await command.finished;
    assert.equal(code, 123, stderr);
    assert.match(
      stderr,
      /200 synthetic bots need more sockets than fit: with 512 open files .* 106 bots fit/,
    );
    assert.match(stderr, /ulimit -n 65536/);
    assert.ok(!existsSync(directory));
    assert.deepEqual(await goneWithin(command.mark, 2000), []);
  });

  it('a core that another run has: 123, and its directory is named', async () => {
    const directory = place.run();
    const first = startCli(['run', scenario, '--dir', directory, '--hold', '30s']);
    const end = performance.now() + 20_000;
    while (!existsSync(join(directory, 'run.json')) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const second = await startCli(['run', scenario, '--dir', place.run()]).finished;
    first.kill('SIGTERM');
    const ended = await first.finished;
    assert.equal(second.code, 123, second.stderr);
    assert.ok(second.stderr.includes(directory), second.stderr);
    assert.equal(ended.code, 105, ended.stderr);
    assert.deepEqual(await goneWithin(first.mark, 2000), []);
  });

  it('a node elsewhere, its certificate and token right: runs, with worker figures', async () => {
    writeFileSync(tokenFile, token);
    const { directory, finished } = await undisturbed(async () => {
      const directory = place.run();
      const command = startCli([
        ...['run', cheap, '--dir', directory, '--target', addresses.signalingUrl, '--ca', certificate],
        ...['--control', addresses.controlUrl, '--token-file', tokenFile, '--json'],
      ]);
      return { directory, finished: await command.finished };
    });
    assert.equal(finished.code, 0, finished.stderr);
    const record = JSON.parse(finished.stdout) as {
      trials: { figures: { workerCpuCores: number | null } }[];
    };
    assert.ok((record.trials[0]?.figures.workerCpuCores ?? 0) > 0);
    for (const file of ['run.json', 'samples.ndjson', 'events.ndjson']) {
      assert.ok(!readFileSync(join(directory, file), 'utf8').includes(token), `${file} holds the token`);
    }
  });
});
