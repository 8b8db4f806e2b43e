import { equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { BenchError } from '../harness/errors.ts';
import { botsThatFit, refuseTooManyBots } from '../harness/sockets.ts';
import { botSpec } from './support/bot-specs.ts';

const all = Array.from({ length: 100 }, (_, index) => botSpec(`crowd-${index}`, { kind: 'synthetic' }));
const viewers = all.map((bot) => ({ ...bot, publish: { audio: null, video: null } }));

test('bots fit as long as each host has a descriptor for each of their sockets', () => {
  const limits = { descriptors: 192 + 30, ports: null, sleepers: null };
  equal(botsThatFit(all, 1, limits), 10);
  equal(botsThatFit(viewers, 1, limits), 15);
  equal(botsThatFit(all, 3, limits), 30);
  equal(botsThatFit(all, 1, { descriptors: 100, ports: null, sleepers: null }), 0);
  equal(botsThatFit(all, 1, { descriptors: Number.POSITIVE_INFINITY, ports: null, sleepers: null }), 100);
  equal(botsThatFit(all, 1, { descriptors: null, ports: null, sleepers: null }), 100);
});

test('local ports are shared by all hosts', () => {
  equal(botsThatFit(all, 4, { descriptors: null, ports: 41, sleepers: null }), 20);
});

function refused(message: RegExp, hint: RegExp) {
  return (thrown: unknown): boolean => {
    if (!(thrown instanceof BenchError)) return false;
    equal(thrown.exitCode, 123);
    return message.test(thrown.message) && hint.test(thrown.detail.hint ?? '');
  };
}

test('too many are refused with the number that fits, and what to do', () => {
  throws(
    () => refuseTooManyBots(all, 2, { descriptors: 222, ports: 30_000, sleepers: null }),
    refused(/100 synthetic bots .* 222 open files for each of 2 bot hosts .* 20 bots fit/, /ulimit -n/),
  );
  throws(
    () => refuseTooManyBots(all, 2, { descriptors: 9_000, ports: 50, sleepers: null }),
    refused(/50 local ports .* 25 bots fit/, /ip_local_port_range/),
  );
  refuseTooManyBots(all, 2, { descriptors: 9_000, ports: 30_000, sleepers: null });
});

test('no more are woken per packet than there are threads to sleep', () => {
  const limits = { descriptors: null, ports: null, sleepers: 25 };
  equal(botsThatFit(all, 2, limits), 24);
  equal(botsThatFit(viewers, 2, limits), 50);
  throws(
    () => refuseTooManyBots(all, 2, limits),
    refused(/25 threads to be woken .* each of 2 bot hosts, 24 bots fit/, /wake: 'batch'/),
  );
});
