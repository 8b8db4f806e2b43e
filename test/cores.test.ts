import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { divideCores, lockCores, parseCores } from '../harness/cores.ts';
import type { BenchError } from '../harness/errors.ts';

const wishes = { workers: 1, embedded: true, sfu: null, generator: null };
/** No machine has these, so that no other run can hold them. */
const unreal = [7001, 7002, 7003];

describe('dividing cores', () => {
  it('gives the first to the worker and the second to everything else', () => {
    const { sfu, generator } = divideCores([0, 1], wishes);
    assert.deepEqual({ sfu, generator }, { sfu: [0], generator: [1] });
  });

  it('pins nothing on one core, and says so', () => {
    const { sfu, generator, shared } = divideCores([3], wishes);
    assert.deepEqual({ sfu, generator }, { sfu: null, generator: null });
    assert.match(shared.join(), /share every core/);
  });

  it('says when workers have to share', () => {
    assert.match(divideCores([0, 1], { ...wishes, workers: 4 }).shared.join(), /4 workers share 1 cores/);
  });

  it('never gives a core to both unless asked to, and uses allowed cores only', () => {
    const allowed = fc.uniqueArray(fc.nat({ max: 63 }), { minLength: 2, maxLength: 16 });
    fc.assert(
      fc.property(allowed, fc.integer({ min: 1, max: 20 }), (cores, workers) => {
        const { sfu, generator } = divideCores(cores, { ...wishes, workers });
        assert.ok(sfu !== null && generator !== null && sfu.length > 0 && generator.length > 0);
        assert.deepEqual(new Set([...sfu, ...generator]), new Set(cores));
        assert.equal(sfu.length + generator.length, cores.length);
      }),
    );
  });

  it('reads lists as taskset writes them', () => {
    assert.deepEqual(parseCores('0,2-4'), [0, 2, 3, 4]);
    assert.deepEqual(parseCores('1, 1'), [1]);
    for (const text of ['', 'a', '3-1', '-1', '1,,2', '99999']) assert.equal(parseCores(text), null, text);
  });
});

describe('locking cores', () => {
  it('refuses a core that a living process holds, names it, and takes none of the others', () => {
    const release = lockCores([7002], '/runs/one');
    assert.throws(
      () => lockCores(unreal, '/runs/two'),
      (error: BenchError) => {
        assert.equal(error.exitCode, 123);
        assert.equal(error.code, 'CORE_TAKEN');
        assert.match(error.message, new RegExp(`core 7002 .*pid ${process.pid}`));
        assert.equal(error.detail.file, '/runs/one');
        return true;
      },
    );
    lockCores([7001, 7003], '/runs/three')();
    release();
    lockCores(unreal, '/runs/four')();
  });

  it('takes over the lock of a process that was killed', async () => {
    const code = `import { lockCores } from ${JSON.stringify(new URL('../harness/cores.ts', import.meta.url).href)};
      lockCores([7010], '/runs/killed'); process.stdout.write('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.throws(() => lockCores([7010], '/runs/second'), { code: 'CORE_TAKEN' });
    child.kill('SIGKILL');
    await once(child, 'close');
    lockCores([7010], '/runs/third')();
  });
});
