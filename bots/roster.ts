/** All bots of one host, and what they read together. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { addBot, createTally, endSession, mark, observe, removeBot, takeReadings } from './aggregate.ts';
import type { BotFunction, BotSpec } from './bot.ts';
import { nowMs, within } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { BotEvent, FromHost } from './messages.ts';
import { joinPublishStay, Participant } from './participant.ts';
import type { BotStreamReading } from './readings.ts';
import type { Target } from './signaling/signaling.ts';

/** A bot that takes longer to read is missing from the interval. */
const readMs = 900;
/** Bots that begin to read before packets get their turn again. */
const readAtOnce = 8;
/** The event loop's lag is looked for this often, and known to no better. */
const lagResolutionMs = 10;
/** For all bots to leave when the host ends. */
const leaveMs = 1_500;

export type CrashListener = (what: 'page' | 'browser', message: string) => void;
/** Makes a bot's endpoint. Rejects when it cannot be made. */
export type EndpointSource = (spec: BotSpec, onCrash: CrashListener) => Promise<Endpoint>;

export interface RosterOptions {
  readonly target: Target;
  /** The scenario file's exports. */
  readonly functions: Readonly<Record<string, unknown>>;
  readonly endpointOf: EndpointSource;
  readonly emit: (event: BotEvent) => void;
  /** Whether the event loop's lag is looked for: synthetic bots' own loop knows it, and each look is a waking. */
  readonly watchesLag: boolean;
}

type Prepared = Extract<FromHost, { type: 'prepared' }>['failed'];
type Readings = Omit<Extract<FromHost, { type: 'readings' }>, 'type' | 'request' | 'synthetic'>;

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The bots of one host. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #tally = createTally();
  /** Every bot that was to be prepared, ready or not. */
  readonly #known = new Map<string, BotSpec>();
  readonly #participants = new Map<string, Participant>();
  readonly #lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  readonly #preparing = new Set<string>();
  /** The latest reading of each bot's streams. */
  readonly #streams = new Map<string, readonly BotStreamReading[]>();
  #closing: Promise<void> | null = null;

  static create(options: RosterOptions): Roster {
    return new Roster(options);
  }

  private constructor(options: RosterOptions) {
    this.#options = options;
    if (options.watchesLag) this.#lag.enable();
  }

  /** Makes the bots' endpoints ready. Returns those that it could not make ready, and why. */
  async prepare(specs: readonly BotSpec[]): Promise<Prepared> {
    const failures = await Promise.all(
      specs.map(async (spec) => {
        try {
          await this.#prepare(spec);
          return [];
        } catch (thrown) {
          return [{ bot: spec.id, message: messageOf(thrown) }];
        }
      }),
    );
    return failures.flat();
  }

  join(bot: string, dueMs: number): void {
    const participant = this.#participants.get(bot);
    if (participant !== undefined) return participant.join(dueMs);
    // It did not come up, or crashed since: the join that was asked for is a failed one.
    const spec = this.#known.get(bot);
    this.#options.emit({
      bot,
      group: spec?.group ?? '',
      kind: spec?.kind ?? 'chrome',
      atMs: nowMs(),
      event: 'join-failed',
      iteration: 0,
      dueMs,
      reason: 'crashed',
      message: 'the bot is not ready: it was not prepared, or it crashed since',
    });
  }

  leave(bot: string, dueMs: number): void {
    this.#participants.get(bot)?.leave(dueMs);
  }

  async read(withStreams: boolean): Promise<Readings> {
    const reads: Promise<void>[] = [];
    for (const [index, participant] of [...this.#participants.values()].entries()) {
      reads.push(this.#readOne(participant));
      // Synthetic bots read at once, and share this thread with the packets of all others.
      if (index % readAtOnce === readAtOnce - 1) await setImmediate();
    }
    await Promise.all(reads);
    const groups = takeReadings(this.#tally, nowMs());
    // What is recorded is the time from one look to the next, in nanoseconds.
    const loopLagMs = this.#lag.count === 0 ? null : Math.max(0, this.#lag.max / 1e6 - lagResolutionMs);
    this.#lag.reset();
    return { groups, streams: withStreams ? [...this.#streams.values()].flat() : null, loopLagMs };
  }

  async #readOne(participant: Participant): Promise<void> {
    const answered = await within(readMs, participant.read(), false);
    mark(this.#tally, participant.spec.id, { unread: !answered, present: participant.isPresent });
    if (!answered) this.#streams.delete(participant.spec.id);
  }

  async stopPublishing(): Promise<void> {
    const stopped = [...this.#participants.values()].map(async (participant) => {
      mark(this.#tally, participant.spec.id, { silent: true });
      await within(
        readMs,
        participant.stopSending().catch(() => undefined),
        undefined,
      );
    });
    await Promise.all(stopped);
  }

  /** Everybody leaves, in a bounded time. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= within(
      leaveMs,
      Promise.all([...this.#participants.values()].map((participant) => participant.close())).then(
        () => undefined,
      ),
      undefined,
    );
    return this.#closing;
  }

  async #prepare(spec: BotSpec): Promise<void> {
    const { id } = spec;
    if (this.#preparing.has(id) || this.#participants.has(id)) throw new Error(`bot ${id} is here already`);
    this.#known.set(id, spec);
    const perform = this.#functionOf(spec);
    this.#preparing.add(id);
    try {
      const crashes: string[] = [];
      const endpoint = await this.#options.endpointOf(spec, (what, message) => {
        crashes.push(`${what} crashed: ${message}`);
        this.#participants.get(id)?.crash(what, message);
      });
      if (crashes.length > 0) throw new Error(crashes.join(', '));
      if (this.#closing !== null) {
        await endpoint.close();
        throw new Error('the host is closing');
      }
      this.#add(spec, endpoint, perform);
    } finally {
      this.#preparing.delete(id);
    }
  }

  #add(spec: BotSpec, endpoint: Endpoint, perform: BotFunction): void {
    const { id } = spec;
    const { target, emit } = this.#options;
    addBot(this.#tally, spec);
    const participant = Participant.create({
      spec,
      endpoint,
      target,
      perform,
      emit,
      onReading: (reading) => {
        observe(this.#tally, id, reading);
        this.#streams.set(id, [...reading.streams, ...reading.closed]);
      },
      onSessionEnd: () => {
        endSession(this.#tally, id);
        this.#streams.delete(id);
      },
      onDone: () => {
        removeBot(this.#tally, id);
        this.#streams.delete(id);
        this.#participants.delete(id);
      },
    });
    this.#participants.set(id, participant);
  }

  #functionOf({ exec }: BotSpec): BotFunction {
    if (exec === null) return joinPublishStay;
    const exported = this.#options.functions[exec];
    if (typeof exported !== 'function') throw new Error(`the scenario file exports no function "${exec}"`);
    return exported as BotFunction;
  }
}
