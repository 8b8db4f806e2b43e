/** The network's part of a transport: which candidate we connect to, and what ICE needs to know of it. */
import { createHmac, createSecretKey, type KeyObject, randomBytes, randomFillSync } from 'node:crypto';
import { isIP } from 'node:net';
import type { HmacSha1Function } from '../engine/stun/attribute.ts';
import { IceClient } from '../engine/stun/ice-client.ts';
import type { StunSource } from '../engine/stun/responder.ts';
import type { TransportOffer } from '../signaling/signaling.ts';
import type { SocketRequest } from '../udp/port.ts';

/** RFC 8445 §5.1.2.1: a peer-reflexive candidate, component 1, of the highest local preference. */
const reflexivePriority = 110 * 2 ** 24 + 65_535 * 2 ** 8 + 255;
/** For a burst while the loop is away: about 450 packets as the kernel accounts them. */
const receiveBufferBytes = 1 << 20;

export interface Remote {
  readonly address: string;
  readonly port: number;
}

/**
 * The candidate of the highest priority that we can reach: UDP, and a literal address.
 * @throws Error when there is none
 */
export function remoteOf(offer: TransportOffer): Remote {
  const candidates = offer.iceCandidates
    .filter(({ protocol }) => protocol === 'udp')
    .map(({ address, ip, port, priority }) => ({ address: address ?? ip, port, priority }))
    .filter(({ address }) => isIP(address) !== 0)
    .sort((a, b) => b.priority - a.priority);
  const [best] = candidates;
  if (best === undefined) throw new Error('the SFU offers no UDP candidate with an address');
  return { address: best.address, port: best.port };
}

export function socketTo(remote: Remote): SocketRequest {
  const address = isIP(remote.address) === 6 ? '::' : '0.0.0.0';
  return { address, remote, receiveBufferBytes, sendBufferBytes: receiveBufferBytes };
}

/** A key in bytes is prepared anew for every HMAC, at more than the HMAC's own cost. */
const keys = new WeakMap<Uint8Array, KeyObject>();

const hmacSha1: HmacSha1Function = (key, bytes, at, length, digest) => {
  let prepared = keys.get(key);
  if (prepared === undefined) {
    prepared = createSecretKey(key);
    keys.set(key, prepared);
  }
  digest.set(
    createHmac('sha1', prepared)
      .update(bytes.subarray(at, at + length))
      .digest(),
  );
};

export function iceTo(offer: TransportOffer): IceClient {
  const { usernameFragment, password, iceLite = false } = offer.iceParameters;
  return IceClient.create({
    local: { ufrag: randomBytes(4).toString('hex'), password: randomBytes(12).toString('hex') },
    remote: { ufrag: usernameFragment, password },
    remoteLite: iceLite,
    controlling: true,
    priority: reflexivePriority,
    tieBreaker: randomBytes(8),
    hmacSha1,
    random: (bytes, at, length) => void randomFillSync(bytes, at, length),
    jitter: Math.random,
  });
}

/** Where a connected socket's datagrams come from, as a full ICE peer wants it back. */
export function sourceOf({ address, port }: Remote): StunSource {
  const bytes = isIP(address) === 6 ? bytesOf6(address) : address.split('.').map(Number);
  return { address: Uint8Array.from(bytes), addressLength: bytes.length, port };
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':');
}

function bytesOf6(address: string): number[] {
  // URL writes an IPv6 address in its one canonical form, without an embedded IPv4 address.
  const literal = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = literal.split('::');
  const after = tail === undefined ? [] : groups(tail);
  const before = groups(head);
  const zeros = Array.from<string>({ length: 8 - before.length - after.length }).fill('0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
