/**
 * Which peers were asked for, which are in their room, and what became of the others: the run's book of bots, kept
 * from the fleet's events. Pure bookkeeping.
 */
import type { BotSpec } from '../bots/bot.ts';
import type { BotEvent } from '../bots/messages.ts';
import type { Group } from './scenario.ts';

/** `between`: its session ended by itself, and it begins the next one. */
type PeerState = 'asked' | 'connected' | 'between' | 'failed' | 'dropped' | 'crashed' | 'gone';

interface Peer {
  readonly spec: BotSpec;
  /** How often it was asked before. */
  readonly turn: number;
  state: PeerState;
  dueMs: number;
}

interface Waiter {
  readonly bots: ReadonlySet<string>;
  readonly resolve: () => void;
}

export interface Joins {
  readonly joinMs: readonly number[];
  readonly firstMediaMs: readonly number[];
  readonly firstFrameMs: readonly number[];
  readonly failed: number;
  /** Those of them that failed on the generator's side. */
  readonly failedHere: number;
  /** Sessions that ended although nobody asked for it. */
  readonly dropped: number;
}

interface Step extends Joins {
  readonly joinMs: number[];
  readonly firstMediaMs: number[];
  readonly firstFrameMs: number[];
  failed: number;
  failedHere: number;
  dropped: number;
}

function emptyStep(): Step {
  return { joinMs: [], firstMediaMs: [], firstFrameMs: [], failed: 0, failedHere: 0, dropped: 0 };
}

export class PeerBook {
  readonly #peers = new Map<string, Peer>();
  readonly #steps = new Map<string, Step>();
  /** Whose page, browser or host is gone: they have to be made ready again before they can join. */
  readonly #down = new Set<string>();
  readonly #joinTimeoutMs: ReadonlyMap<string, number>;
  readonly joinMs: number[] = [];
  #waiters: Waiter[] = [];
  #askedMost = 0;
  #connectedMost = 0;
  joined = 0;
  failed = 0;
  /** What the SFU's side said to the last join that failed there; null while none did. */
  lastRefusal: string | null = null;
  iterations = 0;
  /** Sessions that were due and that nobody was free for. */
  iterationsDropped = 0;
  /** Peers that came or went as they should: while it stays the same, the load stands still. */
  moves = 0;

  constructor(groups: readonly Group[]) {
    this.#joinTimeoutMs = new Map(groups.map((group) => [group.name, group.joinTimeoutMs]));
    for (const group of groups) this.beginStep(group.name);
  }

  /** Joins that follow belong to a new step. */
  beginStep(group: string): void {
    this.#steps.set(group, emptyStep());
  }

  joinsOfStep(group: string): Joins {
    return this.#steps.get(group) ?? emptyStep();
  }

  /** Returns which turn it is: what is told of an earlier one is not about this one. */
  ask(spec: BotSpec, dueMs: number): number {
    const turn = (this.#peers.get(spec.id)?.turn ?? -1) + 1;
    this.#peers.set(spec.id, { spec, turn, state: 'asked', dueMs });
    this.#down.delete(spec.id);
    this.#askedMost = Math.max(this.#askedMost, this.asked().length);
    return turn;
  }

  /** Whether this is the turn that the bot was asked for last. */
  isCurrent(bot: string, turn: number): boolean {
    return this.#peers.get(bot)?.turn === turn;
  }

  /** Whether it was taken out, or is not known. */
  isGone(bot: string): boolean {
    return (this.#peers.get(bot)?.state ?? 'gone') === 'gone';
  }

  takeOut(bot: string): void {
    const peer = this.#peers.get(bot);
    if (peer !== undefined) peer.state = 'gone';
    this.#wake();
  }

  /** Whether it has to be made ready again. */
  isDown(bot: string): boolean {
    return this.#down.has(bot);
  }

  /** Bots that should be in a room, and could be again. */
  down(group: string): readonly BotSpec[] {
    return [...this.#peers.values()]
      .filter(({ spec, state }) => state === 'crashed' && spec.group === group && this.#down.has(spec.id))
      .map(({ spec }) => spec);
  }

  /** Specs of those that should be in a room now, and whom the generator did not lose. */
  able(): readonly BotSpec[] {
    return this.asked().filter(({ id }) => this.#peers.get(id)?.state !== 'crashed');
  }

  /** Specs of all bots that should be in a room now, whatever became of them. */
  asked(group?: string): readonly BotSpec[] {
    return [...this.#peers.values()]
      .filter(({ state }) => state !== 'gone' && state !== 'between')
      .filter(({ spec }) => group === undefined || spec.group === group)
      .map(({ spec }) => spec);
  }

  /** And of those that are between two sessions. */
  there(group: string): readonly BotSpec[] {
    return [...this.#peers.values()]
      .filter(({ spec, state }) => state !== 'gone' && spec.group === group)
      .map(({ spec }) => spec);
  }

  connected(group?: string): number {
    return this.#those('connected', group);
  }

  crashed(group?: string): number {
    return this.#those('crashed', group);
  }

  /** Those that are not in their room, and will not come back. */
  lost(group: string): number {
    return [...this.#peers.values()].filter(
      ({ spec, state }) =>
        spec.group === group &&
        !spec.repeat &&
        (state === 'failed' || state === 'dropped' || state === 'crashed'),
    ).length;
  }

  get askedMost(): number {
    return this.#askedMost;
  }

  get connectedMost(): number {
    return this.#connectedMost;
  }

  /** Bots that have to join or fail yet. */
  pending(group?: string): readonly string[] {
    return [...this.#peers.values()]
      .filter(({ spec, state }) => state === 'asked' && (group === undefined || spec.group === group))
      .map(({ spec }) => spec.id);
  }

  /** When the first of the pending joins of a group was due; null when there is none. */
  pendingSinceMs(group: string): number | null {
    const due = this.pending(group).map((bot) => this.#peers.get(bot)?.dueMs ?? 0);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** When the last of the pending joins of a group is given up. */
  deadlineMs(group: string): number {
    const due = this.pending(group).map((bot) => this.#peers.get(bot)?.dueMs ?? 0);
    return Math.max(0, ...due) + (this.#joinTimeoutMs.get(group) ?? 0);
  }

  /** Resolves when none of the group's bots is pending any more. */
  settled(group: string): Promise<void> {
    const bots = new Set(this.pending(group));
    if (bots.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ bots, resolve }));
  }

  /** @param turn the bot's when it happened; absent: the current one */
  receive(event: BotEvent, turn?: number): void {
    this.#move(event, turn);
    this.#count(event);
    this.#connectedMost = Math.max(this.#connectedMost, this.connected());
    this.#wake();
  }

  /** What the event makes of its bot. A late word about an earlier turn makes nothing of it. */
  #move(event: BotEvent, turn: number | undefined): void {
    const peer = this.#peers.get(event.bot);
    if (event.event === 'crashed') this.#down.add(event.bot);
    if (peer === undefined || peer.state === 'gone' || (turn ?? peer.turn) !== peer.turn) return;
    switch (event.event) {
      case 'joined':
        if (peer.state !== 'crashed') peer.state = 'connected';
        break;
      case 'join-failed':
        peer.state = event.reason === 'crashed' ? 'crashed' : 'failed';
        if (event.reason === 'crashed') this.#down.add(event.bot);
        // Its function, not the SFU: one that has no further session is a bot less.
        if (event.reason === 'threw') peer.state = peer.spec.repeat ? 'between' : 'crashed';
        break;
      case 'dropped':
        if (peer.state === 'connected') peer.state = 'dropped';
        break;
      case 'crashed':
        peer.state = 'crashed';
        break;
      case 'left':
        if (peer.state !== 'connected' && peer.state !== 'asked') break;
        peer.state = peer.spec.repeat && event.reason === 'returned' ? 'between' : 'gone';
        break;
      case 'first-media':
      case 'first-frame':
      case 'iteration':
      case 'threw':
      case 'aborted':
      case 'layers-changed':
      case 'warning':
        break;
    }
  }

  #count(event: BotEvent): void {
    const step = this.#steps.get(event.group);
    switch (event.event) {
      case 'joined':
        this.moves += 1;
        this.joined += 1;
        this.joinMs.push(event.joinMs);
        step?.joinMs.push(event.joinMs);
        break;
      case 'join-failed':
        this.failed += 1;
        if (step !== undefined) step.failed += 1;
        if (event.reason !== 'crashed' && event.reason !== 'threw') {
          this.lastRefusal = `${event.reason}: ${event.message}`;
        } else if (step !== undefined) step.failedHere += 1;
        break;
      case 'first-media':
        step?.firstMediaMs.push(event.firstMediaMs);
        break;
      case 'first-frame':
        step?.firstFrameMs.push(event.firstFrameMs);
        break;
      case 'dropped':
        if (step !== undefined) step.dropped += 1;
        break;
      case 'left':
        this.moves += 1;
        break;
      case 'iteration':
        this.iterations += 1;
        break;
      case 'crashed':
      case 'threw':
      case 'aborted':
      case 'layers-changed':
      case 'warning':
        break;
    }
  }

  /** A host died, or never answered: its bots are gone on the generator's side. */
  lose(bots: readonly string[]): void {
    for (const bot of bots) {
      const peer = this.#peers.get(bot);
      this.#down.add(bot);
      if (peer !== undefined && peer.state !== 'gone') peer.state = 'crashed';
    }
    this.#wake();
  }

  #those(state: PeerState, group?: string): number {
    let count = 0;
    for (const { state: is, spec } of this.#peers.values())
      if (is === state && (group === undefined || spec.group === group)) count += 1;
    return count;
  }

  #wake(): void {
    this.#waiters = this.#waiters.filter(({ bots, resolve }) => {
      const waiting = [...bots].some((bot) => this.#peers.get(bot)?.state === 'asked');
      if (!waiting) resolve();
      return waiting;
    });
  }
}
