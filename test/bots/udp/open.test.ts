import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { socketRoom } from '../../../bots/udp/limits.ts';
import { chosenUdp, openUdp } from '../../../bots/udp/open.ts';

describe('choosing an implementation', () => {
  it('batches on Linux, and says so', { skip: process.platform !== 'linux' }, async () => {
    const { port, kind, reason } = await openUdp('auto');
    port.shut();
    assert.deepEqual([kind, reason], ['linux', 'recvmmsg and epoll by FFI']);
  });

  it('the portable one when asked', async () => {
    const { port, kind, reason } = await openUdp('portable');
    port.shut();
    assert.deepEqual([kind, reason], ['portable', 'asked for']);
  });

  it('by the environment, whose mistakes are named', () => {
    assert.equal(chosenUdp({}), 'auto');
    assert.equal(chosenUdp({ SFUBENCH_UDP: 'portable' }), 'portable');
    assert.throws(
      () => chosenUdp({ SFUBENCH_UDP: 'fast' }),
      /SFUBENCH_UDP is "fast", and can be auto, linux or portable/,
    );
  });

  it('the portable one where FFI is not loadable, and the reason once; linux by force is an error', () => {
    // A loader that hides the package stands for an installation without its binary.
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(specifier, context, next) {
        if (specifier === 'koffi') throw new Error('Cannot find the native Koffi module');
        return next(specifier, context);
      } });
      const { openUdp } = await import(${JSON.stringify(new URL('../../../bots/udp/open.ts', import.meta.url).href)});
      const { port, kind, reason } = await openUdp('auto');
      port.shut();
      const forced = await openUdp('linux').catch((error) => error.message);
      process.stdout.write(JSON.stringify([kind, reason, forced]));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.deepEqual(JSON.parse(output), [
      'portable',
      'FFI not usable: Cannot find the native Koffi module',
      'udp "linux" was asked for, but FFI not usable: Cannot find the native Koffi module',
    ]);
  });
});

describe('a process that may open no more', { skip: process.platform !== 'linux' }, () => {
  for (const choice of ['linux', 'portable'] as const)
    it(`is told so by its ${choice} port, which goes on with what it has`, () => {
      const module = JSON.stringify(new URL('../../../bots/udp/open.ts', import.meta.url).href);
      const script = `
        const { openUdp } = await import(${module});
        const { port } = await openUdp('${choice}');
        let refused;
        let open = 0;
        for (; open < 200 && refused === undefined; open++) {
          const opening = port.open({ address: '127.0.0.1' });
          if (opening.state === 'refused') refused = opening.code;
        }
        port.close(0);
        const again = port.open({ address: '127.0.0.1' });
        process.stdout.write(JSON.stringify([refused, open > 20 && open < 100, again.state, again.handle]));
        port.shut();`;
      const command = 'ulimit -n 100 && exec "$0" --input-type=module -e "$1"';
      const output = execFileSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
      assert.deepEqual(JSON.parse(output), ['EMFILE', true, 'open', 0]);
    });
});

describe('room for sockets', () => {
  it('is a number, below the limits it names', () => {
    const room = socketRoom();
    assert.ok(Number.isInteger(room.sockets) && room.sockets > 0);
    if (process.platform !== 'linux') return;
    assert.ok((room.descriptorsOpen ?? 0) > 3);
    assert.ok(room.sockets < (room.descriptorLimit ?? 0));
    assert.ok(room.sockets <= (room.ephemeralPorts ?? 0));
  });

  it('follows RLIMIT_NOFILE', { skip: process.platform !== 'linux' }, () => {
    const module = JSON.stringify(new URL('../../../bots/udp/limits.ts', import.meta.url).href);
    const script = `const { socketRoom } = await import(${module}); process.stdout.write(String(socketRoom().sockets));`;
    const output = execFileSync('sh', [
      '-c',
      'ulimit -n 300 && exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script,
    ]);
    const sockets = Number(output);
    assert.ok(sockets > 100 && sockets < 172, String(sockets));
  });
});
