/**
 * DTLS 1.2 client (RFC 6347) for the keys of SRTP (RFC 5764), without sockets or timers of its own: datagrams and
 * instants in, datagrams and a state out. The server is a peer whose certificate was signalled by its fingerprint.
 * It carries no application data.
 */
import type { DtlsCertificate, Fingerprint } from './dtls/certificate.ts';
import { alert, type DtlsFailure, Failure, Handshake, type Outgoing, type Step } from './dtls/handshake.ts';
import { messageType } from './dtls/messages.ts';
import { Reassembly } from './dtls/reassembly.ts';
import { contentType, Records } from './dtls/records.ts';
import type { SrtpKeys, SrtpProfile } from './dtls/secrets.ts';

export {
  createCertificate,
  type DtlsCertificate,
  type Fingerprint,
  processCertificate,
} from './dtls/certificate.ts';
export type { DtlsFailure } from './dtls/handshake.ts';
export { type SrtpKeys, type SrtpProfile, srtpProfiles } from './dtls/secrets.ts';

export type DtlsState =
  | { readonly state: 'new' | 'connecting' }
  | ({ readonly state: 'connected' } & SrtpKeys)
  | { readonly state: 'failed'; readonly reason: DtlsFailure; readonly detail: string }
  /** By either side, after it was connected; by this one, before. */
  | { readonly state: 'closed' };

export interface DtlsOptions {
  readonly certificate: DtlsCertificate;
  /** The peer's, as signalled: one that matches is enough. */
  readonly fingerprints: readonly Fingerprint[];
  /** Offered, the best first. */
  readonly profiles?: readonly SrtpProfile[];
  /** First wait for an answer; doubled each time. 50 ms is libwebrtc's. */
  readonly retransmitMs?: number;
  /** From start to failure. */
  readonly timeoutMs?: number;
  /** Takes a datagram to the peer. It may be lost. */
  readonly send: (datagram: Buffer) => void;
  /** Called once for each change, last in the call that made it. */
  readonly changed: (state: DtlsState) => void;
}

/** As Chromium offers them. */
const allProfiles: readonly SrtpProfile[] = [8, 7, 1];
const firstRetransmitMs = 50;
const longestRetransmitMs = 2000;
const defaultTimeoutMs = 10_000;
/** Answers to a peer that repeats its flight, beside those that the time-out sends. */
const repeatLimit = 5;
const never = Number.POSITIVE_INFINITY;

export class Dtls {
  readonly #options: DtlsOptions;
  /** Until it ended: it holds every message. */
  #handshake: Handshake | null;
  readonly #records = new Records();
  readonly #reassembly = new Reassembly();
  readonly #firstWaitMs: number;
  readonly #timeoutMs: number;
  #state: DtlsState = { state: 'new' };
  #flight: readonly Outgoing[] = [];
  /** The server's flight has been answered. */
  #answered = false;
  #repeats = 0;
  #waitMs: number;
  #resendAtMs = never;
  #failAtMs = never;

  static create(options: DtlsOptions): Dtls {
    return new Dtls(options);
  }

  private constructor(options: DtlsOptions) {
    this.#options = options;
    this.#handshake = new Handshake({ profiles: allProfiles, ...options });
    this.#firstWaitMs = options.retransmitMs ?? firstRetransmitMs;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#waitMs = this.#firstWaitMs;
  }

  get state(): DtlsState {
    return this.#state;
  }

  /** When `tick` is due; infinite when nothing is waited for. */
  get timeoutAtMs(): number {
    return Math.min(this.#resendAtMs, this.#failAtMs);
  }

  start(nowMs: number): void {
    if (this.#state.state !== 'new') return;
    this.#failAtMs = nowMs + this.#timeoutMs;
    this.#state = { state: 'connecting' };
    if (this.#handshake !== null) this.#step(this.#handshake.hello(), nowMs);
    this.#options.changed(this.#state);
  }

  /** A datagram from the peer, of which nothing is kept. Never throws for what is in it. */
  handle(datagram: Buffer, nowMs: number): void {
    if (!this.#isLive()) return;
    for (const { type, epoch, body } of this.#records.read(datagram)) {
      if (!this.#isLive()) return;
      if (type === contentType.alert && body.length >= 2) this.#alerted(body, epoch);
      else if (type === contentType.handshake && this.#state.state === 'connecting')
        this.#messages(body, epoch, nowMs);
    }
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#failAtMs) {
      const what = this.#answered ? 'the key exchange' : 'the hello';
      this.#fail('timeout', `no answer to ${what} within ${this.#timeoutMs} ms`);
    } else if (nowMs >= this.#resendAtMs) {
      this.#waitMs = Math.min(2 * this.#waitMs, longestRetransmitMs);
      this.#transmit(nowMs);
    }
  }

  /** Tells the peer when there is one. Nothing remains to be cleaned up. */
  close(): void {
    if (this.#state.state === 'connected') this.#sendAlert(1, alert.closeNotify);
    if (this.#state.state !== 'failed' && this.#state.state !== 'closed') this.#settle({ state: 'closed' });
  }

  #isLive(): boolean {
    return this.#state.state === 'connecting' || this.#state.state === 'connected';
  }

  #settle(state: DtlsState): void {
    this.#state = state;
    this.#resendAtMs = never;
    this.#failAtMs = never;
    this.#flight = [];
    this.#handshake = null;
    this.#options.changed(state);
  }

  #fail(reason: DtlsFailure, detail: string): void {
    this.#settle({ state: 'failed', reason, detail });
  }

  #alerted(body: Buffer, epoch: number): void {
    const description = body.readUInt8(1);
    // RFC 5246 §7.2: a warning ends nothing, unless it says goodbye.
    if (body.readUInt8(0) !== 2 && description !== alert.closeNotify) return;
    // In clear it could be anybody's, where there are keys.
    if (this.#state.state !== 'connected')
      this.#fail('alert', `the peer ended the handshake with alert ${description}`);
    else if (epoch === 1) this.#settle({ state: 'closed' });
  }

  #sendAlert(level: 1 | 2, description: number): void {
    const epoch = this.#answered ? 1 : 0;
    this.#options.send(this.#records.write(contentType.alert, epoch, Buffer.from([level, description])));
  }

  #messages(record: Buffer, epoch: number, nowMs: number): void {
    const again = this.#reassembly.add(record, epoch);
    try {
      for (let message = this.#reassembly.take(); message !== null; message = this.#reassembly.take()) {
        // Everything but the finish comes in clear, and the finish never does.
        if ((message.type === messageType.finished) !== (message.epoch === 1))
          throw new Failure('protocol', `message ${message.type} in epoch ${message.epoch}`);
        const step = this.#handshake?.message(message) ?? null;
        if (step !== null) this.#step(step, nowMs);
        if (this.#state.state !== 'connecting') return;
      }
    } catch (error) {
      const { reason, message, alert: description } = asFailure(error);
      this.#sendAlert(2, description);
      this.#fail(reason, message);
      return;
    }
    // The peer did not hear the answer to its flight (RFC 6347 §4.2.4).
    if (again && this.#answered && this.#repeats++ < repeatLimit) this.#transmit(nowMs);
  }

  #step(step: Step, nowMs: number): void {
    if (step.kind === 'done') {
      this.#settle({ state: 'connected', ...step.keys });
      return;
    }
    if (step.keys !== null) {
      this.#records.secure(step.keys);
      this.#answered = true;
    }
    this.#flight = step.flight;
    this.#waitMs = this.#firstWaitMs;
    this.#transmit(nowMs);
  }

  /** The whole flight fits one datagram: a P-256 certificate has 300 bytes. */
  #transmit(nowMs: number): void {
    this.#resendAtMs = nowMs + this.#waitMs;
    const records = this.#flight.map(({ type, epoch, body }) => this.#records.write(type, epoch, body));
    this.#options.send(Buffer.concat(records));
  }
}

/** What is no failure of ours was thrown by the cryptography, at a value that it cannot use. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('protocol', error instanceof Error ? error.message : String(error));
}
