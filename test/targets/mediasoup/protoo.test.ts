/** protoo's framing: what is said comes out as it went in, and what is malformed has one of two ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { WebSocket, WebSocketServer } from 'ws';
import { type Frame, formatFrame, parseFrame } from '../../../harness/targets/mediasoup/protoo.ts';
import {
  ProtooConnection,
  ProtooError,
  type ProtooHandlers,
  protooLimits,
} from '../../../harness/targets/mediasoup/protoo-connection.ts';

describe('frames', () => {
  const id = fc.nat();
  const method = fc.string({ minLength: 1, maxLength: 256 });
  const data = fc
    .dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue(),
    )
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.record({ type: fc.constant('request' as const), id, method, data }),
    fc.record({ type: fc.constant('notification' as const), method, data }),
    fc.record({ type: fc.constant('response' as const), id, ok: fc.constant(true as const), data }),
    fc.record({
      type: fc.constant('response' as const),
      id,
      ok: fc.constant(false as const),
      errorCode: fc.integer(),
      errorReason: fc.string(),
    }),
  );

  it('read as they were written', () => {
    fc.assert(
      fc.property(frame, (given) => assert.deepEqual({ ...parseFrame(formatFrame(given)) }, { ...given })),
    );
  });

  it('of any text are a frame or a fault, and never an exception', () => {
    const types = ['request', 'notification', 'response', 'reject', 'close'];
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ request: fc.anything(), id: fc.anything(), method: fc.anything() })
        .map((value) => asJson(value)),
      fc
        .record({ response: fc.boolean(), id: fc.anything(), ok: fc.anything() })
        .map((value) => asJson(value)),
      fc.tuple(frame, fc.nat()).map(([given, cut]) => formatFrame(given).slice(0, cut)),
    );
    fc.assert(
      fc.property(anything, (text) => assert.ok(types.includes(parseFrame(text).type))),
      { numRuns: 2000 },
    );
  });

  for (const [text, expected] of [
    ['{', { type: 'close', closeCode: 1007, reason: 'frame is not JSON' }],
    ['null', { type: 'close', closeCode: 1008, reason: 'frame is not an object' }],
    ['{}', { type: 'close', closeCode: 1008, reason: 'frame is no request, response or notification' }],
    ['{"request":true,"method":"x"}', { type: 'close', closeCode: 1008, reason: 'request without an id' }],
    ['{"request":true,"id":7}', { type: 'reject', id: 7, reason: 'request without a method' }],
    ['{"request":true,"id":7,"method":"x"}', { type: 'request', id: 7, method: 'x', data: {} }],
    ['{"notification":true}', { type: 'close', closeCode: 1008, reason: 'notification without a method' }],
    ['{"response":true,"id":-1}', { type: 'close', closeCode: 1008, reason: 'response without an id' }],
    [
      '{"response":true,"id":1}',
      { type: 'response', id: 1, ok: false, errorCode: 500, errorReason: 'no reason given' },
    ],
  ] as const) {
    it(`${text} is ${expected.type}`, () => assert.deepEqual(parseFrame(text), expected));
  }
});

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

const echo: ProtooHandlers['request'] = (method, data) =>
  method === 'echo' ? Promise.resolve(data) : Promise.reject(new ProtooError(418, 'no'));
const never: ProtooHandlers['request'] = () => new Promise(() => undefined);

describe('a connection', () => {
  let server: WebSocketServer;
  before(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
  });
  after(() => server.close());

  const silent: ProtooHandlers = {
    request: () => Promise.resolve({}),
    notification: () => undefined,
    closed: () => undefined,
  };

  async function pair(near: Partial<ProtooHandlers>, far: Partial<ProtooHandlers>, requestTimeoutMs = 1000) {
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const limits = { ...protooLimits, requestTimeoutMs, requestsInWork: 2 };
    const [other] = await accepted;
    const wire = { corks: 0, cork: () => void (wire.corks += 1), uncork: () => undefined };
    return {
      near: ProtooConnection.create({ socket, wire }, { ...silent, ...near }, limits),
      far: ProtooConnection.create({ socket: other, wire }, { ...silent, ...far }, limits),
      wire,
    };
  }

  it('answers requests both ways, with data or with a code', async () => {
    const { near, far } = await pair({ request: echo }, { request: echo });
    for (const one of [near, far]) {
      assert.deepEqual(await one.request('echo', { a: [1] }), { a: [1] });
      await assert.rejects(one.request('other', {}), { code: 418, message: 'no' });
    }
    near.close();
  });

  it('gives up a request that nobody answers, and all of them when it ends', async () => {
    const reasons: string[] = [];
    const { near } = await pair({ closed: (reason) => reasons.push(reason) }, { request: never }, 30);
    await assert.rejects(near.request('wait', {}), { code: 408 });
    const open = near.request('wait', {});
    near.close(4000, 'over');
    near.close(4000, 'again');
    await assert.rejects(open, { code: 410, message: 'over' });
    await assert.rejects(near.request('late', {}), { code: 410 });
    assert.deepEqual(reasons, ['over']);
  });

  it('works on a bounded number of requests at a time', async () => {
    const gate = Promise.withResolvers<object>();
    const { near } = await pair({}, { request: () => gate.promise });
    const open = [near.request('a', {}), near.request('b', {})];
    await assert.rejects(near.request('c', {}), { code: 429 });
    gate.resolve({});
    await Promise.all(open);
    near.close();
  });

  it('gathers notifications, which nothing overtakes, and which leave before the end', async () => {
    const heard: string[] = [];
    const gathered = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    const { far, wire } = await pair(
      {
        notification: (method) => {
          heard.push(method);
          if (method === 'five') gathered.resolve();
        },
        request: (method) => Promise.resolve(void heard.push(`${method}?`)),
        closed: ended.resolve,
      },
      {},
    );
    for (const method of ['one', 'two', 'three']) far.notify(method, {});
    assert.equal(wire.corks, 0);
    await far.request('now', {});
    assert.deepEqual(heard, ['one', 'two', 'three', 'now?']);
    // That of the answer is the other end's.
    assert.equal(wire.corks, 2);
    far.notify('four', {});
    far.notify('five', {});
    await gathered.promise;
    assert.equal(wire.corks, 3);
    far.notify('six', {});
    far.close(4000, 'bye');
    far.notify('seven', {});
    await ended.promise;
    assert.deepEqual(heard.slice(4), ['four', 'five', 'six']);
  });

  it('ends once where the other side reads too slowly, also with notifications that wait', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const reasons: string[] = [];
    const wire = { cork: () => undefined, uncork: () => undefined };
    const handlers = { ...silent, closed: (reason: string) => reasons.push(reason) };
    const slow = ProtooConnection.create({ socket, wire }, handlers, { ...protooLimits, bufferedBytes: -1 });
    slow.notify('one', {});
    slow.close(4000, 'bye');
    assert.deepEqual(reasons, ['peer reads too slowly']);
  });

  it('tells its end once when the other side closes', async () => {
    const ended = Promise.withResolvers<string>();
    const { far } = await pair({ closed: ended.resolve }, {});
    far.close(4000, 'bye');
    assert.match(await ended.promise, /4000 bye/);
  });
});
