/** The sessions of all groups while a load runs: who is in one, whose plan is played, and when all of them are over. */
import type { BotSpec } from '../bots/bot.ts';
import { nowMs, sleepMs } from './clock.ts';
import type { SessionPlan } from './executors/sessions.ts';
import type { PeerBook } from './peers.ts';
import type { Group } from './scenario.ts';
import { SessionPlayer } from './session-player.ts';

export interface SessionsOptions {
  readonly specOf: (group: string, peer: number) => BotSpec;
  readonly book: PeerBook;
  readonly join: (bot: string, dueMs: number, turn: number) => void;
  /** Tells a bot to end its session, and takes it out so much later. */
  readonly leave: (bot: string, dueMs: number, graceMs: number) => void;
  /** Makes a bot ready that was not before the load began. */
  readonly prepare: (bot: BotSpec) => Promise<void>;
  /** Sessions were due that no VU was free for. */
  readonly onDropped: (group: Group, sessions: number) => void;
  readonly signal: AbortSignal;
}

/** Sessions that were due, and those of them that nobody was free for, by whose fault that was. */
export interface Arrivals {
  readonly due: number;
  readonly droppedByGenerator: number;
  readonly droppedByTarget: number;
}

/** A group's plan while it is played. */
interface Playing {
  readonly player: SessionPlayer;
  droppedByGenerator: number;
  droppedByTarget: number;
}

/** When a bot is to end the session that it is made ready for yet. */
interface Leave {
  readonly dueMs: number;
  readonly graceMs: number;
}

/** How long past its instant a join, or the end of a session, may stay without a word from its host. */
const silenceMs = 3_000;
/** A join that takes longer keeps its VU from the sessions behind it. */
const slowJoinMs = 1_000;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #playing = new Map<string, Playing>();
  /** Bots of each group that are in a session, or asked to begin one. */
  readonly #inside = new Map<string, Set<string>>();
  /** Bots that are made ready before they join, and the leaves that they are told of behind the join. */
  readonly #preparing = new Map<string, Leave[]>();
  #waiters: { readonly group: string; readonly resolve: () => void }[] = [];

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  join(spec: BotSpec, dueMs: number): void {
    const { book, join, prepare } = this.#options;
    const inside = this.#inside.get(spec.group) ?? new Set();
    this.#inside.set(spec.group, inside.add(spec.id));
    if (!book.isDown(spec.id)) return join(spec.id, dueMs, book.ask(spec, dueMs));
    const turn = book.ask(spec, dueMs);
    const leaves: Leave[] = [];
    this.#preparing.set(spec.id, leaves);
    const begin = (): void => {
      if (this.#preparing.get(spec.id) === leaves) this.#preparing.delete(spec.id);
      if (!book.isCurrent(spec.id, turn)) return;
      // Taken out meanwhile: nothing of it ever began.
      if (book.isGone(spec.id)) return this.#out(spec, nowMs());
      join(spec.id, Math.max(dueMs, nowMs()), turn);
      for (const { dueMs: leaveMs, graceMs } of leaves) this.#options.leave(spec.id, leaveMs, graceMs);
    };
    // Where that fails, the join does. What it took is not the SFU's.
    prepare(spec).then(begin, begin);
  }

  /** Tells a bot to end its session, and takes it out so much later. */
  leave(bot: string, dueMs: number, graceMs: number): void {
    const leaves = this.#preparing.get(bot);
    if (leaves === undefined) this.#options.leave(bot, dueMs, graceMs);
    else leaves.push({ dueMs, graceMs });
  }

  /** Resolves when every join of the group succeeded or failed; one of which nobody tells anything is lost. */
  async joined(group: string): Promise<void> {
    const { book, signal } = this.#options;
    await this.#wait(book.settled(group), book.deadlineMs(group) + silenceMs);
    if (!signal.aborted) book.lose(book.pending(group));
  }

  /** Bots whose page or host went away in the step before; of those the first `peers`, as the others leave. */
  again(group: string, dueMs: number, peers: number): void {
    for (const spec of this.#options.book.down(group))
      if (!spec.repeat && numberOf(spec) < peers) this.join(spec, dueMs);
  }

  /** What a bot was asked to do in that turn is over. */
  free(spec: BotSpec, turn: number, atMs: number): void {
    const { book } = this.#options;
    if (!book.isCurrent(spec.id, turn)) return;
    if (this.#playing.has(spec.group)) book.takeOut(spec.id);
    this.#out(spec, atMs);
  }

  /** The bot's host died. */
  lost(spec: BotSpec): void {
    this.#out(spec, nowMs());
  }

  /** The plan begins. */
  play(group: Group, plan: SessionPlan, startMs: number): void {
    const { specOf, prepare, onDropped, signal } = this.#options;
    const { name, shape } = group;
    const graceMs = 'gracefulStopMs' in shape ? shape.gracefulStopMs : 0;
    const player = new SessionPlayer({
      plan,
      startMs,
      signal,
      begin: (vu, dueMs, leaveMs) => {
        const spec = specOf(name, vu);
        this.join(spec, dueMs);
        if (leaveMs !== null) this.leave(spec.id, leaveMs, graceMs);
      },
      prepare: (vu) => prepare(specOf(name, vu)),
      dropped: (sessions, isLaunching) => {
        if (isLaunching || !this.#joinsAreSlow(name)) playing.droppedByGenerator += sessions;
        else playing.droppedByTarget += sessions;
        this.#options.book.iterationsDropped += sessions;
        onDropped(group, sessions);
      },
    });
    const playing: Playing = { player, droppedByGenerator: 0, droppedByTarget: 0 };
    this.#playing.set(name, playing);
  }

  /** Null for a group that has no plan of sessions. */
  arrivals(group: string): Arrivals | null {
    const playing = this.#playing.get(group);
    if (playing === undefined) return null;
    const { player, droppedByGenerator, droppedByTarget } = playing;
    return { due: player.counts.due, droppedByGenerator, droppedByTarget };
  }

  /**
   * Resolves when nothing of the group is due any more and nobody of it is in a session. Who is in one at that instant
   * is told to end it, and taken out so much later.
   */
  async ended(group: string, atMs: number, graceMs: number): Promise<void> {
    const player = this.#playing.get(group)?.player;
    const everybodyOut = this.#everybodyOut(group, player);
    // Whom a ramp took out has a time of its own, which ends with that of the group.
    if (player === undefined) for (const bot of this.#inside.get(group) ?? []) this.leave(bot, atMs, graceMs);
    await this.#wait(everybodyOut, atMs);
    let toldMs = atMs;
    if (player !== undefined && !this.#options.signal.aborted) {
      // A timer may be late for what was due at the very end.
      await this.#wait(player.begun, nowMs() + silenceMs);
      player.stop();
      // The sweep at an overloaded worker may have taken seconds more.
      toldMs = Math.max(atMs, nowMs());
      for (const bot of this.#inside.get(group) ?? []) this.leave(bot, toldMs, graceMs);
    }
    await this.#wait(everybodyOut, toldMs + graceMs + silenceMs);
  }

  async #everybodyOut(group: string, player: SessionPlayer | undefined): Promise<void> {
    await player?.over;
    if (this.#isEmpty(group)) return;
    await new Promise<void>((resolve) => this.#waiters.push({ group, resolve }));
  }

  #out({ id, group }: BotSpec, atMs: number): void {
    const was = this.#inside.get(group)?.delete(id) ?? false;
    if (was) this.#playing.get(group)?.player.ended(numberOf({ id, group }), atMs);
    this.#waiters = this.#waiters.filter(({ group: waiting, resolve }) => {
      const isOver = this.#isEmpty(waiting);
      if (isOver) resolve();
      return !isOver;
    });
  }

  #isEmpty(group: string): boolean {
    return (this.#inside.get(group)?.size ?? 0) === 0;
  }

  /** Whether VUs are kept from their next sessions by an SFU that takes its time to let them in. */
  #joinsAreSlow(group: string): boolean {
    const { book } = this.#options;
    const sinceMs = book.pendingSinceMs(group) ?? Number.POSITIVE_INFINITY;
    const { failed, failedHere } = book.joinsOfStep(group);
    return nowMs() - sinceMs > slowJoinMs || failed > failedHere;
  }

  /** Until the promise resolves, an instant has come, or the run is aborted. */
  async #wait(promise: Promise<void>, untilMs: number): Promise<void> {
    const wake = new AbortController();
    const quiet = AbortSignal.any([this.#options.signal, wake.signal]);
    await Promise.race([promise, sleepMs(untilMs - nowMs(), quiet)]);
    wake.abort();
  }
}

/** Within its group, from 0. */
function numberOf({ id, group }: Pick<BotSpec, 'id' | 'group'>): number {
  return Number(id.slice(group.length + 1));
}

/** Those from one instant to another, of a trial. */
export function arrivalsSince(before: Arrivals | null, now: Arrivals): Arrivals {
  return {
    due: now.due - (before?.due ?? 0),
    droppedByGenerator: now.droppedByGenerator - (before?.droppedByGenerator ?? 0),
    droppedByTarget: now.droppedByTarget - (before?.droppedByTarget ?? 0),
  };
}
