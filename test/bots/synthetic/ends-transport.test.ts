/** How a transport ends, and what it says, when the SFU is another one, refuses, falls silent or goes: a real worker. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { types } from 'mediasoup';
import { nowMs } from '../../../bots/clock.ts';
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import { protocol, protocolOf } from '../../../bots/engine/demultiplex.ts';
import type { TransportOffer } from '../../../bots/signaling/signaling.ts';
import { createCertificate, processCertificate } from '../../../bots/synthetic/dtls.ts';
import { Transport } from '../../../bots/synthetic/transport.ts';
import { bareRouter } from '../../support/bare-router.ts';
import { HandLoop } from '../../support/hand-loop.ts';
import { captured } from '../../vectors/captured-mediasoup-media.ts';

interface Case {
  readonly hand: HandLoop;
  readonly transport: Transport;
  readonly remote: types.WebRtcTransport;
  /** Why it failed; once at most. */
  readonly whys: string[];
  [Symbol.dispose](): void;
}

function isDtls(datagram: Buffer): boolean {
  return protocolOf(datagram, 0, datagram.length) === protocol.dtls;
}

/** It has failed once, for this reason; whoever waits for it is told. */
async function assertFailed({ transport, whys }: Case, why: string): Promise<void> {
  assert.deepEqual([transport.state, whys], ['failed', [why]]);
  await assert.rejects(transport.connected, new Error(why));
  transport.close();
  assert.deepEqual(whys, [why]);
}

describe('a transport', () => {
  const sfu = bareRouter();

  /** `change`: what the bot is told instead of the truth. */
  async function begin(change: (offer: TransportOffer) => TransportOffer = (offer) => offer): Promise<Case> {
    const remote = await sfu.transport();
    const hand = await HandLoop.create();
    const whys: string[] = [];
    const { id, iceParameters, iceCandidates, dtlsParameters } = remote;
    const offer = { id, iceParameters, iceCandidates, dtlsParameters } as unknown as TransportOffer;
    const transport = Transport.create({
      loop: hand.loop,
      offer: change(offer),
      certificate: processCertificate(),
      ciphers: nodeCiphers,
      signal: (parameters) => remote.connect({ dtlsParameters: parameters }),
      onConnected: () => undefined,
      onFailed: (why) => whys.push(why),
    });
    const end = (): void => {
      transport.close();
      hand[Symbol.dispose]();
      remote.close();
    };
    return { hand, transport, remote, whys, [Symbol.dispose]: end };
  }

  it('fails when the SFU’s certificate is not the one that was signalled', async () => {
    const { fingerprint } = createCertificate();
    const fingerprints = [fingerprint] as TransportOffer['dtlsParameters']['fingerprints'];
    using one = await begin((offer) => ({ ...offer, dtlsParameters: { role: 'auto', fingerprints } }));
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.whys.length > 0));
    await assertFailed(one, 'DTLS: fingerprint (the peer’s certificate has another fingerprint)');
  });

  it('fails at once when the SFU refuses its ICE password', async () => {
    using one = await begin(({ iceParameters, ...offer }) => ({
      ...offer,
      iceParameters: { ...iceParameters, password: 'not-the-password-of-it' },
    }));
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.whys.length > 0));
    await assertFailed(one, 'ICE: failed (rejected)');
  });

  it('fails ten seconds after the hello when the SFU answers ICE and not DTLS', async () => {
    using one = await begin();
    one.hand.hears = (datagram) => !isDtls(datagram);
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.transport.rttMs !== null));
    const startMs = nowMs();
    one.hand.step(startMs + 9000);
    assert.equal(one.transport.state, 'connecting');
    one.hand.step(startMs + 10_001);
    await assertFailed(one, 'DTLS: timeout (no answer to the hello within 10000 ms)');
  });

  it('fails when there is no SRTP profile in common', async () => {
    using one = await begin();
    // A worker's own flight, which took profile 8, with one in it that nobody offered.
    const hex = captured.dtls.join('').replace('000e00050002000800', '000e00050002000200');
    const flight = Buffer.from(hex, 'hex');
    one.hand.hears = (datagram) => !isDtls(datagram);
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.transport.rttMs !== null));
    one.transport.receive(flight, 0, flight.length, nowMs());
    await assertFailed(one, 'DTLS: no-srtp-profile (offered SRTP profiles 8, 7, 1; the server took 2)');
  });

  it('expires 30 s after the SFU’s last answer', async () => {
    using one = await begin();
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.transport.state === 'connected'));
    one.hand.hears = () => false;
    const silentMs = nowMs();
    for (let seconds = 1; seconds < 30; seconds += 1) {
      one.hand.step(silentMs + seconds * 1000);
      assert.equal(one.transport.state, 'connected', `${seconds} s`);
    }
    await one.transport.connected;
    one.hand.step(silentMs + 30_001);
    assert.deepEqual([one.transport.state, one.whys], ['failed', ['ICE: expired (timeout)']]);
  });

  it('fails when the SFU closes it, and not when it closes itself', async () => {
    using one = await begin();
    one.transport.connect();
    assert.ok(await one.hand.until(() => one.transport.state === 'connected'));
    one.remote.close();
    assert.ok(await one.hand.until(() => one.whys.length > 0));
    assert.deepEqual([one.transport.state, one.whys], ['failed', ['DTLS: the SFU closed it']]);
    using two = await begin();
    two.transport.connect();
    assert.ok(await two.hand.until(() => two.transport.state === 'connected'));
    two.transport.close();
    assert.deepEqual([two.transport.state, two.whys], ['closed', []]);
  });
});
