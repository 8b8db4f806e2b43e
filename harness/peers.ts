/**
 * Which peers were asked for, which are in their room, and what became of the others: the run's book of bots, kept
 * from the fleet's events. Pure bookkeeping.
 */
import type { BotSpec } from '../bots/bot.ts';
import type { BotEvent } from '../bots/messages.ts';
import type { Group } from './scenario.ts';

type PeerState = 'asked' | 'connected' | 'failed' | 'dropped' | 'crashed' | 'gone';

interface Peer {
  readonly spec: BotSpec;
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
}

interface Step extends Joins {
  readonly joinMs: number[];
  readonly firstMediaMs: number[];
  readonly firstFrameMs: number[];
  failed: number;
}

function emptyStep(): Step {
  return { joinMs: [], firstMediaMs: [], firstFrameMs: [], failed: 0 };
}

export class PeerBook {
  readonly #peers = new Map<string, Peer>();
  readonly #steps = new Map<string, Step>();
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

  ask(spec: BotSpec, dueMs: number): void {
    this.#peers.set(spec.id, { spec, state: 'asked', dueMs });
    this.#askedMost = Math.max(this.#askedMost, this.asked().length);
  }

  takeOut(bot: string): void {
    const peer = this.#peers.get(bot);
    if (peer !== undefined && peer.state !== 'crashed') peer.state = 'gone';
    this.#wake();
  }

  /** Specs of all bots that should be in a room now, whatever became of them. */
  asked(group?: string): readonly BotSpec[] {
    return [...this.#peers.values()]
      .filter(({ spec, state }) => state !== 'gone' && (group === undefined || spec.group === group))
      .map(({ spec }) => spec);
  }

  connected(group?: string): number {
    return this.#count('connected', group);
  }

  crashed(group?: string): number {
    return this.#count('crashed', group);
  }

  get askedMost(): number {
    return this.#askedMost;
  }

  get connectedMost(): number {
    return this.#connectedMost;
  }

  /** Bots that have to join or fail yet. */
  pending(group: string): readonly string[] {
    return [...this.#peers.values()]
      .filter(({ spec, state }) => state === 'asked' && spec.group === group)
      .map(({ spec }) => spec.id);
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

  receive(event: BotEvent): void {
    const peer = this.#peers.get(event.bot);
    const step = this.#steps.get(event.group);
    switch (event.event) {
      case 'joined':
        if (event.iteration === 0 && peer?.state === 'asked') peer.state = 'connected';
        else if (event.iteration > 0 && peer?.state !== 'gone' && peer !== undefined)
          peer.state = 'connected';
        this.joined += 1;
        this.joinMs.push(event.joinMs);
        step?.joinMs.push(event.joinMs);
        break;
      case 'join-failed':
        if (peer !== undefined && peer.state !== 'gone')
          peer.state = event.reason === 'crashed' ? 'crashed' : 'failed';
        this.failed += 1;
        if (event.reason !== 'crashed' && event.reason !== 'threw') {
          this.lastRefusal = `${event.reason}: ${event.message}`;
        }
        if (step !== undefined) step.failed += 1;
        break;
      case 'first-media':
        step?.firstMediaMs.push(event.firstMediaMs);
        break;
      case 'first-frame':
        step?.firstFrameMs.push(event.firstFrameMs);
        break;
      case 'dropped':
        if (peer?.state === 'connected') peer.state = 'dropped';
        break;
      case 'crashed':
        if (peer !== undefined && peer.state !== 'gone') peer.state = 'crashed';
        break;
      case 'left':
        if (peer?.state === 'connected' || peer?.state === 'asked') peer.state = 'gone';
        break;
      case 'iteration':
        this.iterations += 1;
        break;
      case 'threw':
      case 'layers-changed':
      case 'warning':
        break;
    }
    this.#connectedMost = Math.max(this.#connectedMost, this.connected());
    this.#wake();
  }

  /** A host died, or never answered: its bots are gone on the generator's side. */
  lose(bots: readonly string[]): void {
    for (const bot of bots) {
      const peer = this.#peers.get(bot);
      if (peer !== undefined && peer.state !== 'gone') peer.state = 'crashed';
    }
    this.#wake();
  }

  #count(state: PeerState, group?: string): number {
    let count = 0;
    for (const peer of this.#peers.values()) {
      if (peer.state === state && (group === undefined || peer.spec.group === group)) count += 1;
    }
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
