/** The ICE client: toward an ICE-Lite peer, toward itself as a full one, and toward peers that refuse or vanish. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hmacSha1 } from '../../../../bots/crypto/hmac-sha1.ts';
import { reason } from '../../../../bots/engine/reason.ts';
import { attribute, messageType } from '../../../../bots/engine/stun/attribute.ts';
import { IceClient, type IceSettings } from '../../../../bots/engine/stun/ice-client.ts';
import { integrityMatches, parseStun, StunMessage } from '../../../../bots/engine/stun/message.ts';
import type { StunSource } from '../../../../bots/engine/stun/responder.ts';
import { maxStunLength, StunWriter } from '../../../../bots/engine/stun/writer.ts';

const a = { ufrag: 'aaaa', password: 'password-of-a-password-of-a' };
const b = { ufrag: 'server', password: 'password-of-b-password-of-b' };
const source: StunSource = { address: Uint8Array.of(127, 0, 0, 1), addressLength: 4, port: 5000 };
const out = new Uint8Array(maxStunLength);

let counter = 0;
function settings(change: Partial<IceSettings> = {}): IceSettings {
  return {
    local: a,
    remote: b,
    remoteLite: true,
    controlling: true,
    priority: 0x7e0000ff,
    tieBreaker: new Uint8Array(8).fill(5),
    hmacSha1,
    random: (bytes, at, length) => {
      counter += 1;
      for (let index = 0; index < length; index += 1) bytes[at + index] = counter >> (index * 8);
    },
    jitter: () => 0.5,
    ...change,
  };
}

/** What an ICE-Lite server answers: success, or an error without integrity. */
function serverAnswer(request: Uint8Array, errorCode = 0, key = b.password): Uint8Array {
  const message = new StunMessage();
  assert.equal(parseStun(message, request, 0, request.length), request.length);
  assert.ok(integrityMatches(message, request, Buffer.from(b.password), hmacSha1));
  assert.equal(
    Buffer.from(request).toString('latin1', message.usernameAt, message.usernameAt + 11),
    'server:aaaa',
  );
  assert.ok(message.priority === 0x7e0000ff && message.controllingAt > 0 && message.useCandidate);
  const writer = new StunWriter();
  const bytes = new Uint8Array(maxStunLength);
  writer.begin(bytes, 0, errorCode === 0 ? messageType.success : messageType.error, request, 8);
  if (errorCode === 0) {
    writer.xorMappedAddress(source.address, 4, source.port);
    writer.integrity(Buffer.from(key), hmacSha1);
  } else writer.errorCode(errorCode);
  return bytes.slice(0, writer.finish());
}

function give(client: IceClient, datagram: Uint8Array, nowMs: number): number {
  return client.receive(datagram, 0, datagram.length, nowMs, source, out, 0);
}

function poll(client: IceClient, nowMs: number): Uint8Array {
  return out.slice(0, client.poll(nowMs, out, 0));
}

function connected(change: Partial<IceSettings> = {}): IceClient {
  const client = IceClient.create(settings(change));
  assert.equal(give(client, serverAnswer(poll(client, 1000)), 1030), 0);
  assert.equal(client.state, 'connected');
  return client;
}

describe('toward an ICE-Lite peer', () => {
  it('connects with one request', () => {
    const client = connected();
    assert.equal(client.rttMs, 30);
    assert.equal(client.nextAtMs, 1030 + 5000);
    assert.equal(poll(client, 6029).length, 0);
  });

  it('sends at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, and fails 8 s later', () => {
    const client = IceClient.create(settings());
    const sentAt: number[] = [];
    const first = poll(client, 0);
    for (let nowMs = 1; nowMs < 60_000; nowMs += 1) {
      const again = poll(client, nowMs);
      if (again.length === 0) continue;
      sentAt.push(nowMs);
      assert.deepEqual(again, first);
    }
    assert.deepEqual(sentAt, [500, 1500, 3500, 7500, 15_500, 31_500]);
    assert.deepEqual([client.state, client.failure], ['failed', 'timeout']);
    assert.equal(client.nextAtMs, Number.POSITIVE_INFINITY);
  });

  it('fails at once when it is refused, with the code', () => {
    const client = IceClient.create(settings());
    assert.equal(give(client, serverAnswer(poll(client, 0), 401), 5), 0);
    assert.deepEqual([client.state, client.failure, client.errorCode], ['failed', 'rejected', 401]);
  });

  it('takes no answer that is forged, repeated or to nobody', () => {
    const client = IceClient.create(settings());
    const request = poll(client, 0);
    assert.equal(give(client, serverAnswer(request, 0, 'wrong'), 1), reason.authentication);
    const answer = serverAnswer(request);
    const other = answer.slice();
    other[10] = (other[10] as number) ^ 1;
    assert.equal(give(client, other, 1), reason.fingerprint);
    assert.equal(give(client, answer, 1), 0);
    assert.equal(give(client, answer, 2), reason.unknownTransaction);
  });

  it('asks for consent with a new id each time, and expires 30 s after the last answer', () => {
    const client = connected();
    const ids = new Set<string>();
    let nowMs = 1030;
    for (let round = 0; round < 20; round += 1) {
      nowMs = client.nextAtMs;
      const request = poll(client, nowMs);
      ids.add(Buffer.from(request.subarray(8, 20)).toString('hex'));
      assert.equal(give(client, serverAnswer(request), nowMs + 4), 0);
    }
    assert.equal(ids.size, 20);
    const lastAnswerMs = nowMs + 4;
    while (client.state === 'connected') {
      nowMs = client.nextAtMs;
      poll(client, nowMs);
    }
    assert.equal(nowMs, lastAnswerMs + 30_000);
    assert.deepEqual([client.state, client.failure], ['expired', 'timeout']);
    assert.equal(poll(client, nowMs + 1e6).length, 0);
  });

  it('counts the answer to a request before the last one', () => {
    const client = connected();
    const early = poll(client, client.nextAtMs);
    poll(client, client.nextAtMs);
    assert.equal(give(client, serverAnswer(early), 12_000), 0);
    let lastMs = 0;
    while (client.state === 'connected') {
      lastMs = client.nextAtMs;
      poll(client, lastMs);
    }
    assert.equal(lastMs, 42_000);
  });

  it('stops when consent is revoked, and only by an authentic 403', () => {
    const client = connected();
    const request = poll(client, client.nextAtMs);
    assert.equal(give(client, serverAnswer(request, 403), 6100), reason.authentication);
    const writer = new StunWriter();
    writer.begin(out, 0, messageType.error, request, 8);
    writer.errorCode(403);
    writer.integrity(Buffer.from(b.password), hmacSha1);
    assert.equal(give(client, out.slice(0, writer.finish()), 6100), 0);
    assert.deepEqual([client.state, client.failure], ['expired', 'revoked']);
  });

  it('is silent once closed', () => {
    const client = connected();
    client.close();
    client.close();
    assert.equal(client.state, 'closed');
    assert.equal(poll(client, 1e9).length, 0);
  });
});

/** Passes datagrams between two clients until neither has anything to say; 10 ms each way. */
function converse(left: IceClient, right: IceClient, lose: (count: number) => boolean = () => false): void {
  const queue: { at: number; to: IceClient; datagram: Uint8Array }[] = [];
  let count = 0;
  const send = (from: IceClient, nowMs: number, datagram: Uint8Array): void => {
    count += 1;
    if (datagram.length > 0 && !lose(count)) {
      queue.push({ at: nowMs + 10, to: from === left ? right : left, datagram });
    }
  };
  for (let nowMs = 0; nowMs < 30_000; nowMs += 10) {
    for (const client of [left, right]) send(client, nowMs, poll(client, nowMs));
    while (queue[0] !== undefined && queue[0].at <= nowMs) {
      const { to, datagram } = queue.shift() as (typeof queue)[0];
      const length = give(to, datagram, nowMs);
      if (length > 0) send(to, nowMs, out.slice(0, length));
    }
  }
}

function full(change: Partial<IceSettings>): IceClient {
  return IceClient.create(settings({ remoteLite: false, ...change }));
}

describe('toward a full peer', () => {
  it('nominates after a valid check, and the controlled side follows', () => {
    const left = full({});
    const right = full({ local: b, remote: a, controlling: false });
    converse(left, right);
    assert.deepEqual([left.state, right.state], ['connected', 'connected']);
    assert.deepEqual([left.controlling, right.controlling], [true, false]);
  });

  it('gets there with every third datagram lost', () => {
    const left = full({});
    const right = full({ local: b, remote: a, controlling: false });
    converse(left, right, (count) => count % 3 === 1);
    assert.deepEqual([left.state, right.state], ['connected', 'connected']);
  });

  for (const controlling of [true, false]) {
    for (const [leftTie, rightTie] of [
      [9, 1],
      [1, 9],
    ] as const) {
      it(`both ${controlling ? 'controlling' : 'controlled'}, tie-breakers ${leftTie} and ${rightTie}`, () => {
        const left = full({ controlling, tieBreaker: new Uint8Array(8).fill(leftTie) });
        const right = full({
          local: b,
          remote: a,
          controlling,
          tieBreaker: new Uint8Array(8).fill(rightTie),
        });
        converse(left, right);
        assert.deepEqual([left.state, right.state], ['connected', 'connected']);
        assert.notEqual(left.controlling, right.controlling);
      });
    }
  }

  it('answers 400, 401 and 420', () => {
    const client = full({});
    const errorOf = (username: string, password: string, unknown: boolean): number => {
      const writer = new StunWriter();
      writer.begin(out, 0, messageType.request, new Uint8Array(12), 0);
      if (username !== '') writer.bytes(attribute.username, Buffer.from(username));
      if (unknown) writer.uint32(0x7ffe, 1);
      if (password !== '') writer.integrity(Buffer.from(password), hmacSha1);
      const length = give(client, out.slice(0, writer.finish()), 0);
      const message = new StunMessage();
      assert.equal(parseStun(message, out, 0, length), length);
      return message.errorCode;
    };
    assert.equal(errorOf('', '', false), 400);
    assert.equal(errorOf('aaaa:server', '', false), 400);
    assert.equal(errorOf('aaaa:server', 'wrong', false), 401);
    assert.equal(errorOf('aaaa:serveR', a.password, false), 401);
    assert.equal(errorOf('aaaa:server', a.password, true), 420);
    assert.equal(errorOf('aaaa:server', a.password, false), 0);
  });
});
