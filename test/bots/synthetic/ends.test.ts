/** How sessions of synthetic bots end, and begin again, on a real node. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { BotSpec } from '../../../bots/bot.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { botSpec } from '../../support/bot-specs.ts';
import { hostSettings, type RunningHost, startHost, syntheticSettings } from '../../support/running-host.ts';
import { startNode, until, untilEmpty } from '../../support/running-node.ts';

function synthetic(id: string, changes: Partial<BotSpec> = {}): BotSpec {
  return botSpec(id, { kind: 'synthetic', ...changes });
}

function start(node: NodeProcess): Promise<RunningHost> {
  return startHost(
    hostSettings(node.ready.signalingUrl, { chrome: null, synthetic: syntheticSettings({ verify: 'all' }) }),
  );
}

function descriptors(host: RunningHost): number {
  return readdirSync(`/proc/${host.pid}/fd`).length;
}

describe('synthetic bots end', () => {
  let node: NodeProcess;
  before(async () => {
    node = await startNode();
  });
  after(() => node.close());

  it('their sessions and begin others, leaving no socket behind', async () => {
    const host = await start(node);
    try {
      assert.deepEqual(await host.prepare(synthetic('still'), synthetic('again', { repeat: true })), []);
      const before = descriptors(host);
      assert.equal((await host.join('still')).event, 'joined');
      const still = descriptors(host) - before;
      for (let round = 0; round < 5; round += 1) {
        const id = `round-${round}`;
        assert.deepEqual(await host.prepare(synthetic(id)), []);
        assert.equal((await host.join(id)).event, 'joined');
        await until(node, ([worker]) => worker?.consumers === 4);
        host.send({ type: 'leave', bot: id, dueMs: 0, graceMs: 0 });
        await host.event(id, 'left');
        await until(node, ([worker]) => worker?.peers === 1 && worker.consumers === 0);
      }
      assert.ok(
        descriptors(host) - before <= still,
        `${descriptors(host) - before} descriptors, not ${still}`,
      );
    } finally {
      assert.equal(await host.close(), 0);
    }
    await untilEmpty(node);
  });

  it('when the node closes their transports, and say so', async () => {
    const mortal = await startNode();
    const host = await start(mortal);
    try {
      assert.deepEqual(await host.prepare(synthetic('a'), synthetic('b')), []);
      for (const bot of ['a', 'b']) assert.equal((await host.join(bot)).event, 'joined');
      await mortal.close();
      const dropped = await host.event('a', 'dropped');
      assert.ok(dropped.event === 'dropped', JSON.stringify(dropped));
      assert.match(dropped.reason, /signaling-closed|transport-failed/);
      await host.event('b', 'dropped');
    } finally {
      assert.equal(await host.close(), 0);
    }
  });

  it('when their host is killed: the node is rid of them', async () => {
    const host = await start(node);
    assert.deepEqual(await host.prepare(synthetic('c'), synthetic('d')), []);
    for (const bot of ['c', 'd']) assert.equal((await host.join(bot)).event, 'joined');
    host.child.kill('SIGKILL');
    assert.equal(await host.exited, 'SIGKILL');
    await untilEmpty(node);
  });

  it('by a join that fails, when ICE finds nobody', async () => {
    // The node announces an address that drops everything: a join cannot connect, and says what it waited for.
    const deaf = await startNode({ announcedAddress: '192.0.2.1' });
    const host = await start(deaf);
    try {
      const late = { joinTimeoutMs: 1500 };
      assert.deepEqual(await host.prepare(synthetic('e', late)), []);
      const failed = await host.join('e');
      assert.ok(failed.event === 'join-failed', JSON.stringify(failed));
      assert.equal(failed.reason, 'timeout');
      assert.match(failed.message, /ICE and DTLS of its transports \(send\)/);
    } finally {
      assert.equal(await host.close(), 0);
      await deaf.close();
    }
  });
});
