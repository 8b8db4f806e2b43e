/**
 * One session of a bot on the target: signalling on one side, the endpoint with its transports and media on the
 * other. Knows neither Chrome nor protoo, and nothing of scenarios.
 */
import type { BotSpec, MediaKind } from './bot.ts';
import { at, nowMs } from './clock.ts';
import type { Endpoint, EndpointReading } from './endpoint.ts';
import type { JoinFailure, SessionEvent } from './messages.ts';
import { SessionOver } from './session-over.ts';
import type { ConsumerOffer, Direction, Signaling, Target } from './signaling/signaling.ts';
import { SignalingError } from './signaling/signaling.ts';
import { Streams } from './streams.ts';
import { messageOf } from './thrown.ts';
import { Transports } from './transports.ts';

export interface SessionOptions {
  readonly spec: BotSpec;
  readonly peer: string;
  readonly iteration: number;
  readonly dueMs: number;
  readonly endpoint: Endpoint;
  readonly target: Target;
  readonly emit: (event: SessionEvent) => void;
  /** Called once, when the session is over, with its last reading; it may be missing. */
  readonly onEnd: (last: EndpointReading | null) => void;
}

/** One session, from its due instant to its end. */
export class Session {
  readonly #options: SessionOptions;
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<never>();
  readonly #transports: Transports;
  readonly #streams: Streams;
  readonly #callOff: () => void;
  #signaling: Signaling | null = null;
  /** What the join waits for, for the message of a time-out. */
  #stage = 'its function to call join()';
  #entered: Promise<void> | null = null;
  #published: Promise<void> | null = null;
  #settled: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #others = 0;
  #offered = false;
  #silent = false;
  #joined = false;
  #lost = false;
  /** The latest instant that a join is made of. */
  #readyMs = 0;

  static create(options: SessionOptions): Session {
    return new Session(options);
  }

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.#transports = new Transports(options.endpoint);
    this.#streams = new Streams(options.endpoint);
    this.#ended.promise.catch(() => undefined);
    const { dueMs, spec } = options;
    this.#callOff = at(dueMs + spec.joinTimeoutMs, () =>
      this.#fail('timeout', `not joined after ${spec.joinTimeoutMs} ms: it waited for ${this.#stage}`),
    );
  }

  /** Aborts when the session is over, for whatever reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  /** It ended although neither the executor nor its function asked for it. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** In the room, with all that it was to publish. */
  get isPresent(): boolean {
    return this.#joined && !this.isOver;
  }

  async join(): Promise<void> {
    if (this.isOver) return this.#ended.promise;
    this.#entered ??= this.#guard(() => this.#enter());
    await this.#entered;
    if (this.#kinds.length === 0) await this.settle();
  }

  async publish(): Promise<void> {
    await this.join();
    this.#published ??= this.#guard(() => this.#produce());
    await this.#published;
    await this.settle();
  }

  /** Waits until what was begun is connected; this is when the bot counts as joined. */
  settle(): Promise<void> {
    if (this.isOver) return this.#ended.promise;
    if (this.#entered === null) return Promise.reject(new Error('call join() first'));
    this.#settled ??= this.#guard(() => this.#settle());
    return this.#settled;
  }

  /** Stops all RTP; stays in the room. */
  async stopSending(): Promise<void> {
    this.#silent = true;
    this.#streams.silence();
    if (this.#published !== null && !this.isOver) await this.#options.endpoint.stopSending();
  }

  async read(): Promise<EndpointReading> {
    return this.#streams.mark(await this.#options.endpoint.read());
  }

  /** What is asked of the SFU in the middle of a session. */
  async command(step: (streams: Streams, signaling: Signaling) => Promise<void>): Promise<void> {
    if (this.#entered === null) throw new Error('call join() first');
    await this.#entered;
    const signaling = this.#signaling;
    if (this.isOver || signaling === null) return this.#ended.promise;
    await Promise.race([step(this.#streams, signaling), this.#ended.promise]);
  }

  /** Leaves. Idempotent; never rejects. */
  close(reason: 'taken-out' | 'returned'): Promise<void> {
    return this.#end('it left', { event: 'left', reason });
  }

  /** Its function threw: what it did not get to is not the SFU's fault. */
  giveUp(): void {
    if (!this.#joined && !this.isOver) this.#fail('threw', `its function threw before it had joined`);
  }

  /** The endpoint is gone. */
  crash(what: 'page' | 'browser', message: string): void {
    const { iteration, dueMs, emit } = this.#options;
    if (!this.#joined && !this.isOver)
      emit({ event: 'join-failed', iteration, dueMs, reason: 'crashed', message });
    void this.#end(message, { event: 'crashed', what, message });
  }

  get #kinds(): readonly MediaKind[] {
    const { publish } = this.#options.spec;
    return (['audio', 'video'] as const).filter((kind) => publish[kind] !== null);
  }

  /** Runs a step; its failure is the join's, until the bot has joined. */
  async #guard(step: () => Promise<void>): Promise<void> {
    if (this.isOver) return this.#ended.promise;
    try {
      await Promise.race([step(), this.#ended.promise]);
    } catch (thrown) {
      if (this.isOver || this.#joined) throw thrown;
      // An endpoint that fails by itself is the generator's fault, not the SFU's.
      const reason = thrown instanceof SignalingError ? thrown.reason : 'crashed';
      this.#fail(reason, messageOf(thrown));
      return this.#ended.promise;
    }
  }

  async #enter(): Promise<void> {
    const { endpoint, spec } = this.#options;
    this.#stage = 'the WebSocket';
    const [signaling] = await Promise.all([this.#connect(), this.#begin()]);
    this.#stage = 'the router’s capabilities';
    const ours = await endpoint.load(await signaling.routerCapabilities());
    this.#stage = 'its transports';
    const consumes = spec.consume.kinds.length > 0;
    await Promise.all([
      ...(consumes ? [this.#transports.open(signaling, 'recv')] : []),
      ...(this.#kinds.length > 0 ? [this.#transports.open(signaling, 'send')] : []),
    ]);
    this.#stage = 'the answer to join';
    const { others } = await signaling.join(consumes ? ours : null);
    this.#others = others;
    this.#readyMs = nowMs();
    this.#stage = 'its function to call publish() or stay()';
  }

  async #connect(): Promise<Signaling> {
    const { target, spec, peer } = this.#options;
    const signaling = await target.dialect({
      url: target.url,
      tls: target.tls,
      room: spec.room,
      peer,
      consume: spec.consume,
      requestTimeoutMs: spec.joinTimeoutMs,
      listener: {
        consumer: (offer) => this.#consume(offer),
        consumerClosed: (id) => this.#streams.closed(id, this.#signaling),
        consumerPaused: (id, paused) => this.#streams.heldBack(id, paused),
        layersChanged: (consumer, spatial, temporal) =>
          this.#options.emit({ event: 'layers-changed', consumer, spatial, temporal }),
        closed: (error) => this.#lose('signaling-closed', error.message),
      },
    });
    // The session ended meanwhile: this connection is nobody's.
    if (this.isOver) signaling.close();
    this.#signaling = signaling;
    return signaling;
  }

  #begin(): Promise<void> {
    const { dueMs, emit } = this.#options;
    const tell = (event: SessionEvent): void => (this.isOver ? undefined : emit(event));
    return this.#options.endpoint.begin({
      connectTransport: async (direction, dtlsParameters) => {
        await this.#signaling?.connectTransport(this.#transports.id(direction), dtlsParameters);
      },
      produce: async (kind, rtpParameters) => {
        if (this.#signaling === null) throw new Error('not connected');
        const producer = await this.#signaling.produce(this.#transports.id('send'), kind, rtpParameters);
        this.#streams.produced(kind, producer);
        return producer;
      },
      connected: (direction, atMs) => this.#transports.connected(direction, atMs),
      failed: (direction, why) =>
        this.#lose('transport-failed', `ICE or DTLS of the ${direction} transport failed: ${why}`),
      firstMedia: (atMs) => tell({ event: 'first-media', dueMs, firstMediaMs: atMs - dueMs }),
      firstFrame: (atMs) => tell({ event: 'first-frame', dueMs, firstFrameMs: atMs - dueMs }),
    });
  }

  async #consume(offer: ConsumerOffer): Promise<void> {
    if (this.isOver) throw new SessionOver('the session is over');
    this.#offered = true;
    try {
      await this.#streams.consume(offer, this.#signaling);
    } catch (thrown) {
      // What our endpoint cannot take is a failure on our side, of a join that is not done yet.
      const isOurs = !this.isOver && !(thrown instanceof SignalingError);
      if (isOurs && !this.#joined) this.#fail('crashed', messageOf(thrown));
      else if (isOurs) this.#options.emit({ event: 'warning', message: `no consumer: ${messageOf(thrown)}` });
      throw thrown;
    }
  }

  async #produce(): Promise<void> {
    const { endpoint } = this.#options;
    for (const kind of this.#kinds) {
      this.#stage = `the SFU to accept its ${kind}`;
      await endpoint.publish(kind);
      this.#readyMs = nowMs();
    }
    if (this.#silent) await endpoint.stopSending();
  }

  async #settle(): Promise<void> {
    const recv = this.#transports.find('recv');
    // What a publisher's own request to the SFU has pushed out of it, a viewer has to ask for.
    if (recv !== undefined && this.#others > 0 && !this.#offered && this.#published === null) {
      this.#stage = 'the SFU to offer what is in the room';
      await this.#signaling?.settle(recv);
    }
    const carrying: Direction[] = [];
    if (this.#published !== null) carrying.push('send');
    if (this.#offered) carrying.push('recv');
    this.#stage = `ICE and DTLS of its transports (${carrying.join(', ')})`;
    const connectedMs = await this.#transports.allConnectedMs(carrying);
    if (this.isOver) return;
    this.#joined = true;
    this.#callOff();
    const { iteration, dueMs, emit } = this.#options;
    const joinMs = Math.max(this.#readyMs, ...connectedMs) - dueMs;
    emit({ event: 'joined', iteration, dueMs, joinMs });
  }

  /** The connection to the SFU went away. */
  #lose(reason: 'signaling-closed' | 'transport-failed', message: string): void {
    if (this.#joined) void this.#end(message, { event: 'dropped', reason, message });
    else this.#fail(reason, message);
  }

  #fail(reason: JoinFailure, message: string): void {
    const { iteration, dueMs } = this.#options;
    void this.#end(message, { event: 'join-failed', iteration, dueMs, reason, message });
  }

  #end(why: string, event: SessionEvent): Promise<void> {
    this.#closing ??= this.#close(why, event);
    return this.#closing;
  }

  async #close(why: string, event: SessionEvent): Promise<void> {
    const { emit, endpoint, onEnd } = this.#options;
    this.#callOff();
    this.#lost = event.event !== 'left' && !('reason' in event && event.reason === 'threw');
    this.#abort.abort();
    this.#ended.reject(new SessionOver(why));
    emit(event);
    const last = endpoint.end();
    this.#signaling?.close();
    onEnd(await last);
  }
}
