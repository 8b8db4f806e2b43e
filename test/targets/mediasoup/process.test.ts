/** The node's process: how it starts, what keeps it from starting, and that nothing of it is left. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ReadyMessage } from '../../../harness/targets/mediasoup/process-messages.ts';
import { goneWithin, marked, newMark } from '../../support/processes.ts';
import { ProtooPeer } from '../../support/protoo-peer.ts';
import { startNode, testToken, workerInput } from '../../support/running-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'sfubench-node-'));
after(() => rmSync(folder, { recursive: true }));

function firstLine(child: ChildProcess): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) resolve(JSON.parse(text) as ReadyMessage);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve);
  });
}

describe('a node of the harness', () => {
  it('goes with its parent, SIGKILL included, and takes a stopped worker along', async () => {
    const mark = newMark();
    const entry = fileURLToPath(new URL('../../support/node-parent.ts', import.meta.url));
    const parent = spawn(process.execPath, [entry], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...mark },
    });
    const ready = await firstLine(parent);
    const peer = await ProtooPeer.connect(ready.signalingUrl, { roomId: 'r', peerId: 'p' });
    assert.equal(marked(mark).length, 3);
    process.kill(ready.workers[0]?.pid ?? 0, 'SIGSTOP');
    parent.kill('SIGKILL');
    assert.deepEqual(await goneWithin(mark, 2000), []);
    await peer.closed;
  });

  it('ends in order when told to, ignores SIGINT, and dies of SIGKILL with its workers', async () => {
    const mark = newMark();
    const deaths: string[] = [];
    const node = await startNode({}, { env: mark, onDeath: (reason) => deaths.push(reason) });
    process.kill(node.ready.pid, 'SIGINT');
    const peer = await ProtooPeer.connect(node.ready.signalingUrl, { roomId: 'r', peerId: 'p' });
    await node.close();
    await node.close();
    assert.match((await peer.closed).reason, /node closed/);
    assert.deepEqual(await goneWithin(mark, 500), []);
    assert.deepEqual(deaths, []);

    const killed = Promise.withResolvers<string>();
    const second = await startNode({}, { env: mark, onDeath: killed.resolve });
    process.kill(second.ready.pid, 'SIGKILL');
    assert.match(await killed.promise, /SIGKILL/);
    assert.deepEqual(await goneWithin(mark, 2000), []);
    assert.equal(second.alive, false);
  });

  it('has the token and its options out of sight of process lists, and its workers have no token at all', async () => {
    const mark = newMark();
    const node = await startNode({}, { env: mark });
    for (const { command } of marked(mark))
      assert.ok(!command.includes(testToken) && !command.includes('workerBin'));
    const environment = execFileSync('cat', [`/proc/${node.ready.workers[0]?.pid}/environ`]).toString();
    assert.ok(environment.includes('SFUBENCH_TEST_MARK') && !environment.includes(testToken));
    await node.close();
  });
});

describe('a node does not start', () => {
  const wrongPackage = join(folder, 'no-mediasoup');
  const notPem = join(folder, 'not.pem');
  mkdirSync(wrongPackage);
  writeFileSync(notPem, 'nothing');

  for (const [what, input, expected] of [
    ['without a worker binary', { workerBin: join(folder, 'none') }, { code: 'WORKER_MISSING' }],
    ['with a binary that is no worker', { workerBin: '/bin/false' }, { code: 'WORKER_MISSING' }],
    ['with an option it does not know', { wokers: 1 }, { code: 'OPTION_INVALID' }],
    ['with a folder that is no mediasoup', { mediasoupDir: wrongPackage }, { code: 'OPTION_INVALID' }],
    ['with a certificate that is none', { tlsCert: notPem, tlsKey: notPem }, { code: 'OPTION_INVALID' }],
    ['with an address of another machine', { rtcListenIp: '192.0.2.77' }, { code: 'OPTION_INVALID' }],
    [
      'on a host that it is not',
      { listenHost: '192.0.2.77', rtcListenIp: '127.0.0.1' },
      { code: 'OPTION_INVALID' },
    ],
  ] as const) {
    it(`${what}, says so, and leaves nothing behind`, async () => {
      const mark = newMark();
      await assert.rejects(startNode(input as Parameters<typeof startNode>[0], { env: mark }), expected);
      assert.deepEqual(await goneWithin(mark, 1000), []);
    });
  }
});

it('two nodes share a machine: each takes media ports that are free', async () => {
  const nodes = await Promise.all([startNode({ workers: 2 }), startNode()]);
  const ports = nodes.flatMap(({ ready }) => ready.workers.map(({ port }) => port));
  assert.equal(new Set(ports).size, 3);
  await Promise.all(nodes.map((node) => node.close()));
});

it('speaks TLS with the certificate given', async () => {
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', tlsKey, '-out', tlsCert], {
    stdio: 'ignore',
  });
  const node = await startNode({ tlsCert, tlsKey });
  try {
    assert.match(node.ready.signalingUrl, /^wss:/);
    assert.match(node.ready.controlUrl ?? '', /^https:/);
    await assert.rejects(
      ProtooPeer.connect(node.ready.signalingUrl, { roomId: 'r', peerId: 'p' }),
      /self-signed/,
    );
    const peer = await ProtooPeer.connect(node.ready.signalingUrl, { roomId: 'r', peerId: 'p' }, true);
    await peer.join();
    await peer.leave();
  } finally {
    await node.close();
  }
});

describe('the verb node', () => {
  const verb = fileURLToPath(new URL('../../../harness/commands/node.ts', import.meta.url));
  const script = `import { nodeCommand } from ${JSON.stringify(verb)};
process.exitCode = await nodeCommand(JSON.parse(process.env.NODE_FLAGS));`;

  function foreground(flags: object, env: Readonly<Record<string, string>>): ChildProcess {
    return spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_FLAGS: JSON.stringify({ ...workerInput(), json: true, ...flags }), ...env },
    });
  }

  it('prints one line, serves, and ends in order on Ctrl-C', async () => {
    const mark = newMark();
    const child = foreground({ workers: 2 }, { ...mark, SFUBENCH_TOKEN: testToken });
    const ready = await firstLine(child);
    assert.equal(ready.type, 'ready');
    assert.equal(ready.pid, child.pid);
    assert.equal(ready.workers.length, 2);
    const headers = { authorization: `Bearer ${testToken}` };
    assert.equal((await fetch(new URL('/v1/readings', ready.controlUrl ?? ''), { headers })).status, 200);
    const exit = exitOf(child);
    child.kill('SIGINT');
    child.kill('SIGINT');
    assert.equal(await exit, 0);
    assert.deepEqual(await goneWithin(mark, 500), []);
  });

  it('has no control endpoint without a token, and names the variable that is wrong', async () => {
    const child = foreground({}, { SFUBENCH_TOKEN: '', MEDIASOUP_ANNOUNCED_IP: '198.51.100.7' });
    const exit = exitOf(child);
    const outcome = firstLine(child);
    const ready = await outcome;
    assert.equal(ready.controlUrl, null);
    child.kill('SIGTERM');
    assert.equal(await exit, 0);

    const wrong = foreground({}, { HTTP_LISTEN_PORT: 'https' });
    let said = '';
    wrong.stderr?.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    assert.equal(await exitOf(wrong), 104);
    assert.match(said, /HTTP_LISTEN_PORT/);
  });
});
