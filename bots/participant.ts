/**
 * A bot's life on a host: its endpoint is ready, it joins at its due instant, its function drives one session after
 * the other, until the executor takes it out, the function is done, or its endpoint is gone.
 */
import type { Bot, BotFunction, BotSpec, MediaKind } from './bot.ts';
import { at, nowMs } from './clock.ts';
import type { Endpoint, EndpointReading } from './endpoint.ts';
import type { BotEvent, SessionEvent } from './messages.ts';
import { Session } from './session.ts';
import type { Target } from './signaling/signaling.ts';

/** Iterations begin at least this far apart: a function that returns at once shall not eat the generator. */
const leastIterationMs = 100;

export interface ParticipantOptions {
  readonly spec: BotSpec;
  readonly endpoint: Endpoint;
  readonly target: Target;
  readonly perform: BotFunction;
  readonly emit: (event: BotEvent) => void;
  readonly onReading: (reading: EndpointReading) => void;
  readonly onSessionEnd: () => void;
  /** The bot will join no more; its endpoint is closed. */
  readonly onDone: () => void;
}

/** What a bot does whose scenario says nothing else. */
export const joinPublishStay: BotFunction = async (bot) => {
  await bot.join();
  await bot.publish();
  await bot.stay();
};

/**
 * A promise that a scenario may leave alone: what a session rejects with when it ends is in the events already, and
 * must not end the host as an unhandled rejection.
 */
function harmless(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}

/** The handle that the scenario's function holds. */
function handleOf(spec: BotSpec, iteration: number, session: Session): Bot {
  const { signal } = session;
  let published: Promise<void> | null = null;
  async function stay(ms?: number): Promise<void> {
    await session.settle();
    await new Promise<void>((resolve, reject) => {
      const over = (): void => reject(new Error('the session is over'));
      if (signal.aborted) return over();
      signal.addEventListener('abort', over, { once: true });
      if (ms === undefined) return;
      at(nowMs() + ms, () => {
        signal.removeEventListener('abort', over);
        resolve();
      });
    });
  }
  function publish(): Promise<void> {
    published = harmless(session.publish());
    return published;
  }
  async function mute(kind: MediaKind, muted: boolean): Promise<void> {
    if (published === null) throw new Error('call publish() first');
    await published;
    await session.command((streams, signaling) => streams.mute(signaling, kind, muted));
  }
  async function pause(kind: MediaKind | undefined, paused: boolean): Promise<void> {
    await session.command((streams, signaling) => streams.pause(signaling, kind, paused));
  }
  async function switchLayers(spatial: number, temporal?: number): Promise<void> {
    await session.command((streams, signaling) => streams.preferLayers(signaling, spatial, temporal ?? null));
  }
  return {
    id: spec.id,
    room: spec.room,
    kind: spec.kind,
    iteration,
    signal,
    join: () => harmless(session.join()),
    publish,
    mute: (kind, muted = true) => harmless(mute(kind, muted)),
    pause: (kind) => harmless(pause(kind, true)),
    resume: (kind) => harmless(pause(kind, false)),
    switchLayers: (spatial, temporal) => harmless(switchLayers(spatial, temporal)),
    stay: (ms) => harmless(stay(ms)),
    leave: () => session.close('returned'),
  };
}

/** One bot, from its preparation to its end. */
export class Participant {
  readonly #options: ParticipantOptions;
  readonly #out = Promise.withResolvers<void>();
  #callOff: () => void = () => undefined;
  #session: Session | null = null;
  #running: Promise<void> | null = null;
  #reading: Promise<boolean> | null = null;
  #isOut = false;
  #isGone = false;
  #silent = false;
  #warned = false;
  #closing: Promise<void> | null = null;

  static create(options: ParticipantOptions): Participant {
    return new Participant(options);
  }

  private constructor(options: ParticipantOptions) {
    this.#options = options;
  }

  get spec(): BotSpec {
    return this.#options.spec;
  }

  get isPresent(): boolean {
    return this.#session?.isPresent ?? false;
  }

  /** Starts the bot's function at an instant, which may have passed. A second call does nothing. */
  join(dueMs: number): void {
    if (this.#running !== null || this.#isOut) return;
    this.#running = Promise.withResolvers<void>().promise;
    this.#callOff = at(dueMs, () => {
      this.#running = this.#run(dueMs);
    });
  }

  /** Takes the bot out at an instant. */
  leave(dueMs: number): void {
    at(dueMs, () => void this.close());
  }

  /** Whether the bot answered; `onReading` has what it read. A bot that is in no session answers with nothing. */
  read(): Promise<boolean> {
    const session = this.#session;
    if (session === null || session.isOver) return Promise.resolve(true);
    this.#reading ??= this.#read(session).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Stops publishing, now and for good. */
  async stopSending(): Promise<void> {
    this.#silent = true;
    await this.#session?.stopSending();
  }

  /** The endpoint is gone. */
  crash(what: 'page' | 'browser', message: string): void {
    if (this.#isGone || this.#closing !== null) return;
    this.#isGone = true;
    if (this.#session === null || this.#session.isOver) this.#emit({ event: 'crashed', what, message });
    else this.#session.crash(what, message);
    void this.close();
  }

  /** Takes the bot out and closes its endpoint. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isOut = true;
    this.#callOff();
    this.#out.resolve();
    await this.#session?.close('taken-out');
    await this.#options.endpoint.close();
    this.#options.onDone();
  }

  async #run(dueMs: number): Promise<void> {
    let iterationDueMs = dueMs;
    for (let iteration = 0; !this.#isOut; iteration += 1) {
      const startedMs = nowMs();
      await this.#iterate(iteration, iterationDueMs);
      if (!this.#options.spec.repeat || this.#isOut) break;
      await this.#pace(nowMs() - startedMs);
      iterationDueMs = nowMs();
    }
    await this.close();
  }

  /** One session; over when the function has returned, or the bot was taken out. Never rejects. */
  async #iterate(iteration: number, dueMs: number): Promise<void> {
    const { spec, endpoint, target, onReading, onSessionEnd } = this.#options;
    const session = Session.create({
      spec,
      peer: iteration === 0 ? spec.id : `${spec.id}-${iteration}`,
      iteration,
      dueMs,
      endpoint,
      target,
      emit: (event) => this.#emit(event),
      onEnd: (last) => {
        if (last !== null) onReading(last);
        onSessionEnd();
      },
    });
    this.#session = session;
    if (this.#silent) await session.stopSending();
    // A function that goes on after it was taken out is left behind.
    await Promise.race([this.#perform(session, iteration), this.#out.promise]);
    const isComplete = !this.#isOut && !session.isLost;
    await session.close(this.#isOut ? 'taken-out' : 'returned');
    if (isComplete) this.#emit({ event: 'iteration', iteration });
  }

  async #perform(session: Session, iteration: number): Promise<void> {
    const { spec, perform } = this.#options;
    try {
      await perform(handleOf(spec, iteration, session));
    } catch (thrown) {
      // What a session rejects with when it ends is no fault of the function.
      if (session.isOver) return;
      const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      this.#emit({ event: 'threw', message });
    }
  }

  async #pace(tookMs: number): Promise<void> {
    if (tookMs >= leastIterationMs) return;
    if (!this.#warned) {
      this.#warned = true;
      const message = `an iteration took ${Math.round(tookMs)} ms: the next begins ${leastIterationMs} ms after its start`;
      this.#emit({ event: 'warning', message });
    }
    await Promise.race([
      new Promise<void>((resolve) => at(nowMs() + leastIterationMs - tookMs, resolve)),
      this.#out.promise,
    ]);
  }

  async #read(session: Session): Promise<boolean> {
    try {
      const reading = await session.read();
      // A late answer may belong to a session whose end was counted already.
      if (session === this.#session && !session.isOver) this.#options.onReading(reading);
      return true;
    } catch {
      return false;
    }
  }

  #emit(event: SessionEvent): void {
    const { spec, emit } = this.#options;
    emit({ ...event, bot: spec.id, group: spec.group, kind: spec.kind, atMs: nowMs() });
  }
}
