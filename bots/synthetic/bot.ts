/** A bot's media without a browser: two transports, what it receives and what it sends. */
import { randomInt } from 'node:crypto';
import type { BotSpec, MediaKind } from '../bot.ts';
import { nowMs } from '../clock.ts';
import type { Endpoint, EndpointLink, EndpointReading } from '../endpoint.ts';
import type { SrtpCiphers } from '../engine/srtp/ciphers.ts';
import { audioCassette, videoCassette } from '../media/shelf.ts';
import type { BotStreamReading } from '../readings.ts';
import type { ConsumerOffer, Direction, RtpCapabilities, TransportOffer } from '../signaling/signaling.ts';
import type { DtlsCertificate } from './dtls.ts';
import { Emission } from './emission.ts';
import type { Loop } from './loop.ts';
import { incomingStream, outgoingStream, receiverCapabilities } from './negotiation.ts';
import { Reception } from './reception.ts';
import { Transport } from './transport.ts';

/** What all synthetic bots of a host share. */
export interface Ground {
  readonly loop: Loop;
  readonly certificate: DtlsCertificate;
  readonly ciphers: SrtpCiphers;
  /** 1: every packet is opened and authenticated; N: one in N; 0: none. */
  readonly verifyEvery: number;
}

const mimeTypes = { audio: 'audio/opus', video: 'video/VP8' } as const;
const mids = { audio: '0', video: '1' } as const;

function randomSsrc(): number {
  return randomInt(1, 2 ** 32 - 1);
}

/** One session's share of the bot. */
interface Running {
  readonly link: EndpointLink;
  readonly transports: Map<Direction, Transport>;
  readonly reception: Reception;
  readonly emission: Emission;
  router: RtpCapabilities | null;
}

export class SyntheticBot implements Endpoint {
  readonly #spec: BotSpec;
  readonly #ground: Ground;
  #running: Running | null = null;

  /** @throws Error when the bot is to publish what there is no recording of */
  static create(spec: BotSpec, ground: Ground): SyntheticBot {
    const { audio, video } = spec.publish;
    if (audio !== null && audio.file !== null) throw new Error('synthetic bots play no audio files');
    if (video !== null) {
      if (video.codec !== 'VP8' || video.layers !== 1 || video.file !== null)
        throw new Error('synthetic bots publish VP8 in one layer, from their own recordings');
      videoCassette(video);
    }
    return new SyntheticBot(spec, ground);
  }

  private constructor(spec: BotSpec, ground: Ground) {
    this.#spec = spec;
    this.#ground = ground;
  }

  begin(link: EndpointLink): Promise<void> {
    this.#finish();
    const { verifyEvery } = this.#ground;
    const onFirstMedia = (atMs: number): void => link.firstMedia(atMs);
    this.#running = {
      link,
      transports: new Map(),
      reception: new Reception({ verifyEvery, onFirstMedia }),
      emission: new Emission({ loop: this.#ground.loop, cname: this.#spec.id }),
      router: null,
    };
    return Promise.resolve();
  }

  load(capabilities: RtpCapabilities): Promise<RtpCapabilities> {
    this.#session().router = capabilities;
    return Promise.resolve(receiverCapabilities(capabilities));
  }

  openTransport(direction: Direction, offer: TransportOffer): Promise<void> {
    const { link, transports, reception, emission } = this.#session();
    const { loop, certificate, ciphers } = this.#ground;
    const transport = Transport.create({
      loop,
      offer,
      certificate,
      ciphers,
      signal: (parameters) => link.connectTransport(direction, parameters),
      onConnected: (atMs) => link.connected(direction, atMs),
      onFailed: () => link.failed(direction),
    });
    transports.set(direction, transport);
    if (direction === 'recv') reception.attach(transport);
    else emission.attach(transport);
    return Promise.resolve();
  }

  async publish(kind: MediaKind): Promise<void> {
    const { link, router, emission } = this.#session();
    const transport = this.#transport('send');
    if (router === null) throw new Error('nothing is known of the SFU’s codecs');
    const source = { ssrc: randomSsrc(), rtxSsrc: randomSsrc() };
    const [mimeType, mid, cname] = [mimeTypes[kind], mids[kind], this.#spec.id];
    const stream = outgoingStream(router, { kind, mimeType, mid, cname, sources: [source] });
    transport.connect();
    await transport.signalled;
    const id = await link.produce(kind, stream.parameters);
    const { video } = this.#spec.publish;
    const cassette = kind === 'audio' || video === null ? audioCassette() : videoCassette(video);
    if (this.#running?.emission === emission) void emission.add({ id, stream, source, cassette });
  }

  async consume(offer: ConsumerOffer): Promise<void> {
    const { reception } = this.#session();
    const transport = this.#transport('recv');
    reception.add(incomingStream(offer), offer.paused);
    transport.connect();
    await transport.connected;
  }

  closeConsumer(id: string): void {
    this.#running?.reception.remove(id);
  }

  pauseConsumer(id: string, paused: boolean): void {
    this.#running?.reception.pause(id, paused);
  }

  read(): Promise<EndpointReading> {
    return Promise.resolve(this.#read());
  }

  stopSending(): Promise<void> {
    this.#running?.emission.stop();
    return Promise.resolve();
  }

  end(): Promise<EndpointReading | null> {
    const last = this.#running === null ? null : this.#read();
    this.#finish();
    return Promise.resolve(last);
  }

  close(): Promise<void> {
    this.#finish();
    return Promise.resolve();
  }

  #session(): Running {
    if (this.#running === null) throw new Error('no session has begun');
    return this.#running;
  }

  #transport(direction: Direction): Transport {
    const transport = this.#session().transports.get(direction);
    if (transport === undefined) throw new Error(`no transport to ${direction}`);
    return transport;
  }

  #read(): EndpointReading {
    if (this.#running === null) return { streams: [], closed: [] };
    const { reception, emission } = this.#running;
    const atMs = nowMs();
    const named = (stream: Omit<BotStreamReading, 'bot' | 'atMs'>): BotStreamReading => ({
      bot: this.#spec.id,
      atMs,
      ...stream,
    });
    return {
      streams: [...reception.read(atMs), ...emission.read()].map(named),
      closed: reception.takeClosed().map(named),
    };
  }

  #finish(): void {
    const running = this.#running;
    this.#running = null;
    running?.emission.stop();
    for (const transport of running?.transports.values() ?? []) transport.close();
  }
}
