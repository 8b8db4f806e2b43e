/** A bot's media without a browser: two transports, what it receives and what it sends. */
import { randomInt } from 'node:crypto';
import type { BotSpec, MediaKind } from '../bot.ts';
import { nowMs } from '../clock.ts';
import type { Endpoint, EndpointLink, EndpointReading } from '../endpoint.ts';
import type { SrtpCiphers } from '../engine/srtp/ciphers.ts';
import type { SyntheticSettings } from '../messages.ts';
import { randomFrom, seedOf } from '../random.ts';
import type { BotStreamReading } from '../readings.ts';
import type { ConsumerOffer, Direction, RtpCapabilities, TransportOffer } from '../signaling/signaling.ts';
import type { DelayBook } from './delay-book.ts';
import type { DtlsCertificate } from './dtls.ts';
import { Emission } from './emission.ts';
import type { Loop } from './loop.ts';
import { incomingStream, outgoingStream, receiverCapabilities } from './negotiation.ts';
import { audioMaterial, type Publishing, videoMaterials } from './published.ts';
import { Reception } from './reception.ts';
import { Transport } from './transport.ts';

/** What all synthetic bots of a host share. */
export interface Ground {
  readonly loop: Loop;
  readonly certificate: DtlsCertificate;
  readonly ciphers: SrtpCiphers;
  /** 1: every packet is opened and authenticated; N: one in N; 0: none. */
  readonly verifyEvery: number;
  /** What they tell the SFU of what they receive. */
  readonly feedback: SyntheticSettings['feedback'];
  readonly delays: DelayBook;
  /** The run's. */
  readonly seed: number;
  /** What bots publish. */
  readonly publishing: Publishing;
  /** Says what this machine lacks. */
  readonly warn: (spec: BotSpec, message: string) => void;
}

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
  readonly #seed: number;
  #running: Running | null = null;

  /** @throws Error when the bot is to publish what we have no material of */
  static create(spec: BotSpec, ground: Ground): SyntheticBot {
    const { audio, video } = spec.publish;
    if (audio !== null && audio.file !== null) throw new Error('synthetic bots play no audio files');
    if (video !== null) videoMaterials(video, ground.publishing, null);
    return new SyntheticBot(spec, ground);
  }

  private constructor(spec: BotSpec, ground: Ground) {
    this.#spec = spec;
    this.#ground = ground;
    this.#seed = seedOf(ground.seed, spec.id);
  }

  begin(link: EndpointLink): Promise<void> {
    this.#finish();
    const { verifyEvery, feedback, delays } = this.#ground;
    this.#running = {
      link,
      transports: new Map(),
      reception: new Reception({
        verifyEvery,
        feedback,
        onFirstMedia: (atMs) => link.firstMedia(atMs),
        onFirstFrame: (atMs) => link.firstFrame(atMs),
        delays: delays.of(this.#spec.group),
      }),
      emission: new Emission({ loop: this.#ground.loop, cname: this.#spec.id, seed: this.#seed }),
      router: null,
    };
    return Promise.resolve();
  }

  load(capabilities: RtpCapabilities): Promise<RtpCapabilities> {
    this.#session().router = capabilities;
    return Promise.resolve(receiverCapabilities(capabilities, this.#ground.feedback));
  }

  openTransport(direction: Direction, offer: TransportOffer): Promise<void> {
    const { link, transports, reception, emission } = this.#session();
    const { loop, certificate, ciphers, warn } = this.#ground;
    const transport = Transport.create({
      loop,
      offer,
      certificate,
      ciphers,
      signal: (parameters) => link.connectTransport(direction, parameters),
      onConnected: (atMs) => link.connected(direction, atMs),
      onFailed: (why) => link.failed(direction, why),
    });
    if (transport.hint !== null) warn(this.#spec, transport.hint);
    const { network } = this.#spec;
    if (network !== null)
      loop.port.shape(transport.handle, network, (purpose) =>
        randomFrom(seedOf(this.#seed, direction, purpose)),
      );
    transports.set(direction, transport);
    if (direction === 'recv') reception.attach(transport);
    else emission.attach(transport);
    return Promise.resolve();
  }

  async publish(kind: MediaKind): Promise<void> {
    const { link, router, emission } = this.#session();
    const transport = this.#transport('send');
    if (router === null) throw new Error('nothing is known of the SFU’s codecs');
    const { video, audio } = this.#spec.publish;
    const { publishing } = this.#ground;
    const layers = kind === 'video' ? (video?.layers ?? 1) : 1;
    const stream = outgoingStream(router, {
      kind,
      mimeType: kind === 'audio' || video === null ? 'audio/opus' : `video/${video.codec}`,
      mid: mids[kind],
      cname: this.#spec.id,
      sources: Array.from({ length: layers }, () => ({ ssrc: randomSsrc(), rtxSsrc: randomSsrc() })),
    });
    const materials =
      kind === 'audio' || video === null
        ? [audioMaterial(publishing)]
        : videoMaterials(video, publishing, stream.profileLevelId);
    transport.connect();
    await transport.signalled;
    const id = await link.produce(kind, stream.parameters);
    const speech = audio?.speech ?? 'constant';
    if (this.#running?.emission === emission) void emission.add({ id, stream, materials, speech });
  }

  mute(kind: MediaKind, muted: boolean): Promise<void> {
    this.#running?.emission.mute(kind, muted);
    return Promise.resolve();
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
    const { reception, emission, transports } = this.#running;
    const atMs = nowMs();
    const named = (stream: Omit<BotStreamReading, 'bot' | 'atMs'>): BotStreamReading => ({
      bot: this.#spec.id,
      atMs,
      ...stream,
    });
    return {
      streams: [...reception.read(atMs), ...emission.read()].map(named),
      closed: reception.takeClosed().map(named),
      session: {
        paddingPacketsTotal: reception.probationPackets,
        refusedPacketsTotal: [...transports.values()].reduce((sum, { refused }) => sum + refused, 0),
      },
      oneWayMs: this.#ground.delays.of(this.#spec.group),
    };
  }

  #finish(): void {
    const running = this.#running;
    this.#running = null;
    running?.emission.stop();
    for (const transport of running?.transports.values() ?? []) transport.close();
  }
}
