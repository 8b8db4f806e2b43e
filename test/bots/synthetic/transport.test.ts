/** A transport while it is up, with a real worker; and what its bot tells of one that does not come up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import { nowMs } from '../../../bots/clock.ts';
import { nodeCiphers } from '../../../bots/crypto/node.ts';
import type { EndpointLink } from '../../../bots/endpoint.ts';
import { parseRtp, RtpHeader } from '../../../bots/engine/rtp/header.ts';
import type { RtpCapabilities, TransportOffer } from '../../../bots/signaling/signaling.ts';
import { Crowd } from '../../../bots/synthetic/crowd.ts';
import { contentType, Records } from '../../../bots/synthetic/dtls/records.ts';
import type { RecordKeys } from '../../../bots/synthetic/dtls/secrets.ts';
import { processCertificate } from '../../../bots/synthetic/dtls.ts';
import { Loop } from '../../../bots/synthetic/loop.ts';
import { mostSources } from '../../../bots/synthetic/traffic.ts';
import { Transport } from '../../../bots/synthetic/transport.ts';
import { DgramUdp } from '../../../bots/udp/dgram.ts';
import { UdpOver } from '../../../bots/udp/over.ts';
import type { Opening, SocketRequest, UdpPort } from '../../../bots/udp/port.ts';
import { routerCodecs } from '../../../harness/targets/mediasoup/codecs.ts';
import { bareRouter } from '../../support/bare-router.ts';
import { botSpec, opus } from '../../support/bot-specs.ts';
import { HandLoop } from '../../support/hand-loop.ts';
import { syntheticSettings } from '../../support/running-host.ts';

/** The SFU's side of a client's records. */
function sideOf({ clientKey, clientSalt, serverKey, serverSalt }: RecordKeys): Records {
  const records = new Records();
  records.secure({
    clientKey: serverKey,
    clientSalt: serverSalt,
    serverKey: clientKey,
    serverSalt: clientSalt,
  });
  return records;
}

describe('a connected transport', () => {
  const sfu = bareRouter();

  async function connected(hand: HandLoop): Promise<{ transport: Transport; whys: string[] }> {
    const remote = await sfu.transport();
    const whys: string[] = [];
    const { id, iceParameters, iceCandidates, dtlsParameters } = remote;
    const transport = Transport.create({
      loop: hand.loop,
      offer: { id, iceParameters, iceCandidates, dtlsParameters },
      certificate: processCertificate(),
      ciphers: nodeCiphers,
      signal: (parameters) => remote.connect({ dtlsParameters: parameters }),
      onConnected: () => undefined,
      onFailed: (why) => whys.push(why),
    });
    transport.connect();
    assert.ok(await hand.until(() => transport.state === 'connected'));
    return { transport, whys };
  }

  it('goes on after a warning of the SFU’s DTLS, and ends with its goodbye and with what is fatal', async (test) => {
    for (const [level, description] of [
      [1, 0],
      [2, 80],
    ] as const) {
      using hand = await HandLoop.create();
      const secured = test.mock.method(Records.prototype, 'secure');
      const { transport, whys } = await connected(hand);
      const sfu = sideOf(secured.mock.calls[0]?.arguments[0] as RecordKeys);
      secured.mock.restore();
      const hear = (alert: readonly number[]): void => {
        const datagram = sfu.write(contentType.alert, 1, Buffer.from(alert));
        transport.receive(datagram, 0, datagram.length, nowMs());
      };
      // user_canceled and no_renegotiation.
      for (const warning of [90, 100]) hear([1, warning]);
      assert.deepEqual([transport.state, whys], ['connected', []]);
      hear([level, description]);
      assert.deepEqual([transport.state, whys], ['failed', ['DTLS: the SFU closed it']]);
    }
  });

  it('takes as many streams as its traffic does', async () => {
    using hand = await HandLoop.create();
    const { transport } = await connected(hand);
    const header = new RtpHeader();
    const packet = Buffer.alloc(60);
    packet.writeUInt16BE(0x8060, 0);
    for (let ssrc = 1; ssrc <= mostSources; ssrc += 1) {
      packet.writeUInt32BE(ssrc, 8);
      parseRtp(header, packet, 0, packet.length);
      assert.ok(transport.open(header, packet, 0, packet.length, 0) > 0, `stream ${ssrc}`);
    }
    transport.close();
  });
});

/** Whose buffers are smaller than what was asked for. */
class Narrow extends UdpOver {
  static over(port: UdpPort): Narrow {
    return new Narrow(port);
  }

  override open(request: SocketRequest): Opening {
    const opening = super.open(request);
    return opening.state === 'open' ? { ...opening, hint: 'raise net.core.rmem_max' } : opening;
  }
}

const offer = {
  id: 'transport',
  iceParameters: { usernameFragment: 'name', password: 'not-the-password-of-it', iceLite: true },
  iceCandidates: [{ protocol: 'udp', address: '127.0.0.1', ip: '127.0.0.1', port: 9, priority: 1 }],
  dtlsParameters: { role: 'auto', fingerprints: [] },
} as unknown as TransportOffer;

it('a bot says why its transport failed, and the first of a host that its buffers are small', async () => {
  const warnings: string[] = [];
  const loop = Loop.of({ port: Narrow.over(DgramUdp.create()), kind: 'portable', reason: '' });
  const crowd = await Crowd.create(syntheticSettings(), loop, Infinity, ({ id }, message) =>
    warnings.push(`${id}: ${message}`),
  );
  const failures: string[] = [];
  const link = {
    connectTransport: () => Promise.reject(new Error('no')),
    failed: (direction: string, why: string) => failures.push(`${direction}: ${why}`),
  } as unknown as EndpointLink;
  for (const id of ['a', 'b']) {
    const endpoint = crowd.open(botSpec(id, { kind: 'synthetic', publish: { audio: opus, video: null } }));
    await endpoint.begin(link);
    await endpoint.load(generateRouterRtpCapabilities([...routerCodecs]) as unknown as RtpCapabilities);
    await endpoint.openTransport('send', offer);
    await assert.rejects(endpoint.publish('audio'), /^Error: no$/);
  }
  await setImmediate();
  crowd.close();
  const why = 'send: the SFU refused its DTLS parameters';
  assert.deepEqual([failures, warnings], [[why, why], ['a: raise net.core.rmem_max']]);
});
