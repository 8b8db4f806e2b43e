/** Socket addresses as the kernel wants them (ip(7), ipv6(7)), each under a small number, found again without allocating. */
import { isIPv6, SocketAddress } from 'node:net';
import { type Endpoint, noAddress } from '../port.ts';
import { type Address, family, type Libc, pinned } from './libc.ts';

/** sockaddr_in takes 16 bytes, sockaddr_in6 28. */
export const sockaddrBytes = 32;
export const sockaddrWords = sockaddrBytes / 4;

export class AddressBook {
  readonly #libc: Libc;
  readonly #limit: number;
  readonly #slots: ReturnType<typeof pinned>;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  /** Open addressing at a load of at most a half; 0 is an empty cell, else the number plus one. */
  readonly #cells: Int32Array;
  #size = 0;

  constructor(libc: Libc, limit: number) {
    this.#libc = libc;
    this.#limit = limit;
    // One slot more than the limit: what is being looked up by text is laid out there.
    this.#slots = pinned((limit + 1) * sockaddrBytes);
    this.#words = new Int32Array(this.#slots.memory);
    this.#bytes = Buffer.from(this.#slots.memory);
    this.#cells = new Int32Array(2 ** Math.ceil(Math.log2(limit * 2)));
  }

  at(number: number): Address {
    return this.#slots.address + number * sockaddrBytes;
  }

  length(number: number): number {
    return this.#bytes.readUInt16LE(number * sockaddrBytes) === family.inet ? 16 : 28;
  }

  has(number: number): boolean {
    return number >= 0 && number < this.#size;
  }

  /** Lays an endpoint out in the spare slot, whose number it returns: for bind and connect, which need it once. */
  spare({ address, port }: Endpoint): number {
    const of = isIPv6(address) ? family.inet6 : family.inet;
    const start = this.#limit * sockaddrBytes;
    this.#bytes.fill(0, start, start + sockaddrBytes);
    this.#bytes.writeUInt16LE(of, start);
    this.#bytes.writeUInt16BE(port, start + 2);
    const at = this.at(this.#limit) + (of === family.inet ? 4 : 8);
    if (this.#libc.inet_pton(of, address, at) !== 1)
      throw new TypeError(`"${address}" is not an IPv4 or IPv6 address`);
    return this.#limit;
  }

  number(endpoint: Endpoint): number {
    const found = this.find(this.#words, this.spare(endpoint) * sockaddrWords);
    if (found === noAddress) throw new RangeError(`more than ${this.#limit} remote addresses`);
    return found;
  }

  endpoint(number: number): Endpoint {
    if (!this.has(number)) throw new RangeError(`no address has the number ${number}`);
    const start = number * sockaddrBytes;
    const port = this.#bytes.readUInt16BE(start + 2);
    if (this.length(number) === 16)
      return { address: [...this.#bytes.subarray(start + 4, start + 8)].join('.'), port };
    const groups = Array.from({ length: 8 }, (_, index) =>
      this.#bytes.readUInt16BE(start + 8 + 2 * index).toString(16),
    );
    return { address: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address, port };
  }

  /** The number of the address that lies at `words[at…]`, entered if it is new; `noAddress` when the book is full. */
  find(words: Int32Array, at: number): number {
    const mask = this.#cells.length - 1;
    for (let cell = hash(words, at) & mask; ; cell = (cell + 1) & mask) {
      const number = (this.#cells[cell] as number) - 1;
      if (number < 0) return this.#enter(words, at, cell);
      if (same(this.#words, number * sockaddrWords, words, at)) return number;
    }
  }

  #enter(words: Int32Array, at: number, cell: number): number {
    if (this.#size === this.#limit) return noAddress;
    const number = this.#size++;
    for (let word = 0; word < sockaddrWords; word++)
      this.#words[number * sockaddrWords + word] = words[at + word] as number;
    this.#cells[cell] = number + 1;
    return number;
  }
}

function isInet(words: Int32Array, at: number): boolean {
  return ((words[at] as number) & 0xffff) === family.inet;
}

/** Of the family, the port and the address; the IPv6 flow label and scope are not part of who it is. */
function hash(words: Int32Array, at: number): number {
  let mixed = Math.imul(words[at] as number, 0x9e37_79b1);
  const first = isInet(words, at) ? 1 : 2;
  const last = isInet(words, at) ? 1 : 5;
  for (let word = first; word <= last; word++)
    mixed = Math.imul(mixed ^ (words[at + word] as number), 0x85eb_ca6b) ^ (mixed >>> 13);
  return mixed ^ (mixed >>> 16);
}

function same(some: Int32Array, at: number, others: Int32Array, otherAt: number): boolean {
  if (some[at] !== others[otherAt]) return false;
  if (isInet(some, at)) return some[at + 1] === others[otherAt + 1];
  for (let word = 2; word <= 5; word++) if (some[at + word] !== others[otherAt + word]) return false;
  return true;
}
