import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Filling } from '../harness/filling.ts';
import type { Sample } from '../harness/record.ts';

/** A second of one worker: its cores, and what the bots had received by its end. */
function second(cores: number | null, received: number, host = 0): readonly Sample[] {
  return [
    { t: 0, e: 'worker:0', s: 0, v: { worker_cpu_cores: cores } },
    { t: 0, e: `bots:crowd:synthetic:video:${host}`, s: 0, v: { rtp_packets_received_total: received } },
  ];
}

function live(filling: Filling, seconds: readonly (readonly Sample[])[]): void {
  for (const samples of seconds) {
    filling.collect(samples);
    filling.tick();
  }
}

/** Ten seconds, each a tenth of a core fuller, up to 95 %, at so much a packet. */
function filled(usPerPacket: number, from = 0): readonly (readonly Sample[])[] {
  let received = 1_000_000;
  return Array.from({ length: 10 }, (_, at) => {
    const cores = Math.min(0.95, from + at * 0.1);
    received += (cores / usPerPacket) * 1e6;
    return second(cores, received);
  });
}

test('it is the CPU per packet of the seconds in which the worker fills', () => {
  const filling = new Filling();
  equal(filling.usPerPacket('crowd'), null);
  filling.begin('crowd');
  live(filling, filled(30));
  ok(Math.abs((filling.usPerPacket('crowd') ?? 0) - 30) < 1e-6);
  filling.begin('crowd');
  equal(filling.usPerPacket('crowd'), null);
});

test('what happens once the worker was full is none of it', () => {
  const filling = new Filling();
  filling.begin('crowd');
  live(filling, filled(30));
  // It fell over, and does little for much.
  live(filling, [second(0.5, 2_000_000), second(0.5, 2_000_001), second(0.5, 2_000_002)]);
  ok(Math.abs((filling.usPerPacket('crowd') ?? 0) - 30) < 1e-6);
});

test('a step that begins with a busy worker tells nothing, nor does one that nobody tells of', () => {
  const filling = new Filling();
  filling.begin('crowd');
  live(filling, filled(30, 0.6));
  equal(filling.usPerPacket('crowd'), null);
  filling.begin('crowd');
  live(
    filling,
    Array.from({ length: 9 }, (_, at) => second(null, at)),
  );
  equal(filling.usPerPacket('crowd'), null);
});

test('bots that leave take their count along, and others come with theirs', () => {
  const filling = new Filling();
  filling.begin('crowd');
  live(filling, [second(0.1, 9_000), second(0.3, 19_000), second(0.3, 0), second(0.3, 500, 1)]);
  equal(filling.usPerPacket('crowd'), null);
  live(filling, [second(0.3, 10_500, 1), second(0.3, 20_500, 1)]);
  ok(Math.abs((filling.usPerPacket('crowd') ?? 0) - 30) < 1e-6);
});
