/** One stream that a bot receives: what arrived, what is missing of it, and when it needs a key frame. */
import { Mark, markKind, readMark } from '../engine/payload/mark.ts';
import { arrival } from '../engine/receive/arrival.ts';
import { type Delays, type Way, way } from '../engine/receive/delays.ts';
import { FrameRate } from '../engine/receive/frame-rate.ts';
import { type FrameStart, frameStart, frameStartOf } from '../engine/receive/frame-start.ts';
import { Frames } from '../engine/receive/frames.ts';
import { Freezes } from '../engine/receive/freezes.ts';
import { Identity } from '../engine/receive/identity.ts';
import { KeyFrameWish } from '../engine/receive/key-frame-wish.ts';
import { NackList } from '../engine/receive/nack-list.ts';
import { StreamReceiver } from '../engine/receive/stream-receiver.ts';
import { findExtension } from '../engine/rtp/extension.ts';
import { type RtpHeader, takePadding } from '../engine/rtp/header.ts';
import { originalSequence, osnLength } from '../engine/rtp/rtx.ts';
import type { BotStreamReading } from '../readings.ts';
import type { IncomingStream } from './negotiation.ts';
import { ntpOffsetMs } from './ntp.ts';

/** Packets within which reordering and repeats are told apart: ten seconds of a large video. */
const window = 1024;
/** Missing packets are looked after so often. */
const nackMs = 20;
/** After a pause, packets that are no older say that the stream goes on. */
const freshMs = 3000;
/** Stands for what lies under the encryption. */
const opaque = -1;

/** One for all: it means nothing once its packet was handled. */
const mark = new Mark();

export interface IncomingOptions {
  /**
   * How many of the packets are opened: one in so many, 0 for none. Marks say which ones came where all are; key frames
   * can be told from others where any may be. With 0, whatever is whole counts as shown, from the first frame.
   */
  readonly verifyEvery: number;
  /** Of all streams of a group and kind. */
  readonly delays: Delays;
  /** Called for each frame that could be shown. */
  readonly onFrame: (atMs: number) => void;
}

export class Incoming {
  readonly stream: IncomingStream;
  readonly receiver: StreamReceiver;
  nacks = 0;
  plis = 0;
  /** What SRTP had seen before, and what came after its window. */
  duplicates = 0;
  late = 0;
  /** Which packets of its publisher came; null while none had a mark. */
  identity: Identity | null = null;
  /** Whether key frames matter to it now: nothing was shown yet, something is missing or will not come. */
  isWatched: boolean;
  /** Packets whose way was timed, and those of them that were late. */
  #timedTotal = 0;
  #tardyTotal = 0;
  readonly #options: IncomingOptions;
  readonly #frames: Frames | null;
  readonly #freezes = new Freezes();
  /** Only while something is missing: it is by far the largest part of a stream. */
  #missing: NackList | null = null;
  #nackAtMs = 0;
  readonly #wish: KeyFrameWish;
  /** Whether key frames can be told from others. */
  readonly #isReadable: boolean;
  /** Where the key frame begins that was shown last. */
  #keyFrameFrom = -1;
  #isPaused: boolean;
  /** From when on it counts that nothing was shown: since it goes on after a pause. */
  #goesOn = false;
  #onMs = Number.NaN;
  #isMarked = false;
  /** Length of an extension that holds no capture time: it stands in a few packets a second, and makes them longer. */
  #usualExtension = -1;
  readonly #rate = new FrameRate();

  constructor(stream: IncomingStream, paused: boolean, options: IncomingOptions) {
    this.stream = stream;
    this.#options = options;
    this.receiver = new StreamReceiver(stream.ssrc, stream.clockRate, window);
    this.#frames =
      stream.kind === 'video' ? new Frames((shownMs: number): void => this.#shown(shownMs)) : null;
    this.#isReadable = this.#frames !== null && stream.readable !== undefined && options.verifyEvery > 0;
    this.isWatched = this.#isReadable;
    this.#wish = new KeyFrameWish(!this.#isReadable);
    this.#isPaused = paused;
  }

  /** Whether the packet of this number has to be opened. One behind a gap may be a key frame's first. */
  isOpenedFor(sequence: number): boolean {
    if (this.isWatched) return true;
    return this.#isReadable && ((this.receiver.highestExtended + 1) & 0xffff) !== sequence;
  }

  /** Whether missing packets have to be asked for. */
  get isMissing(): boolean {
    return this.#missing !== null;
  }

  pause(paused: boolean): void {
    this.#isPaused = paused;
    this.#rate.reset();
    this.#goesOn = !paused;
    // Also when it goes on: frames may have come after the pause had been asked for.
    this.#freezes.pause();
    this.#wish.reset();
    this.#watch();
  }

  /** A packet of the stream's own SSRC, after SRTP; its payload is readable where it is opened. */
  packet(header: RtpHeader, bytes: Uint8Array, length: number, isOpened: boolean): void {
    const before = this.receiver.highestExtended;
    const what = this.receiver.record(header, length, false);
    if (isOpened && (what <= arrival.reordered || what === arrival.overtaken)) this.#identify(header, bytes);
    if (header.extensionLength !== this.#usualExtension) this.#timed(header, bytes);
    if (what !== arrival.next && what !== arrival.reordered) return;
    const { extended } = this.receiver;
    if (before >= 0 && extended > before + 1 && this.#missing === null && this.stream.nack) {
      this.#missing = new NackList();
      this.#missing.packet(before, header.arrivalMs);
      this.#nackAtMs = header.arrivalMs;
      this.#watch();
    }
    this.#take(header, isOpened ? this.#startOf(header, bytes, 0) : frameStart.none);
  }

  /** RFC 4588: a packet of its RTX, opened. */
  retransmission(header: RtpHeader, bytes: Uint8Array): void {
    if (takePadding(header, bytes) < 0) return;
    const sequence = originalSequence(header, bytes);
    if (sequence < 0) return;
    const what = this.receiver.recordRestored(sequence);
    if (what !== arrival.next && what !== arrival.reordered) return;
    if (this.identity !== null && readMark(mark, bytes, header.payloadAt, header.payloadLength) === 0)
      this.identity.restored(mark, this.receiver.extended);
    this.#take(header, this.#startOf(header, bytes, osnLength));
  }

  /** Writes the sequence numbers to ask for now; returns how many. */
  pollMissing(nowMs: number, sequences: Uint16Array): number {
    const missing = this.#missing;
    if (missing === null || nowMs < this.#nackAtMs) return 0;
    this.#nackAtMs = nowMs + nackMs;
    missing.forgetBefore(this.#keyFrameFrom);
    // Chrome knows no round trip on a connection that it only receives on, and takes libwebrtc's default.
    const asked = missing.poll(nowMs, Number.NaN, sequences);
    if (asked > 0) this.nacks += 1;
    if (missing.keyFrameNeeded) this.#wish.want();
    missing.keyFrameNeeded = false;
    if (!Number.isNaN(missing.givenUpFromMs)) this.#wish.stick(missing.givenUpFromMs);
    missing.givenUpFromMs = Number.NaN;
    if (missing.size === 0) this.#missing = null;
    this.#watch();
    return asked;
  }

  /** Whether a key frame is to be asked for now; counts it. */
  takeKeyFrameNeed(nowMs: number): boolean {
    if (this.#frames === null || !this.stream.pli || this.#isPaused) return false;
    const { lastArrivalMs, firstArrivalMs } = this.receiver;
    if (this.#goesOn && lastArrivalMs > nowMs - freshMs) {
      this.#goesOn = false;
      this.#onMs = nowMs;
    }
    const decodedMs = Number.isNaN(this.#frames.lastDecodedMs) ? firstArrivalMs : this.#frames.lastDecodedMs;
    const shownMs = this.#onMs > decodedMs ? this.#onMs : decodedMs;
    if (!this.#wish.take(nowMs, shownMs, lastArrivalMs)) return false;
    if (!this.#isReadable) this.#wish.answered();
    this.plis += 1;
    return true;
  }

  read(atMs: number, rttMs: number | null): Omit<BotStreamReading, 'bot' | 'atMs'> {
    const { stream, receiver } = this;
    const frames = this.#frames;
    const fps = frames === null || this.#isPaused ? null : this.#rate.read(atMs, frames.decodedTotal);
    const isHeard = receiver.receivedTotal > 0 && !this.#isPaused;
    return {
      direction: 'in',
      kind: stream.kind,
      id: stream.consumer,
      producer: stream.producer,
      ssrc: stream.ssrc,
      rid: null,
      width: null,
      height: null,
      counters: {
        receivedPacketsTotal: receiver.receivedTotal,
        receivedBytesTotal: receiver.receivedBytesTotal,
        lostPacketsTotal: receiver.lostTotal,
        duplicatePacketsTotal: this.duplicates + receiver.duplicatesTotal,
        reorderedPacketsTotal: receiver.reorderedTotal,
        latePacketsTotal: this.late + receiver.lateTotal,
        recoveredPacketsTotal: receiver.recoveredTotal,
        foreignMarksTotal: this.identity?.wrongTotal ?? 0,
        nacksSentTotal: this.nacks,
        ...(frames === null
          ? {}
          : {
              plisSentTotal: this.plis,
              framesReceivedTotal: frames.completeTotal,
              framesDecodedTotal: frames.decodedTotal,
              framesDroppedTotal: frames.droppedTotal,
              freezesTotal: this.#freezes.freezesTotal,
              freezeMsTotal: this.#freezes.freezeMsTotal,
            }),
      },
      trends: {
        ...(fps === null ? {} : { fps }),
        ...(isHeard ? { jitterMs: receiver.jitterMs } : {}),
        ...(rttMs === null ? {} : { rttMs }),
      },
      qualityLimitation: null,
      timed: [this.#timedTotal, this.#tardyTotal],
      ...(this.identity === null ? {} : { marks: this.identity.read() }),
    };
  }

  #shown(atMs: number): void {
    const from = this.#frames?.keyFrameFrom ?? -1;
    const isKey = from !== this.#keyFrameFrom;
    this.#keyFrameFrom = from;
    this.#wish.shown(isKey);
    if (isKey) this.#watch();
    this.#freezes.frame(atMs);
    this.#options.onFrame(atMs);
  }

  /** Where payloads are cassettes, most ask no more than whether the mark's first word is there. */
  #identify(header: RtpHeader, bytes: Uint8Array): void {
    if (readMark(mark, bytes, header.payloadAt, header.payloadLength) < 0) {
      if (header.payloadLength > 0) this.identity?.unmarked();
      return;
    }
    this.#isMarked = true;
    this.#time(this.#options.delays.marked(header, mark.sentBits));
    if (this.#options.verifyEvery !== 1) return;
    this.identity ??= new Identity(markKind[this.stream.kind]);
    this.identity.packet(mark, this.receiver.extended);
  }

  /** Where packets say when they were sent, when their frame was captured is not asked. */
  #timed(header: RtpHeader, bytes: Uint8Array): void {
    const at = findExtension(header, bytes, this.stream.captureTimeId ?? 0);
    if (at < 0) this.#usualExtension = header.extensionLength;
    else if (!this.#isMarked) this.#time(this.#options.delays.captured(header, bytes, at, ntpOffsetMs));
  }

  #time(was: Way): void {
    if (was === way.strange) return;
    this.#timedTotal += 1;
    if (was === way.late) this.#tardyTotal += 1;
  }

  #watch(): void {
    const { isStarted, isStuck } = this.#wish;
    this.isWatched = this.#isReadable && (!isStarted || isStuck || this.#missing !== null);
  }

  /** Of an opened packet whose payload begins `skipped` bytes behind its header. */
  #startOf({ payloadAt, payloadLength }: RtpHeader, bytes: Uint8Array, skipped: number): FrameStart {
    const { readable } = this.stream;
    if (readable === undefined || !this.isWatched) return frameStart.none;
    return frameStartOf(readable, bytes, payloadAt + skipped, payloadLength - skipped);
  }

  /** What the receiver numbered last was not here before. `start`: as far as the payload was read. */
  #take(header: RtpHeader, start: FrameStart): void {
    const { extended } = this.receiver;
    if (this.#missing !== null) this.#missing.packet(extended, header.arrivalMs);
    const frames = this.#frames;
    if (frames === null) return;
    const isKey = start === frameStart.key;
    if (this.isWatched) this.#wish.packet(header, isKey);
    if (this.#wish.isStarted) {
      const known = isKey ? 1 : opaque;
      frames.packet(extended, header, known, known);
      return;
    }
    frames.packet(extended, header, start === frameStart.none ? 0 : 1, isKey ? 1 : 0);
    if (frames.completeTotal > 0) this.#wish.whole();
  }
}
