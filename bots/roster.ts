/** All bots of one host, and what they read together. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import {
  addBot,
  createTally,
  drop,
  endSession,
  mark,
  observe,
  removeBot,
  type Tally,
  takeReadings,
} from './aggregate.ts';
import type { BotFunction, BotSpec } from './bot.ts';
import { nowMs, within } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { BotEvent, FromHost } from './messages.ts';
import { joinPublishStay, Participant } from './participant.ts';
import type { QualitySettings } from './quality/watch.ts';
import type { BotStreamReading } from './readings.ts';
import { performanceOf } from './script/performance.ts';
import type { Target } from './signaling/signaling.ts';
import { messageOf } from './thrown.ts';

/** A bot that takes longer to read is missing from the interval. */
const readMs = 900;
/** Bots that begin to read before packets get their turn again. */
const readAtOnce = 8;
/** The event loop's lag is looked for this often, and known to no better. */
const lagResolutionMs = 10;
const lateLookMs = 50;
/** For all bots to leave when the host ends. */
const leaveMs = 1_500;

/** Of what is said of a bot whatever it was asked to do: no turn has this number. */
export const noTurn = -1;

export type CrashListener = (what: 'page' | 'browser', message: string) => void;
/** Makes a bot's endpoint. Rejects when it cannot be made. */
export type EndpointSource = (spec: BotSpec, onCrash: CrashListener) => Promise<Endpoint>;

export interface RosterOptions {
  readonly target: Target;
  /** The scenario file's exports. */
  readonly functions: Readonly<Record<string, unknown>>;
  /** What its `setup` returned, as JSON; null for nothing. */
  readonly setupData: string | null;
  readonly endpointOf: EndpointSource;
  readonly emit: (event: BotEvent, turn: number) => void;
  /** What a bot was asked to do in that turn is over. */
  readonly onFree: (bot: string, turn: number) => void;
  /** What the windows of consumers are held against. */
  readonly quality: QualitySettings;
  /** Whether the event loop's lag is looked for: synthetic bots' own loop knows it, and each look is a waking. */
  readonly watchesLag: boolean;
}

type Prepared = Extract<FromHost, { type: 'prepared' }>['failed'];
type Readings = Omit<Extract<FromHost, { type: 'readings' }>, 'type' | 'request' | 'synthetic'>;

/** How many values of a histogram are larger: it tells percentiles only. */
function countAbove(histogram: ReturnType<typeof monitorEventLoopDelay>, value: number): number {
  if (histogram.count === 0 || histogram.max <= value) return 0;
  let [low, high] = [0, histogram.count];
  while (high - low > 1) {
    const rank = (low + high) >> 1;
    if (histogram.percentile((rank / histogram.count) * 100) <= value) low = rank;
    else high = rank;
  }
  return histogram.count - low;
}

/** The bots of one host. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #tally: Tally;
  /** Every bot that was to be prepared, ready or not. */
  readonly #known = new Map<string, BotSpec>();
  readonly #participants = new Map<string, Participant>();
  readonly #lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  readonly #preparing = new Set<string>();
  /** The latest reading of each bot's streams. */
  readonly #streams = new Map<string, readonly BotStreamReading[]>();
  #looks = 0;
  #lateLooks = 0;
  #closing: Promise<void> | null = null;

  static create(options: RosterOptions): Roster {
    return new Roster(options);
  }

  private constructor(options: RosterOptions) {
    this.#options = options;
    this.#tally = createTally(options.quality);
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

  join(bot: string, dueMs: number, turn: number): void {
    const participant = this.#participants.get(bot);
    if (participant !== undefined && !participant.isClosing) return participant.join(dueMs, turn);
    const { emit, onFree } = this.#options;
    // It did not come up, or crashed since: the join that was asked for is a failed one.
    const spec = this.#known.get(bot);
    const event: BotEvent = {
      bot,
      group: spec?.group ?? '',
      kind: spec?.kind ?? 'chrome',
      atMs: nowMs(),
      event: 'join-failed',
      iteration: 0,
      dueMs,
      reason: 'crashed',
      message: 'the bot is not ready: it was not prepared, or it crashed since',
    };
    emit(event, turn);
    onFree(bot, turn);
  }

  leave(bot: string, dueMs: number, graceMs: number): void {
    this.#tally.watch.takeOut(bot);
    this.#participants.get(bot)?.leave(dueMs, graceMs);
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
    const lateLooks = this.#takeLooks();
    const streams = withStreams ? [...this.#streams.values()].flat() : null;
    return { groups, streams, loopLagMs, lateLooks };
  }

  #takeLooks(): readonly [number, number] | null {
    if (!this.#options.watchesLag) return null;
    this.#looks += this.#lag.count;
    this.#lateLooks += countAbove(this.#lag, (lateLookMs + lagResolutionMs) * 1e6);
    this.#lag.reset();
    return [this.#lateLooks, this.#looks];
  }

  async #readOne(participant: Participant): Promise<void> {
    const answered = await within(readMs, participant.read(), false);
    mark(this.#tally, participant.spec.id, { unread: !answered, present: participant.isPresent });
    if (!answered) this.#streams.delete(participant.spec.id);
  }

  async stopPublishing(): Promise<void> {
    this.#tally.watch.end();
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
    // One that crashed may be asked for again before all of it is gone.
    const before = this.#participants.get(id);
    if (before?.isClosing === true) await before.close();
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
    const { target, emit, onFree } = this.#options;
    addBot(this.#tally, spec);
    const participant = Participant.create({
      spec,
      endpoint,
      target,
      perform,
      emit: (event, turn) => {
        if (event.event === 'dropped') drop(this.#tally, id, event.atMs);
        emit(event, turn);
      },
      onReading: (reading) => {
        observe(this.#tally, id, reading);
        this.#streams.set(id, [...reading.streams, ...reading.closed]);
      },
      onSessionEnd: () => {
        endSession(this.#tally, id);
        this.#streams.delete(id);
      },
      onFree: (turn) => onFree(id, turn),
      onDone: () => {
        removeBot(this.#tally, id);
        this.#streams.delete(id);
        this.#participants.delete(id);
      },
    });
    this.#participants.set(id, participant);
  }

  #functionOf(spec: BotSpec): BotFunction {
    const { id, group, kind, exec } = spec;
    if (exec === null) return joinPublishStay;
    const { functions, setupData, emit } = this.#options;
    const exported = functions[exec];
    if (typeof exported !== 'function') throw new Error(`the scenario file exports no function "${exec}"`);
    return performanceOf({
      spec,
      perform: exported as BotFunction,
      setupData,
      emit: (event) => emit({ ...event, bot: id, group, kind, atMs: nowMs() }, noTurn),
    });
  }
}
