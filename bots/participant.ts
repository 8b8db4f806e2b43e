/**
 * A bot's life on a host: its endpoint is ready, it joins at its due instant, its function drives one session after
 * the other, until the executor takes it out or the function is done. Then it may be asked to join again, for as long
 * as its endpoint is there.
 */
import type { BotFunction, BotSpec } from './bot.ts';
import { at, nowMs } from './clock.ts';
import type { Endpoint, EndpointReading } from './endpoint.ts';
import { handleOf } from './handle.ts';
import type { BotEvent, SessionEvent } from './messages.ts';
import { Session } from './session.ts';
import type { Target } from './signaling/signaling.ts';
import { stackOf } from './thrown.ts';

/** Iterations begin at least this far apart: a function that returns at once shall not eat the generator. */
const leastIterationMs = 100;

export interface ParticipantOptions {
  readonly spec: BotSpec;
  readonly endpoint: Endpoint;
  readonly target: Target;
  readonly perform: BotFunction;
  readonly emit: (event: BotEvent, turn: number) => void;
  readonly onReading: (reading: EndpointReading) => void;
  readonly onSessionEnd: () => void;
  /** What the bot was asked to do is over: it may be asked to join again, unless its endpoint is gone. */
  readonly onFree: (turn: number) => void;
  /** The bot will join no more; its endpoint is closed. */
  readonly onDone: () => void;
}

/** From one call to join to the end of what it began: one session, or one after the other. */
interface Turn {
  /** The caller's, by which it knows what is told of an earlier one. */
  readonly number: number;
  readonly out: PromiseWithResolvers<void>;
  /** Told to end its session by itself. */
  readonly told: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
  readonly timers: (() => void)[];
  isOut: boolean;
  isTold: boolean;
  /** It is to leave, now or later. */
  isLeaving: boolean;
  hasBegun: boolean;
}

function newTurn(number: number): Turn {
  return {
    number,
    out: Promise.withResolvers(),
    told: Promise.withResolvers(),
    over: Promise.withResolvers(),
    timers: [],
    isOut: false,
    isTold: false,
    isLeaving: false,
    hasBegun: false,
  };
}

/** What a bot does whose scenario says nothing else. */
export const joinPublishStay: BotFunction = async (bot) => {
  await bot.join();
  await bot.publish();
  await bot.stay();
};

/** One bot, from its preparation to its end. */
export class Participant {
  readonly #options: ParticipantOptions;
  #turn: Turn | null = null;
  #session: Session | null = null;
  #iteration = 0;
  #reading: Promise<boolean> | null = null;
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

  /** Its endpoint is gone, or going: it joins no more. */
  get isClosing(): boolean {
    return this.#closing !== null;
  }

  get isPresent(): boolean {
    return this.#session?.isPresent ?? false;
  }

  /**
   * Starts the bot's function at an instant, which may have passed. Does nothing for a bot that is in a session and
   * stays there; one that is about to leave does so at once.
   */
  join(dueMs: number, number = 0): void {
    const before = this.#turn;
    if (this.#closing !== null || (before !== null && !before.isLeaving)) return;
    const turn = newTurn(number);
    this.#turn = turn;
    const begin = async (): Promise<void> => {
      if (before !== null) {
        this.#takeOut(before);
        await before.over.promise;
      }
      if (!turn.isOut) await this.#run(turn, dueMs);
      this.#end(turn);
    };
    turn.timers.push(
      at(dueMs, () => {
        turn.hasBegun = true;
        void begin();
      }),
    );
  }

  /** Tells the bot to end its session at an instant, and takes it out of it so much later. */
  leave(dueMs: number, graceMs = 0): void {
    const turn = this.#turn;
    if (turn === null) return;
    turn.isLeaving = true;
    if (graceMs > 0) turn.timers.push(at(dueMs, () => this.#tell(turn)));
    turn.timers.push(at(dueMs + graceMs, () => this.#takeOut(turn)));
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
    if (this.#session === null || this.#session.isOver)
      this.#emit({ event: 'crashed', what, message }, this.#turn?.number ?? 0);
    else this.#session.crash(what, message);
    void this.close();
  }

  /** Takes the bot out and closes its endpoint. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#turn !== null) this.#takeOut(this.#turn);
    await this.#session?.close('taken-out');
    await this.#options.endpoint.close();
    this.#options.onDone();
  }

  #tell(turn: Turn): void {
    turn.isTold = true;
    turn.told.resolve();
  }

  #takeOut(turn: Turn): void {
    turn.isOut = true;
    turn.isLeaving = true;
    turn.out.resolve();
    if (!turn.hasBegun) this.#end(turn);
  }

  #end(turn: Turn): void {
    for (const callOff of turn.timers) callOff();
    turn.timers.length = 0;
    if (this.#turn === turn) this.#turn = null;
    turn.over.resolve();
    this.#options.onFree(turn.number);
  }

  async #run(turn: Turn, dueMs: number): Promise<void> {
    let iterationDueMs = dueMs;
    while (!turn.isOut) {
      const startedMs = nowMs();
      await this.#iterate(turn, iterationDueMs);
      if (!this.#options.spec.repeat || turn.isOut || turn.isTold) break;
      await this.#pace(turn, nowMs() - startedMs);
      iterationDueMs = nowMs();
      if (turn.isTold) break;
    }
  }

  /** One session; over when the function has returned, or the bot was taken out. Never rejects. */
  async #iterate(turn: Turn, dueMs: number): Promise<void> {
    const { spec, endpoint, target, onReading, onSessionEnd } = this.#options;
    const iteration = this.#iteration;
    this.#iteration += 1;
    const session = Session.create({
      spec,
      peer: iteration === 0 ? spec.id : `${spec.id}-${iteration}`,
      iteration,
      dueMs,
      endpoint,
      target,
      emit: (event) => this.#emit(event, turn.number),
      onEnd: (last) => {
        if (last !== null) onReading(last);
        onSessionEnd();
      },
    });
    this.#session = session;
    if (this.#silent) await session.stopSending();
    // A function that goes on after it was taken out is left behind.
    await Promise.race([this.#perform(session, turn, iteration), turn.out.promise]);
    const isComplete = !turn.isOut && !session.isLost;
    await session.close(turn.isOut ? 'taken-out' : 'returned');
    if (isComplete) this.#emit({ event: 'iteration', iteration }, turn.number);
  }

  async #perform(session: Session, turn: Turn, iteration: number): Promise<void> {
    const { spec, perform } = this.#options;
    try {
      await perform(handleOf(spec, iteration, session, turn.told.promise), undefined);
    } catch (thrown) {
      // What a session rejects with when it ends is no fault of the function.
      if (session.isOver) return;
      this.#emit({ event: 'threw', message: stackOf(thrown) }, turn.number);
      session.giveUp();
    }
  }

  async #pace(turn: Turn, tookMs: number): Promise<void> {
    if (tookMs >= leastIterationMs) return;
    if (!this.#warned) {
      this.#warned = true;
      const message = `an iteration took ${Math.round(tookMs)} ms: the next begins ${leastIterationMs} ms after its start`;
      this.#emit({ event: 'warning', message }, turn.number);
    }
    await Promise.race([
      new Promise<void>((resolve) => at(nowMs() + leastIterationMs - tookMs, resolve)),
      turn.out.promise,
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

  #emit(event: SessionEvent, turn: number): void {
    const { spec, emit } = this.#options;
    emit({ ...event, bot: spec.id, group: spec.group, kind: spec.kind, atMs: nowMs() }, turn);
  }
}
