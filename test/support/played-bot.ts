/** A bot whose endpoint and SFU are played, and what it says. */
import type { BotFunction, BotSpec } from '../../bots/bot.ts';
import type { BotEvent } from '../../bots/messages.ts';
import { joinPublishStay, Participant } from '../../bots/participant.ts';
import { botSpec } from './bot-specs.ts';
import { type Faults, type Stage, stage } from './fake-endpoint.ts';

export interface Played {
  readonly participant: Participant;
  readonly stage: Stage;
  readonly events: BotEvent[];
  /** The turn of each of them. */
  readonly turns: number[];
  /** Turns that are over. */
  readonly over: number[];
  /** What it was asked to do is over. */
  readonly done: Promise<unknown>;
  /** The first event of this name, once it happens. */
  readonly when: (event: BotEvent['event']) => Promise<BotEvent>;
}

export function play(
  perform: BotFunction = joinPublishStay,
  changes: Partial<BotSpec> = {},
  faults: Faults = {},
): Played {
  const events: BotEvent[] = [];
  const turns: number[] = [];
  const over: number[] = [];
  const waiting = new Map<string, (event: BotEvent) => void>();
  const done = Promise.withResolvers<unknown>();
  const set = stage(faults);
  const participant = Participant.create({
    spec: botSpec('bot', changes),
    endpoint: set.endpoint,
    target: set.target,
    perform,
    emit: (event, turn) => {
      events.push(event);
      turns.push(turn);
      waiting.get(event.event)?.(event);
    },
    onReading: ({ streams }) => void set.calls.push(`reading of ${streams.length}`),
    onSessionEnd: () => void set.calls.push('over'),
    onFree: (turn) => {
      over.push(turn);
      done.resolve(turn);
    },
    onDone: () => undefined,
  });
  const when = (name: BotEvent['event']): Promise<BotEvent> =>
    new Promise((resolve) => {
      const known = events.find(({ event }) => event === name);
      if (known === undefined) waiting.set(name, resolve);
      else resolve(known);
    });
  return { participant, stage: set, events, turns, over, done: done.promise, when };
}

export function names(events: readonly BotEvent[]): string[] {
  return events.map(({ event }) => event);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
