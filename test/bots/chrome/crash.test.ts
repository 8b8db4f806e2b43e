/** What is killed under a host, and what it says then. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { nowMs } from '../../../bots/clock.ts';
import type { NodeProcess } from '../../../harness/targets/mediasoup/node-process.ts';
import { botSpec, opus, smallVideo } from '../../support/bot-specs.ts';
import { descendants, marked, newMark, survivorsAfter } from '../../support/processes.ts';
import { hostSettings, type RunningHost, startHost } from '../../support/running-host.ts';
import { startNode } from '../../support/running-node.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a bot host under fire', () => {
  let node: NodeProcess;
  let host: RunningHost;
  const mark = newMark();
  // Another fps is another browser.
  const fast = { audio: opus, video: { ...smallVideo, fps: 10 } };
  before(async () => {
    node = await startNode();
    host = await startHost(hostSettings(node.ready.signalingUrl), mark);
    assert.deepEqual(
      await host.prepare(botSpec('a'), botSpec('b'), botSpec('x', { publish: fast }), botSpec('late')),
      [],
    );
  });
  after(async () => {
    await host.close();
    await node.close();
  });

  it('takes a bot out in the middle of its join', async () => {
    host.send({ type: 'join', bot: 'late', dueMs: nowMs(), turn: 0 });
    host.send({ type: 'leave', bot: 'late', dueMs: nowMs() + 15, graceMs: 0 });
    await host.event('late', 'left');
    await pause(300);
    const said = host.events.filter(({ bot }) => bot === 'late').map(({ event }) => event);
    assert.equal(said.includes('join-failed') || said.includes('threw'), false, said.join());
  });

  it('goes on when a page crashes', async () => {
    for (const bot of ['a', 'b', 'x']) assert.equal((await host.join(bot)).event, 'joined');
    const renderers = descendants(host.pid).filter(({ command }) => command.includes('--type=renderer'));
    const [victim] = renderers;
    assert.ok(victim);
    const crashed = Promise.race(['a', 'b', 'x'].map((bot) => host.event(bot, 'crashed')));
    process.kill(victim.pid, 'SIGKILL');
    const event = await crashed;
    assert.ok(event.event === 'crashed' && event.what === 'page');
    const { groups } = await host.read();
    assert.deepEqual(
      groups.map(({ peers, unread }) => [peers, unread]),
      [
        [2, 0],
        [2, 0],
      ],
    );
  });

  it('goes on when a browser is killed', async () => {
    const gone = new Set(host.events.flatMap(({ bot, event }) => (event === 'crashed' ? [bot] : [])));
    const browsers = descendants(host.pid).filter(
      ({ command }) => command.includes('--remote-debugging-pipe') && !command.includes('--type='),
    );
    assert.equal(browsers.length, 2);
    const victim = browsers.find(({ command }) => command.includes(gone.has('x') ? 'fps=15' : 'fps=10'));
    assert.ok(victim);
    const lost = (gone.has('x') ? ['a', 'b'] : ['x']).filter((bot) => !gone.has(bot));
    process.kill(victim.pid, 'SIGKILL');
    for (const bot of lost) {
      const event = await host.event(bot, 'crashed');
      assert.ok(event.event === 'crashed' && event.what === 'browser');
    }
    assert.deepEqual(
      (await host.read()).groups.map(({ peers }) => peers),
      Array(2).fill(2 - lost.length),
    );
    assert.deepEqual(await host.prepare(botSpec('new')), []);
    assert.equal((await host.join('new')).event, 'joined');
  });

  it('leaves no Chrome behind when it is killed', async () => {
    const tree = descendants(host.pid);
    assert.ok(tree.some(({ command }) => command.includes('--type=renderer')));
    host.child.kill('SIGKILL');
    assert.deepEqual(await survivorsAfter(tree, 2000), []);
    assert.deepEqual(marked(mark), []);
  });

  it('removes the profile that a killed host left', async () => {
    const { readdirSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const left = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`sfubench-chrome-${host.pid}-`));
    assert.notEqual(left().length, 0);
    const next = await startHost(hostSettings(node.ready.signalingUrl));
    assert.deepEqual(left(), []);
    assert.equal(await next.close(), 0);
  });
});

describe('a bot host', () => {
  const nowhere = 'ws://127.0.0.1:9/';
  it('ends, Chrome included, when its parent is gone', async () => {
    const host = await startHost(hostSettings(nowhere));
    assert.deepEqual(await host.prepare(botSpec('a')), []);
    const tree = descendants(host.pid);
    const goneMs = nowMs();
    host.child.disconnect();
    await host.exited;
    assert.ok(nowMs() - goneMs < 2000);
    assert.deepEqual(await survivorsAfter(tree, 500), []);
  });

  it('reports an SFU that is not there as failed joins', async () => {
    const host = await startHost(hostSettings(nowhere));
    assert.deepEqual(await host.prepare(botSpec('a')), []);
    const failed = await host.join('a');
    assert.ok(failed.event === 'join-failed' && failed.reason === 'unreachable', JSON.stringify(failed));
    const unknown = await host.join('nobody');
    assert.ok(unknown.event === 'join-failed' && unknown.reason === 'crashed');
    host.child.kill('SIGINT');
    host.child.kill('SIGTERM');
    assert.equal(await host.exited, 0);
  });

  it('says why it is of no use', async () => {
    const noBrowser = { executablePath: '/nowhere/chrome', botsPerBrowser: 4, extraArgs: [] };
    await assert.rejects(startHost(hostSettings(nowhere, { chrome: noBrowser })), /browser-missing/);
    const scenarioUrl = 'data:text/javascript,throw new Error("mine")';
    await assert.rejects(
      startHost(hostSettings(nowhere, { scenarioUrl, chrome: null })),
      /scenario-threw: mine/,
    );
  });
});
