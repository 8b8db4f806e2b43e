/** The handle that a scenario's function holds: what it may do, in terms of a session. */
import type { Bot, BotSpec, Consume, MediaKind } from './bot.ts';
import { at, nowMs } from './clock.ts';
import { harmless } from './harmless.ts';
import type { Session } from './session.ts';
import { SessionOver } from './session-over.ts';

const bothKinds: readonly MediaKind[] = ['audio', 'video'];
const choices: Readonly<Record<'all' | 'none', Partial<Consume>>> = { all: {}, none: { kinds: [] } };

/** @param told resolves when the executor wants the session to end by itself */
export function handleOf(spec: BotSpec, iteration: number, session: Session, told: Promise<void>): Bot {
  const { signal } = session;
  let published: Promise<void> | null = null;
  let hasStayed = false;
  async function whenTold(enough: () => void): Promise<void> {
    await told;
    hasStayed = true;
    enough();
  }
  async function stay(ms?: number): Promise<void> {
    await session.settle();
    await new Promise<void>((resolve, reject) => {
      let callOff: (() => void) | null = null;
      const over = (): void => {
        callOff?.();
        reject(new SessionOver('the session is over'));
      };
      const enough = (): void => {
        signal.removeEventListener('abort', over);
        resolve();
      };
      if (signal.aborted) return over();
      signal.addEventListener('abort', over, { once: true });
      if (ms !== undefined) callOff = at(nowMs() + ms, enough);
      // Once: a function that only calls it again stays until it is taken out, and does not turn in circles.
      else if (!hasStayed) void whenTold(enough);
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
  async function consume(what: 'all' | 'none' | Partial<Consume>): Promise<void> {
    const { kinds = bothKinds, max = null } = typeof what === 'object' ? what : choices[what];
    await session.command((streams, signaling) => streams.choose(signaling, { kinds, max }));
  }
  async function switchLayers(spatial: number, temporal?: number): Promise<void> {
    await session.command((streams, signaling) => streams.preferLayers(signaling, spatial, temporal ?? null));
  }
  return {
    id: spec.id,
    room: spec.room,
    kind: spec.kind,
    scenario: spec.group,
    vu: spec.vu,
    iteration,
    signal,
    join: () => harmless(session.join()),
    publish,
    mute: (kind, muted = true) => harmless(mute(kind, muted)),
    pause: (kind) => harmless(pause(kind, true)),
    resume: (kind) => harmless(pause(kind, false)),
    consume: (what) => harmless(consume(what)),
    switchLayers: (spatial, temporal) => harmless(switchLayers(spatial, temporal)),
    stay: (ms) => harmless(stay(ms)),
    leave: () => session.close('returned'),
  };
}
