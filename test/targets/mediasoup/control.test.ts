/** The control endpoint on the real worker: who is let in, what is read, and what is missing rather than wrong. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { nowMs } from '../../../harness/clock.ts';
import type { NodeDescription } from '../../../harness/targets/control.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import type { WorkerDiedMessage } from '../../../harness/targets/mediasoup/process-messages.ts';
import { ProtooPeer } from '../../support/protoo-peer.ts';
import { askControl, readings, startNode, testToken, until } from '../../support/running-node.ts';

let node: NodeProcess;
const deaths: WorkerDiedMessage[] = [];

before(async () => {
  node = await startNode({ workers: 2, cpus: [0] }, { onWorkerDeath: (death) => deaths.push(death) });
});
after(() => node.close());

/** Peers of a room, of which the first sends audio and video. */
async function fill(roomId: string, count: number): Promise<ProtooPeer[]> {
  const peers: ProtooPeer[] = [];
  for (let index = 0; index < count; index += 1) {
    const peer = await ProtooPeer.connect(node.ready.signalingUrl, { roomId, peerId: `${roomId}-${index}` });
    const { sendId } = await peer.join();
    if (index === 0) {
      await peer.produce(sendId, 'audio', 100);
      await peer.produce(sendId, 'video', 200);
    }
    peers.push(peer);
  }
  return peers;
}

describe('access', () => {
  for (const [what, authorization] of [
    ['no token', undefined],
    ['a wrong token', `Bearer ${testToken}x`],
    ['the token without Bearer', testToken],
  ] as const) {
    it(`with ${what} is 401, whatever is asked`, async () => {
      const headers = authorization === undefined ? {} : { authorization };
      for (const path of ['/v1/description', '/v1/readings', '/nothing']) {
        const response = await askControl(node, path, { headers });
        assert.equal(response.status, 401);
        assert.equal(response.headers.get('www-authenticate'), 'Bearer');
      }
    });
  }

  it('to what is not there is 404, by another method 405, for another selection 400', async () => {
    const headers = { authorization: `Bearer ${testToken}` };
    assert.equal((await askControl(node, '/v2/readings')).status, 404);
    assert.equal((await askControl(node, '/v1/readings', { method: 'POST', headers })).status, 405);
    assert.equal((await askControl(node, '/v1/readings?streams=some')).status, 400);
  });

  it('to signalling by plain HTTP is told to upgrade', async () => {
    const url = node.ready.signalingUrl.replace('ws:', 'http:');
    const status = await new Promise((resolve, reject) => {
      request(url, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    assert.equal(status, 426);
  });
});

it('the description says what runs, and nothing secret', async () => {
  const text = await (await askControl(node, '/v1/description')).text();
  assert.ok(!text.includes(testToken));
  const description = JSON.parse(text) as NodeDescription;
  assert.equal(description.kind, 'mediasoup');
  assert.match(description.workerBinary.sha256, /^[0-9a-f]{64}$/);
  assert.equal(description.versions.mediasoup, '3.27.1');
  assert.deepEqual(description.workers, node.ready.workers);
  const [first, second] = description.workers;
  assert.ok(first && second && first.port < second.port && second.port < 32_768);
  assert.equal(description.settings['initialAvailableOutgoingBitrate'], 1_000_000);
  // Pinned where the machine allows it; where not, the description says why.
  const [pinning] = description.settings['pinning'] as { state: string; reason?: string }[];
  if (first.cores === null) assert.ok(pinning?.state === 'unpinned' && pinning.reason);
  else assert.deepEqual(first.cores, [0]);
});

it('readings count, and read each stream in rotation or in a sweep', async () => {
  const startMs = nowMs();
  const peers = await fill('counted', 8);
  const [worker] = await until(node, (workers) => workers.some(({ consumers }) => consumers === 14));
  const { rooms, peers: peerCount, transports, producers, consumers, pausedConsumers } = worker ?? {};
  assert.deepEqual(
    { rooms, peerCount, transports, producers, consumers, pausedConsumers },
    { rooms: 1, peerCount: 8, transports: 16, producers: 2, consumers: 14, pausedConsumers: 0 },
  );
  assert.ok(worker?.alive && (worker.rssBytes ?? 0) > 1e6 && (worker.userCpuMsTotal ?? 0) > 0);
  assert.ok((worker.loopLagMs ?? 0) > 0 && worker.atMs > startMs && worker.atMs <= nowMs());

  // Without media a producer has no stream yet, a consumer has.
  const swept = (await readings(node, 'all')).streams;
  assert.equal(swept.filter(({ side }) => side === 'consumer').length, 14);
  assert.ok(swept.every(({ atMs }) => atMs >= startMs - 1 && atMs <= nowMs() + 1));
  assert.ok(swept.every(({ room, worker: index }) => room === 'counted' && index === 0));
  assert.ok(
    swept.every(({ packetsTotal, rttMs, rid }) => packetsTotal === 0 && rttMs === null && rid === null),
  );
  assert.equal(new Set(swept.filter(({ side }) => side === 'consumer').map(({ peer }) => peer)).size, 7);

  const [one, two] = [await readings(node, 'rotate'), await readings(node, 'rotate')];
  const ids = [...one.streams, ...two.streams].filter(({ side }) => side === 'consumer').map(({ id }) => id);
  assert.ok(one.streams.length <= 10 && two.streams.length <= 10);
  // 16 streams in two turns of 10: at most 4 come twice.
  assert.ok(new Set(ids).size >= ids.length - 4 && new Set(ids).size === 14);
  assert.deepEqual((await readings(node, 'none')).streams, []);

  // Peers that leave while streams are read are left out, and nothing else happens.
  const [sweep] = await Promise.all([readings(node, 'all'), ...peers.map((peer) => peer.leave())]);
  assert.ok(sweep.streams.length <= 14);
});

it('a worker that does not answer has no figures, and the other has', async () => {
  const pid = node.ready.workers[0]?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    const startMs = nowMs();
    const { workers, streams } = await readings(node, 'all');
    assert.ok(nowMs() - startMs < 1500);
    const [stopped, running] = workers;
    assert.ok(stopped?.alive);
    assert.deepEqual(
      [stopped.userCpuMsTotal, stopped.systemCpuMsTotal, stopped.involuntarySwitchesTotal, stopped.loopLagMs],
      [null, null, null, null],
    );
    assert.ok(running?.loopLagMs !== null && running?.userCpuMsTotal !== null);
    assert.deepEqual(streams, []);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await until(node, ([worker]) => worker?.loopLagMs !== null);
});

it('a worker that dies is told once, its peers are closed, and rooms go to the other', async () => {
  const [peer] = await fill('doomed', 1);
  const [victim] = node.ready.workers;
  assert.ok(peer && victim);
  process.kill(victim.pid, 'SIGKILL');
  const { code, reason } = await peer.closed;
  assert.equal(code, 4000);
  assert.match(reason, /worker closed/);
  const [dead, living] = await until(node, ([worker]) => worker?.alive === false);
  assert.equal(dead?.userCpuMsTotal, null);
  assert.equal(dead?.rssBytes, null);
  assert.equal(dead?.rooms, 0);
  assert.equal(living?.alive, true);
  assert.deepEqual(
    deaths.map(({ index, pid }) => ({ index, pid })),
    [{ index: 0, pid: victim.pid }],
  );
  assert.match(deaths[0]?.reason ?? '', /SIGKILL/);

  const [after] = await fill('after', 1);
  const [, second] = await until(node, ([, worker]) => worker?.producers === 2);
  assert.equal(second?.rooms, 1);
  await after?.leave();

  process.kill(node.ready.workers[1]?.pid ?? 0, 'SIGKILL');
  await until(node, (workers) => workers.every(({ alive }) => !alive));
  await assert.rejects(fill('none', 1), /503/);
});
