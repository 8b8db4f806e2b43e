/** Errors that nobody caught: whose they are. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ScenarioAbort } from '../../../bots/script/functions.ts';
import type { Scope } from '../../../bots/script/scope.ts';
import { blameFor } from '../../../bots/script/uncaught.ts';
import { SessionOver } from '../../../bots/session-over.ts';
import { SignalingError } from '../../../bots/signaling/signaling.ts';
import { root } from '../../support/sources.ts';

const scenarioUrl = `${pathToFileURL('/home/me/my load/meeting.ts').href}?0a1b`;
const inScenario = `${scenarioUrl}:6:7`;
const imported = 'file:///home/me/my%20load/lib/pace.ts:3:4';
const dependency = 'file:///home/me/node_modules/agent/index.js:1:2';
const node = 'node:internal/deps/undici/undici:14900:13';
const engine = `${pathToFileURL(`${root}/bots/engine/rtp/packet.ts`).href}:10:2`;

function thrownAt(...places: readonly string[]): Error {
  const error = new TypeError('fetch failed: (file:///home/me/not-a-frame.ts:1:1)');
  error.stack = [`TypeError: ${error.message}`, ...places.map((place) => `    at act (${place})`)].join('\n');
  return error;
}

function nothing(): void {
  return undefined;
}

function scope(out = new AbortController()): Scope {
  return { group: 'a', bot: 'synthetic', signal: out.signal, abort: nothing, threw: nothing, warn: nothing };
}

const over = new AbortController();
over.abort();

test('an error with a frame of the scenario or of what it imports is the scenario’s, whoever called', () => {
  for (const place of [inScenario, imported, '/home/me/my load/old.cjs:2:1']) {
    equal(blameFor(thrownAt(node, place), undefined, scenarioUrl), 'scenario', place);
    equal(blameFor(thrownAt(engine, place), scope(), scenarioUrl), 'scenario', place);
  }
  const error = thrownAt();
  error.stack = `Error: x\n    at async ${imported}`;
  equal(blameFor(error, undefined, scenarioUrl), 'scenario');
});

test('one that a bot’s function has begun and that left no frame is, too', () => {
  for (const thrown of [thrownAt(node), thrownAt(dependency), thrownAt(), 'a text', undefined]) {
    equal(blameFor(thrown, scope(), scenarioUrl), 'scenario');
    equal(blameFor(thrown, undefined, scenarioUrl), 'host', 'nobody knows whose it is');
  }
  const refused = new SignalingError('refused', 'no such consumer');
  equal(blameFor(refused, scope(), scenarioUrl), 'scenario');
});

test('one of our own code ends the host', () => {
  equal(blameFor(thrownAt(engine, node), scope(), scenarioUrl), 'host');
  equal(blameFor(thrownAt(engine), undefined, scenarioUrl), 'host');
  ok(/uncaught\.test\.ts/.test(new Error('real').stack ?? ''));
  equal(blameFor(thrownAt(engine, node), scope(over), scenarioUrl), 'host', 'after its session, too');
});

test('what everything rejects with whose session is over is nobody’s', () => {
  for (const thrown of [new SessionOver('it left'), new ScenarioAbort('enough')]) {
    equal(blameFor(thrown, scope(), scenarioUrl), 'nobody');
    equal(blameFor(thrown, undefined, scenarioUrl), 'nobody');
  }
  equal(blameFor(thrownAt(inScenario), scope(over), scenarioUrl), 'nobody');
});
