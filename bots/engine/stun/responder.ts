/** RFC 8445 §7.3: answers a binding request: credentials, role conflict, the reflexive address. */
import { asciiBytes } from '../bytes.ts';
import { reason } from '../reason.ts';
import { type HmacSha1Function, messageType } from './attribute.ts';
import { integrityMatches, type StunMessage } from './message.ts';
import { StunWriter } from './writer.ts';

/** Where a datagram came from: an address of 4 or 16 bytes. */
export interface StunSource {
  readonly address: Uint8Array;
  readonly addressLength: number;
  readonly port: number;
}

const badRequest = 400;
const unauthorized = 401;
const unknownAttribute = 420;
const roleConflict = 487;

export class IceResponder {
  /** Whether the last request was answered with success. */
  accepted = false;
  /** The role to have after the last request. */
  controlling = false;
  readonly #writer = new StunWriter();
  readonly #username: Uint8Array;
  readonly #key: Uint8Array;
  readonly #hmacSha1: HmacSha1Function;

  constructor(
    local: { readonly ufrag: string; readonly password: string },
    remote: { readonly ufrag: string },
    hmacSha1: HmacSha1Function,
  ) {
    this.#username = asciiBytes(`${local.ufrag}:${remote.ufrag}`);
    this.#key = asciiBytes(local.password);
    this.#hmacSha1 = hmacSha1;
  }

  /** Writes the response; returns its length. A request that is not authentic is answered once and changes nothing. */
  answer(
    message: StunMessage,
    bytes: Uint8Array,
    controlling: boolean,
    tieBreaker: Uint8Array,
    source: StunSource,
    out: Uint8Array,
    outAt: number,
  ): number {
    this.accepted = false;
    this.controlling = controlling;
    if (message.usernameAt < 0 || message.integrityAt < 0) {
      return this.#refuse(message, bytes, badRequest, false, out, outAt);
    }
    if (!this.#isOurs(message, bytes) || !integrityMatches(message, bytes, this.#key, this.#hmacSha1)) {
      return this.#refuse(message, bytes, unauthorized, false, out, outAt);
    }
    if (message.unknown !== 0) return this.#refuse(message, bytes, unknownAttribute, true, out, outAt);
    const theirsAt = controlling ? message.controllingAt : message.controlledAt;
    if (theirsAt >= 0) {
      const ours = compare(tieBreaker, bytes, theirsAt) >= 0;
      // The larger tie-breaker controls: who holds the role and is right says so, the other one changes.
      if (ours === controlling) return this.#refuse(message, bytes, roleConflict, true, out, outAt);
      this.controlling = !controlling;
    }
    this.accepted = true;
    const writer = this.#writer;
    writer.begin(out, outAt, messageType.success, bytes, message.transactionAt);
    writer.xorMappedAddress(source.address, source.addressLength, source.port);
    writer.integrity(this.#key, this.#hmacSha1);
    return writer.finish();
  }

  #refuse(
    message: StunMessage,
    bytes: Uint8Array,
    code: number,
    authentic: boolean,
    out: Uint8Array,
    outAt: number,
  ): number {
    const writer = this.#writer;
    if (out.length - outAt < 100) return reason.noSpace;
    writer.begin(out, outAt, messageType.error, bytes, message.transactionAt);
    writer.errorCode(code);
    if (code === unknownAttribute) writer.unknownAttribute(message.unknown);
    if (authentic) writer.integrity(this.#key, this.#hmacSha1);
    return writer.finish();
  }

  #isOurs(message: StunMessage, bytes: Uint8Array): boolean {
    const expected = this.#username;
    if (message.usernameLength !== expected.length) return false;
    for (let index = 0; index < expected.length; index += 1) {
      if (bytes[message.usernameAt + index] !== expected[index]) return false;
    }
    return true;
  }
}

function compare(left: Uint8Array, right: Uint8Array, rightAt: number): number {
  for (let index = 0; index < 8; index += 1) {
    const difference = (left[index] as number) - (right[rightAt + index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
