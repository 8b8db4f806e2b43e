/**
 * Everything that a bot host and the fleet say to each other, over the IPC channel of `child_process`. Instants are
 * CLOCK_MONOTONIC in milliseconds, which both sides share on one machine. The host ends when the channel closes.
 */
import type { BotKind, BotSpec } from './bot.ts';
import type { QualitySettings } from './quality/watch.ts';
import type { BotStreamReading, GroupReading } from './readings.ts';
import type { ScriptReading } from './script/book.ts';

/** What a host needs to know once, before any bot. */
export interface HostSettings {
  /** Signalling dialect of the target. */
  readonly dialect: 'mediasoup-demo';
  readonly signalingUrl: string;
  readonly tls: { readonly insecure: boolean; readonly caFile: string | null };
  /** The scenario file (a `file:` URL) when it exports functions, and a module that makes `sfubench` resolvable. */
  readonly scenarioUrl: string | null;
  /** What its `setup` returned, as JSON; null for nothing. */
  readonly setupData: string | null;
  readonly chrome: ChromeSettings | null;
  readonly synthetic: SyntheticSettings | null;
  readonly quality: QualitySettings;
}

export interface SyntheticSettings {
  /** Whether every received packet is decrypted and authenticated, one in 16, or none. */
  readonly verify: 'all' | 'sampled' | 'none';
  /** `batch`: all sockets are looked at together, every few milliseconds. `packet`: as each packet comes, as browsers do. */
  readonly wake: 'batch' | 'packet';
  /** `none`: neither transport-cc nor REMB, NACK or receiver reports, which costs the SFU less than a browser does. */
  readonly feedback: 'chrome' | 'none';
  /** `cassette`: recordings that browsers can show. `marked`: random bytes that say which packet they are. */
  readonly payload: 'cassette' | 'marked';
  /** Of marked video; null: key frames only where they are asked for. */
  readonly keyFrameIntervalMs: number | null;
  /** `linux`: batches by FFI; `portable`: node:dgram; `auto`: batches where they are possible. */
  readonly udp: 'auto' | 'linux' | 'portable';
  /** Of everything that bots draw: phases of their streams, who speaks when, what their network does. */
  readonly seed: number;
}

export interface ChromeSettings {
  readonly executablePath: string;
  /** Bots that share one browser process tree, each in a context of its own. */
  readonly botsPerBrowser: number;
  readonly extraArgs: readonly string[];
}

/** From the fleet to a host. `request` numbers come back in the answer. */
export type ToHost =
  | { readonly type: 'start'; readonly settings: HostSettings }
  /** Launch what the bots need (browsers, blank pages), join nothing yet. */
  | { readonly type: 'prepare'; readonly request: number; readonly bots: readonly BotSpec[] }
  /** Start the bot's function at its due instant. `turn`: how often the bot was asked before; it comes back with its events. */
  | { readonly type: 'join'; readonly bot: string; readonly dueMs: number; readonly turn: number }
  /** Tell the bot to end its session, and take it out `graceMs` later. */
  | { readonly type: 'leave'; readonly bot: string; readonly dueMs: number; readonly graceMs: number }
  /** Read now. `streams`: each stream by itself as well. */
  | { readonly type: 'read'; readonly request: number; readonly streams: boolean }
  /** Publishers stop sending; everybody stays in the room. */
  | { readonly type: 'stop-publishing'; readonly request: number }
  /** All bots leave, then the host ends. */
  | { readonly type: 'close' };

/** How well a host kept the schedule of its synthetic bots since the last reading. */
export interface SyntheticHealth {
  /** Worst delay of a look at the sockets beyond its instant; null when there was none. */
  readonly pollLagMs: number | null;
  /** Looks at the sockets, and those of them that came more than 50 ms late. */
  readonly looksTotal: number;
  readonly lateLooksTotal: number;
  /** Worst delay of a packet beyond the instant that its schedule gave it. */
  readonly sendLagMs: number | null;
  /** Frames and audio packets sent, and those of them that left after the next of their stream was due. */
  readonly sendsTotal: number;
  readonly lateSendsTotal: number;
  /** Datagrams that sockets lost because their buffers were full; null where the system does not say. */
  readonly socketDropsTotal: number | null;
  /** Datagrams that were to be sent, and those of them that the sockets did not take. */
  readonly datagramsTotal: number;
  readonly unsentTotal: number;
}

/** From a host to the fleet. */
export type FromHost =
  | {
      readonly type: 'started';
      readonly browser: string | null;
      /** What carries the packets of synthetic bots; null without them. */
      readonly synthetic: string | null;
    }
  | {
      readonly type: 'failed';
      readonly reason: 'browser-missing' | 'scenario-threw' | 'internal';
      readonly message: string;
    }
  | {
      readonly type: 'prepared';
      readonly request: number;
      readonly failed: readonly { bot: string; message: string }[];
    }
  | {
      readonly type: 'readings';
      readonly request: number;
      readonly groups: readonly GroupReading[];
      readonly streams: readonly BotStreamReading[] | null;
      /** Worst lag of the host's event loop since the last reading. */
      readonly loopLagMs: number | null;
      /** Looks of that loop that came more than 50 ms late, and all of them, so far; null where its bots’ own loop knows. */
      readonly lateLooks: readonly [late: number, all: number] | null;
      /** Null without synthetic bots. */
      readonly synthetic: SyntheticHealth | null;
    }
  | { readonly type: 'publishing-stopped'; readonly request: number }
  | { readonly type: 'event'; readonly event: BotEvent; readonly turn: number }
  /** Once a second, where there are any: what the scenario's functions measured. `full`: too many sets of tags. */
  | { readonly type: 'values'; readonly readings: readonly ScriptReading[]; readonly full: boolean }
  /** What the bot was asked to do in that turn is over: it can be asked again. */
  | { readonly type: 'free'; readonly bot: string; readonly turn: number; readonly atMs: number };

/** Why a join failed, and on whose side. Reasons of the generator make a trial invalid, those of the SFU are findings. */
export type JoinFailure =
  | 'timeout'
  | 'unreachable'
  | 'refused'
  | 'signaling-closed'
  | 'transport-failed'
  | 'certificate'
  | 'crashed'
  | 'threw';

/** What happens to a bot: one line each in the run's events. */
export type BotEvent = {
  readonly bot: string;
  readonly group: string;
  readonly kind: BotKind;
  readonly atMs: number;
} & (
  | { readonly event: 'joined'; readonly iteration: number; readonly dueMs: number; readonly joinMs: number }
  | {
      readonly event: 'join-failed';
      readonly iteration: number;
      readonly dueMs: number;
      readonly reason: JoinFailure;
      readonly message: string;
    }
  | { readonly event: 'first-media'; readonly dueMs: number; readonly firstMediaMs: number }
  /** The first video frame that could be shown. */
  | { readonly event: 'first-frame'; readonly dueMs: number; readonly firstFrameMs: number }
  /** The bot left because it was taken out, or because its function returned. */
  | { readonly event: 'left'; readonly reason: 'taken-out' | 'returned' }
  /** The session ended although nobody asked for it. */
  | {
      readonly event: 'dropped';
      readonly reason: 'signaling-closed' | 'transport-failed';
      readonly message: string;
    }
  | { readonly event: 'crashed'; readonly what: 'page' | 'browser'; readonly message: string }
  /** The scenario's function threw. */
  | { readonly event: 'threw'; readonly message: string }
  /** It called `test.abort`. */
  | { readonly event: 'aborted'; readonly message: string }
  | { readonly event: 'iteration'; readonly iteration: number }
  | {
      readonly event: 'layers-changed';
      readonly consumer: string;
      readonly spatial: number | null;
      readonly temporal: number | null;
    }
  | { readonly event: 'warning'; readonly message: string }
);

type WithoutSubject<E> = E extends unknown ? Omit<E, 'bot' | 'group' | 'kind' | 'atMs'> : never;
/** An event of a bot; whose it is and when are added by who passes it on. */
export type SessionEvent = WithoutSubject<BotEvent>;
