/** A worker's router, and on plain transports of it a publisher and viewers that use the engine over SRTP. */
import { randomBytes } from 'node:crypto';
import { createWorker, type types } from 'mediasoup';
import type { SrtpCiphers } from '../../../bots/engine/srtp/ciphers.ts';
import type { SrtpProfile } from '../../../bots/engine/srtp/profile.ts';
import { workerInput } from '../../support/running-node.ts';
import {
  connectedSocket,
  keysOf,
  mediaSsrc,
  Publisher,
  payloadTypes,
  rtxSsrc,
  Viewer,
} from './mediasoup-link.ts';

const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];

function ourKey(profile: SrtpProfile): types.SrtpParameters {
  return {
    cryptoSuite: profile.name,
    keyBase64: randomBytes(profile.keyLength + profile.saltLength).toString('base64'),
  };
}

export interface LinkSettings {
  readonly profile: SrtpProfile;
  readonly ciphers: SrtpCiphers;
  /** Of the packets that either side sends or hears. */
  readonly lossRatio: number;
}

export class MediasoupRoom {
  readonly #worker: types.Worker;
  readonly #router: types.Router;

  static async create(): Promise<MediasoupRoom> {
    const worker = await createWorker({ workerBin: workerInput().workerBin });
    const router = await worker.createRouter({
      mediaCodecs: [
        {
          kind: 'video',
          mimeType: 'video/VP8',
          clockRate: 90_000,
          rtcpFeedback: feedback,
          preferredPayloadType: payloadTypes.media,
        },
      ],
    });
    return new MediasoupRoom(worker, router);
  }

  private constructor(worker: types.Worker, router: types.Router) {
    this.#worker = worker;
    this.#router = router;
  }

  close(): void {
    this.#worker.close();
  }

  async publish(settings: LinkSettings): Promise<{ publisher: Publisher; producer: types.Producer }> {
    const { profile, ciphers, lossRatio } = settings;
    const plain = await this.#transport(profile, true);
    const ours = ourKey(profile);
    await plain.connect({ srtpParameters: ours });
    const producer = await plain.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [
          {
            mimeType: 'video/VP8',
            payloadType: payloadTypes.media,
            clockRate: 90_000,
            rtcpFeedback: feedback,
          },
          {
            mimeType: 'video/rtx',
            payloadType: payloadTypes.rtx,
            clockRate: 90_000,
            parameters: { apt: payloadTypes.media },
          },
        ],
        encodings: [{ ssrc: mediaSsrc, rtx: { ssrc: rtxSsrc } }],
      },
    });
    const theirs = keysOf(profile, plain.srtpParameters?.keyBase64 ?? '');
    const socket = await connectedSocket(plain.tuple);
    const own = keysOf(profile, ours.keyBase64);
    return { producer, publisher: new Publisher(socket, own, theirs, ciphers, lossRatio) };
  }

  async view(
    settings: LinkSettings,
    producer: types.Producer,
  ): Promise<{ viewer: Viewer; consumer: types.Consumer }> {
    const { profile, ciphers, lossRatio } = settings;
    const plain = await this.#transport(profile, false);
    const ours = ourKey(profile);
    const socket = await connectedSocket(plain.tuple);
    await plain.connect({ ip: '127.0.0.1', port: socket.address().port, srtpParameters: ours });
    const consumer = await plain.consume({
      producerId: producer.id,
      enableRtx: true,
      paused: true,
      rtpCapabilities: this.#router.rtpCapabilities,
    });
    const encoding = consumer.rtpParameters.encodings?.[0];
    const theirs = keysOf(profile, plain.srtpParameters?.keyBase64 ?? '');
    const ssrcs = [encoding?.ssrc ?? 0, encoding?.rtx?.ssrc ?? 0] as const;
    const viewer = new Viewer(socket, keysOf(profile, ours.keyBase64), theirs, ciphers, lossRatio, ssrcs);
    await consumer.resume();
    return { viewer, consumer };
  }

  #transport(profile: SrtpProfile, comedia: boolean): Promise<types.PlainTransport> {
    return this.#router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      comedia,
      enableSrtp: true,
      srtpCryptoSuite: profile.name,
    });
  }
}
