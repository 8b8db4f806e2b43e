/** The DTLS client against OpenSSL's server in the forms that a mediasoup worker does not take: cookies, fragments, RSA, P-256. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dtls, type DtlsState, processCertificate } from '../../../../bots/synthetic/dtls.ts';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** The command has no option for it before OpenSSL 3.3. */
const noExtendedMasterSecret = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = system
[system]
Options = -ExtendedMasterSecret
`;

interface Attempt {
  readonly state: DtlsState;
  readonly output: string;
}

describe('DTLS with an OpenSSL server', { skip: !hasOpenssl() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sfubench-dtls-'));
  const processes: ChildProcess[] = [];
  const sockets: Socket[] = [];

  before(() => {
    writeFileSync(join(folder, 'no-ems.cnf'), noExtendedMasterSecret);
    for (const [name, key] of [
      ['ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
      ['rsa', ['rsa:2048']],
    ] as const) {
      const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
      execFileSync('openssl', ['req', '-x509', '-nodes', '-subj', '/CN=t', '-newkey', ...key, ...files], {
        stdio: 'ignore',
      });
    }
  });

  after(() => {
    for (const child of processes) child.kill('SIGKILL');
    for (const socket of sockets) socket.close();
    rmSync(folder, { recursive: true });
  });

  /** A handshake with `openssl s_server`, until both sides have said how it ended. */
  async function attempt(
    name: 'ec' | 'rsa',
    more: readonly string[],
    until: RegExp,
    settings = '',
  ): Promise<Attempt> {
    const port = await freePort();
    const files = ['-cert', join(folder, `${name}.pem`), '-key', join(folder, `${name}.key`)];
    const child = spawn(
      'openssl',
      ['s_server', '-dtls1_2', '-accept', `127.0.0.1:${port}`, ...files, ...more],
      {
        env: settings === '' ? process.env : { ...process.env, OPENSSL_CONF: join(folder, settings) },
      },
    );
    processes.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
    for (let wait = 0; !/ACCEPT/.test(output) && wait < 200; wait++) await sleep(10);
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const x509 = new X509Certificate(readFileSync(join(folder, `${name}.pem`)));
    const digest = createHash('sha384').update(x509.raw).digest('hex');
    const fingerprint = { algorithm: 'sha-384', value: (digest.match(/../g) ?? []).join(':') };
    const settled = Promise.withResolvers<DtlsState>();
    const startMs = performance.now();
    const dtls = Dtls.create({
      certificate: processCertificate(),
      fingerprints: [fingerprint],
      timeoutMs: 4000,
      send: (datagram) => socket.send(datagram),
      changed: (state) => state.state !== 'connecting' && settled.resolve(state),
    });
    socket.on('message', (datagram) => dtls.handle(datagram, performance.now()));
    socket.on('error', () => undefined);
    const clock = setInterval(() => dtls.tick(performance.now()), 10);
    dtls.start(startMs);
    const state = await settled.promise;
    for (let wait = 0; !until.test(output) && wait < 200; wait++) await sleep(10);
    clearInterval(clock);
    child.kill('SIGKILL');
    return { state, output };
  }

  const exporter = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen'];
  for (const [what, name, more, settings] of [
    ['an ECDSA certificate', 'ec', [], ''],
    ['an RSA certificate', 'rsa', [], ''],
    ['the P-256 group', 'ec', ['-groups', 'P-256'], ''],
    ['a cookie first', 'ec', ['-listen'], ''],
    ['a client certificate wanted', 'ec', ['-verify', '1'], ''],
    ['messages in fragments', 'rsa', ['-mtu', '256', '-verify', '1'], ''],
    ['no extended master secret', 'ec', [], 'no-ems.cnf'],
  ] as const) {
    it(`exports the same keys as the server, with ${what}`, async () => {
      const srtp = ['-use_srtp', 'SRTP_AEAD_AES_256_GCM', ...exporter, '88'];
      const { state, output } = await attempt(
        name,
        [...srtp, ...more],
        /Keying material: [0-9A-F]{176}/,
        settings,
      );
      assert.equal(state.state, 'connected', `${JSON.stringify(state)} ${output}`);
      if (state.state !== 'connected') return;
      const ours = Buffer.concat([state.localKey, state.remoteKey, state.localSalt, state.remoteSalt]);
      const theirs = /Keying material: ([0-9A-F]+)/.exec(output)?.[1];
      assert.equal(ours.toString('hex').toUpperCase(), theirs, output);
    });
  }

  it('fails when the server takes none of the SRTP profiles', async () => {
    const { state } = await attempt('ec', [], /alert|ERROR|DONE/);
    assert.deepEqual(state, {
      state: 'failed',
      reason: 'no-srtp-profile',
      detail: 'offered SRTP profiles 8, 7, 1; the server took none',
    });
  });

  it('fails with the server’s alert when there is no cipher suite in common', async () => {
    const { state } = await attempt('ec', ['-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305'], /ERROR/);
    assert.deepEqual(state, {
      state: 'failed',
      reason: 'alert',
      detail: 'the peer ended the handshake with alert 40',
    });
  });
});
