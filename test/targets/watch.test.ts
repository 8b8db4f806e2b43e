import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeReadings, WorkerReading } from '../../harness/targets/control.ts';
import { TargetWatch } from '../../harness/targets/watch.ts';

function readings(...workers: readonly (readonly [pid: number, alive: boolean])[]): NodeReadings {
  return {
    atMs: 0,
    workers: workers.map(([pid, alive], index) => ({ index, pid, alive }) as WorkerReading),
    streams: [],
  };
}

describe('the watch over a target', () => {
  it('gives up a node that stays silent, once, and not one that was slow for a while', () => {
    const watch = new TargetWatch('elsewhere');
    for (let second = 0; second < 9; second += 1) assert.equal(watch.observe(null, 'late'), null);
    assert.equal(watch.observe(readings([1, true]), null), null);
    for (let second = 0; second < 9; second += 1) assert.equal(watch.observe(null, 'late'), null);
    const death = watch.observe(null, 'refused');
    assert.match(death?.message ?? '', /silent for 10 s: refused/);
    assert.equal(death?.exitCode, 122);
    assert.equal(watch.observe(null, 'refused'), null);
  });

  it('bears with one that we started, whose core the bots take, for a minute', () => {
    const watch = new TargetWatch('ours');
    for (let second = 0; second < 59; second += 1) assert.equal(watch.observe(null, 'late'), null);
    assert.match(watch.observe(null, 'late')?.message ?? '', /silent for 60 s: late/);
  });

  it('sees a restart by the pid of a worker', () => {
    const watch = new TargetWatch('elsewhere');
    assert.equal(watch.observe(readings([1, true], [2, true]), null), null);
    assert.equal(watch.observe(null, 'gone'), null);
    assert.match(
      watch.observe(readings([1, true], [3, true]), null)?.message ?? '',
      /worker 1 had pid 2, now it has 3/,
    );
  });

  it('goes on while one worker lives', () => {
    const watch = new TargetWatch('elsewhere');
    assert.equal(watch.observe(readings([1, false], [2, true]), null), null);
    assert.match(watch.observe(readings([1, false], [2, false]), null)?.message ?? '', /every worker/);
    assert.equal(new TargetWatch('elsewhere').observe(readings(), null), null);
  });
});
