/**
 * Joins and sessions as readings of the entity `sessions:<group>:<bot>`: bots tell them as events, and thresholds
 * read metrics. Counters are cumulative; the times of joins are those since the last reading.
 */
import type { BotKind } from '../../../bots/bot.ts';
import type { BotEvent } from '../../../bots/messages.ts';
import type { MetricValues } from '../../../harness/metrics.ts';
import type { Sample } from '../../../harness/record.ts';
import { encode } from '../histogram.ts';

interface Sessions {
  joins: number;
  failed: number;
  iterations: number;
  dropped: number;
  threw: number;
  joinMs: number[];
  firstMediaMs: number[];
  firstFrameMs: number[];
}

export class SessionTally {
  /** A group is there from its first event on: before, nothing was measured. */
  readonly #sessions = new Map<string, Sessions>();

  receive(event: BotEvent): void {
    switch (event.event) {
      case 'joined':
        this.#of(event).joins += 1;
        this.#of(event).joinMs.push(event.joinMs);
        break;
      case 'join-failed':
        this.#of(event).failed += 1;
        break;
      case 'first-media':
        this.#of(event).firstMediaMs.push(event.firstMediaMs);
        break;
      case 'first-frame':
        this.#of(event).firstFrameMs.push(event.firstFrameMs);
        break;
      case 'iteration':
        this.#of(event).iterations += 1;
        break;
      case 'threw':
        this.#of(event).threw += 1;
        break;
      case 'left':
      case 'dropped':
      case 'crashed':
      case 'aborted':
      case 'layers-changed':
      case 'warning':
        break;
    }
  }

  /** Sessions that were due and that no VU was free for. */
  drop(group: string, kind: BotKind, sessions: number): void {
    this.#of({ group, kind }).dropped += sessions;
  }

  /** What is to be said of this second. */
  drain(t: number, s: number | null): readonly Sample[] {
    return [...this.#sessions].map(([e, sessions]) => {
      const v: MetricValues = {
        join_ms: encode(sessions.joinMs),
        first_media_ms: encode(sessions.firstMediaMs),
        first_frame_ms: encode(sessions.firstFrameMs),
        joins_total: sessions.joins,
        joins_failed_total: sessions.failed,
        iterations: sessions.iterations,
        dropped_iterations: sessions.dropped,
        exceptions_total: sessions.threw,
      };
      Object.assign(sessions, { joinMs: [], firstMediaMs: [], firstFrameMs: [] });
      return { t, e, s, v };
    });
  }

  #of({ group, kind }: { readonly group: string; readonly kind: BotKind }): Sessions {
    const entity = `sessions:${group}:${kind}`;
    let sessions = this.#sessions.get(entity);
    if (sessions === undefined) {
      sessions = {
        joins: 0,
        failed: 0,
        iterations: 0,
        dropped: 0,
        threw: 0,
        joinMs: [],
        firstMediaMs: [],
        firstFrameMs: [],
      };
      this.#sessions.set(entity, sessions);
    }
    return sessions;
  }
}
