/**
 * RFC 8445: one candidate pair's checks toward an ICE-Lite peer or a full one (§7, nomination §8.1, role conflicts
 * §7.3.1.1); RFC 8489 §6.2.1: retransmission; RFC 7675: consent. Instants come in, datagrams go out through the
 * caller's buffer; the caller calls `poll` when `nextAtMs` has come, and looks at `state` after each call.
 */
import { asciiBytes, fixedBytes } from '../bytes.ts';
import { reason } from '../reason.ts';
import { attribute, type HmacSha1Function, messageType } from './attribute.ts';
import { integrityMatches, parseStun, StunMessage } from './message.ts';
import { IceResponder, type StunSource } from './responder.ts';
import { Transactions } from './transactions.ts';
import { StunWriter } from './writer.ts';

export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface IceSettings {
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  /** An ICE-Lite peer sends no requests and nominates nothing: the first check of ours does. */
  readonly remoteLite: boolean;
  readonly controlling: boolean;
  /** PRIORITY of our candidate, were it peer-reflexive (RFC 8445 §5.1.2). */
  readonly priority: number;
  /** 8 random bytes. */
  readonly tieBreaker: Uint8Array;
  readonly hmacSha1: HmacSha1Function;
  /** Random bytes for transaction ids. */
  readonly random: (bytes: Uint8Array, at: number, length: number) => void;
  /** 0 … 1, anew for each consent interval. */
  readonly jitter: () => number;
  /** First retransmission; doubles each time. */
  readonly rtoMs?: number;
  readonly consentIntervalMs?: number;
  readonly consentTimeoutMs?: number;
}

/**
 * `checking` → `connected` → `expired` (no consent for 30 s, or revoked); `checking` → `failed`; any → `closed`.
 * `expired`, `failed` and `closed` are final.
 */
export type IceState = 'checking' | 'connected' | 'failed' | 'expired' | 'closed';
/** `timeout`: no answer; `rejected`: the peer answered with `errorCode`; `revoked`: consent taken back (403). */
export type IceFailure = 'none' | 'timeout' | 'rejected' | 'revoked';

/** RFC 8489 §6.2.1: Rc requests, and the wait after the last one in RTOs. */
const maxRequests = 7;
const lastWaitRtos = 16;
const roleConflict = 487;
const forbidden = 403;

export class IceClient {
  state: IceState = 'checking';
  failure: IceFailure = 'none';
  /** Of the response that failed it; 0: none. */
  errorCode = 0;
  controlling: boolean;
  /** Of the last answered request; NaN before the first. */
  rttMs = Number.NaN;
  /** When `poll` has something to do; Infinity in final states. */
  nextAtMs = 0;
  readonly #settings: IceSettings;
  readonly #writer = new StunWriter();
  readonly #message = new StunMessage();
  readonly #responder: IceResponder;
  readonly #transactions: Transactions;
  readonly #username: Uint8Array;
  readonly #remoteKey: Uint8Array;
  readonly #tieBreaker = fixedBytes(8);
  readonly #rtoMs: number;
  #requests = 0;
  #valid = false;
  #nominating: boolean;
  #nominatedByPeer = false;
  #consentUntilMs = Number.POSITIVE_INFINITY;

  private constructor(settings: IceSettings) {
    const { local, remote } = settings;
    this.#settings = settings;
    this.controlling = settings.controlling;
    this.#responder = new IceResponder(local, remote, settings.hmacSha1);
    this.#transactions = new Transactions(settings.random);
    this.#username = asciiBytes(`${remote.ufrag}:${local.ufrag}`);
    this.#remoteKey = asciiBytes(remote.password);
    this.#tieBreaker.set(settings.tieBreaker);
    this.#rtoMs = settings.rtoMs ?? 500;
    this.#nominating = settings.controlling && settings.remoteLite;
  }

  static create(settings: IceSettings): IceClient {
    if (settings.tieBreaker.length !== 8) throw new RangeError('tie-breaker of 8 bytes expected');
    return new IceClient(settings);
  }

  /** Writes what is to be sent now into `out` (≥ `maxStunLength` bytes); returns its length, 0 for nothing. */
  poll(nowMs: number, out: Uint8Array, outAt: number): number {
    if (nowMs < this.nextAtMs) return 0;
    if (this.state === 'checking') return this.#check(nowMs, out, outAt);
    if (this.state !== 'connected') return 0;
    if (nowMs >= this.#consentUntilMs) {
      this.#end('expired', 'timeout');
      return 0;
    }
    this.#transactions.next(nowMs);
    this.#scheduleConsent(nowMs);
    return this.#request(out, outAt);
  }

  /**
   * Takes a STUN datagram that came from `source`. Returns the length of a reply written into `out`, 0 where there
   * is none, or the negative reason why the datagram was dropped.
   */
  receive(
    bytes: Uint8Array,
    at: number,
    length: number,
    nowMs: number,
    source: StunSource,
    out: Uint8Array,
    outAt: number,
  ): number {
    const message = this.#message;
    const parsed = parseStun(message, bytes, at, length);
    if (parsed < 0) return parsed;
    switch (message.type) {
      case messageType.success:
        return this.#succeeded(bytes, nowMs);
      case messageType.error:
        return this.#refused(bytes, nowMs);
      case messageType.request:
        return this.state === 'closed' ? reason.unexpected : this.#answer(bytes, nowMs, source, out, outAt);
      case messageType.indication:
        return 0;
      default:
        return reason.unexpected;
    }
  }

  close(): void {
    this.#end('closed', this.failure);
  }

  #check(nowMs: number, out: Uint8Array, outAt: number): number {
    if (this.#requests === maxRequests) {
      this.#end('failed', 'timeout');
      return 0;
    }
    if (this.#requests === 0) this.#transactions.next(nowMs);
    this.#transactions.sentAgain(nowMs);
    this.#requests += 1;
    const waitRtos = this.#requests === maxRequests ? lastWaitRtos : 2 ** (this.#requests - 1);
    this.nextAtMs = nowMs + this.#rtoMs * waitRtos;
    return this.#request(out, outAt);
  }

  /** A new check, at once: after a change of role, and to nominate. */
  #checkAnew(nowMs: number): void {
    this.#requests = 0;
    this.#transactions.forget();
    this.nextAtMs = nowMs;
  }

  #request(out: Uint8Array, outAt: number): number {
    const writer = this.#writer;
    const { priority, hmacSha1 } = this.#settings;
    writer.begin(out, outAt, messageType.request, this.#transactions.ids, this.#transactions.lastAt);
    writer.bytes(attribute.username, this.#username);
    writer.bytes(this.controlling ? attribute.iceControlling : attribute.iceControlled, this.#tieBreaker);
    if (this.controlling && this.#nominating) writer.flag(attribute.useCandidate);
    writer.uint32(attribute.priority, priority);
    writer.integrity(this.#remoteKey, hmacSha1);
    return writer.finish();
  }

  #succeeded(bytes: Uint8Array, nowMs: number): number {
    const sentAtMs = this.#transactions.find(this.#message, bytes);
    if (Number.isNaN(sentAtMs)) return reason.unknownTransaction;
    if (!integrityMatches(this.#message, bytes, this.#remoteKey, this.#settings.hmacSha1)) {
      return reason.authentication;
    }
    this.#transactions.take();
    this.rttMs = nowMs - sentAtMs;
    if (this.state === 'connected') {
      this.#consentUntilMs = nowMs + (this.#settings.consentTimeoutMs ?? 30_000);
      return 0;
    }
    if (this.state !== 'checking') return 0;
    this.#valid = true;
    if (this.controlling && !this.#nominating) {
      this.#nominating = true;
      this.#checkAnew(nowMs);
      return 0;
    }
    this.#connectIfNominated(nowMs);
    return 0;
  }

  #refused(bytes: Uint8Array, nowMs: number): number {
    const message = this.#message;
    if (Number.isNaN(this.#transactions.find(message, bytes))) return reason.unknownTransaction;
    const authentic = integrityMatches(message, bytes, this.#remoteKey, this.#settings.hmacSha1);
    // A peer that cannot verify us cannot authenticate its answer either: 400 and 401 come without integrity.
    if (!authentic && (message.integrityAt >= 0 || this.state !== 'checking')) return reason.authentication;
    this.#transactions.take();
    if (message.errorCode === roleConflict && this.state === 'checking') {
      this.#switchRole(!this.controlling);
      this.#settings.random(this.#tieBreaker, 0, 8);
      this.#checkAnew(nowMs);
    } else if (this.state === 'checking') {
      this.errorCode = message.errorCode;
      this.#end('failed', 'rejected');
    } else if (this.state === 'connected' && message.errorCode === forbidden) {
      this.errorCode = message.errorCode;
      this.#end('expired', 'revoked');
    }
    return 0;
  }

  #answer(bytes: Uint8Array, nowMs: number, source: StunSource, out: Uint8Array, outAt: number): number {
    const message = this.#message;
    const length = this.#responder.answer(
      message,
      bytes,
      this.controlling,
      this.#tieBreaker,
      source,
      out,
      outAt,
    );
    if (!this.#responder.accepted) return length;
    if (this.#responder.controlling !== this.controlling) {
      this.#switchRole(this.#responder.controlling);
      if (this.state === 'checking') this.#checkAnew(nowMs);
    }
    if (!this.controlling && message.useCandidate) this.#nominatedByPeer = true;
    if (this.state === 'checking') {
      // A triggered check (§7.3.1.4): the path is open now; answers to the earlier ones still count.
      if (!this.#valid && this.#requests > 1) {
        this.#requests = 0;
        this.nextAtMs = nowMs;
      }
      this.#connectIfNominated(nowMs);
    }
    return length;
  }

  #switchRole(controlling: boolean): void {
    this.controlling = controlling;
    this.#nominating = controlling && (this.#settings.remoteLite || this.#valid);
  }

  #connectIfNominated(nowMs: number): void {
    if (!this.#valid) return;
    if (this.controlling ? !this.#nominating : !this.#nominatedByPeer) {
      this.nextAtMs = Number.POSITIVE_INFINITY; // valid; the peer will nominate when it likes
      return;
    }
    this.state = 'connected';
    this.#consentUntilMs = nowMs + (this.#settings.consentTimeoutMs ?? 30_000);
    this.#scheduleConsent(nowMs);
  }

  /** RFC 7675 §5.1: every 5 s, by a random factor of 0.8 to 1.2; never after the consent has run out. */
  #scheduleConsent(nowMs: number): void {
    const intervalMs = (this.#settings.consentIntervalMs ?? 5000) * (0.8 + 0.4 * this.#settings.jitter());
    this.nextAtMs = Math.min(nowMs + intervalMs, this.#consentUntilMs);
  }

  #end(state: IceState, failure: IceFailure): void {
    if (this.state === 'closed') return;
    this.state = state;
    this.failure = failure;
    this.nextAtMs = Number.POSITIVE_INFINITY;
  }
}
