/** Opening and asking one socket: everything that happens once, or once a second, per socket. */
import { isIP } from 'node:net';
import type { RefusedSocket, SocketRequest } from '../port.ts';
import type { AddressBook } from './address-book.ts';
import { errorName, family, type Libc, level, option, pinned, socketType } from './libc.ts';

export interface OpenDescriptor {
  readonly state: 'open';
  readonly fd: number;
  readonly port: number;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  readonly hint: string | null;
}

export class Sockets {
  readonly #libc: Libc;
  readonly #book: AddressBook;
  readonly #value = pinned(64);
  readonly #words = new Int32Array(this.#value.memory);
  readonly #bytes = Buffer.from(this.#value.memory);

  constructor(libc: Libc, book: AddressBook) {
    this.#libc = libc;
    this.#book = book;
  }

  open(request: SocketRequest): OpenDescriptor | RefusedSocket {
    const of = isIP(request.address) === 6 ? family.inet6 : family.inet;
    const type = socketType.datagram | socketType.nonblock | socketType.cloexec;
    const fd = this.#libc.socket(of, type, 0);
    if (fd < 0) return this.#refused('socket');
    const refused = this.#prepare(fd, of, request);
    if (refused !== null) {
      this.#libc.close(fd);
      return refused;
    }
    const receive = this.#grow(fd, 'receive', request.receiveBufferBytes);
    const send = this.#grow(fd, 'send', request.sendBufferBytes);
    return {
      state: 'open',
      fd,
      port: this.#localPort(fd),
      receiveBufferBytes: receive.bytes,
      sendBufferBytes: send.bytes,
      hint: receive.hint ?? send.hint,
    };
  }

  /** Datagrams that the kernel dropped at this socket, exact at any time, unlike SO_RXQ_OVFL, which comes with the next datagram. */
  drops(fd: number): number | null {
    this.#words[15] = 36;
    const failed = this.#libc.getsockopt(
      fd,
      level.socket,
      option.memInfo,
      this.#value.address,
      this.#value.address + 60,
    );
    return failed === 0 && this.#words[15] >= 36 ? (this.#words[8] as number) >>> 0 : null;
  }

  #prepare(fd: number, of: number, { address, port = 0, remote }: SocketRequest): RefusedSocket | null {
    if (of === family.inet6) this.#set(fd, level.ipv6, option.v6Only, 1);
    if (!this.#set(fd, level.socket, option.timestampNs, 1)) return this.#refused('SO_TIMESTAMPNS');
    const local = this.#book.spare({ address, port });
    if (this.#libc.bind(fd, this.#book.at(local), this.#book.length(local)) !== 0)
      return this.#refused(`bind ${address}:${port}`);
    if (remote === undefined) return null;
    const peer = this.#book.spare(remote);
    if (this.#libc.connect(fd, this.#book.at(peer), this.#book.length(peer)) !== 0)
      return this.#refused(`connect ${remote.address}:${remote.port}`);
    return null;
  }

  #refused(what: string): RefusedSocket {
    const code = errorName(this.#libc.errno());
    return { state: 'refused', code, reason: `${what}: ${code}` };
  }

  /** The kernel doubles what it is asked for, and reports the double: both are bytes of its accounting here. */
  #grow(
    fd: number,
    side: 'receive' | 'send',
    bytes: number | undefined,
  ): { bytes: number; hint: string | null } {
    const name = side === 'receive' ? option.receiveBuffer : option.sendBuffer;
    const force = side === 'receive' ? option.receiveBufferForce : option.sendBufferForce;
    if (bytes !== undefined) {
      const half = Math.ceil(bytes / 2);
      // The force needs CAP_NET_ADMIN; without, the sysctl is the limit.
      if (!this.#set(fd, level.socket, force, half)) this.#set(fd, level.socket, name, half);
    }
    this.#words[15] = 4;
    this.#libc.getsockopt(fd, level.socket, name, this.#value.address, this.#value.address + 60);
    const granted = this.#words[0] as number;
    if (bytes === undefined || granted >= bytes) return { bytes: granted, hint: null };
    const sysctl = side === 'receive' ? 'net.core.rmem_max' : 'net.core.wmem_max';
    return {
      bytes: granted,
      hint: `the ${side} buffer is ${granted} of ${bytes} bytes: sysctl -w ${sysctl}=${Math.ceil(bytes / 2)}, or run with CAP_NET_ADMIN`,
    };
  }

  #set(fd: number, of: number, name: number, value: number): boolean {
    this.#words[0] = value;
    return this.#libc.setsockopt(fd, of, name, this.#value.address, 4) === 0;
  }

  #localPort(fd: number): number {
    this.#words[15] = 32;
    this.#libc.getsockname(fd, this.#value.address, this.#value.address + 60);
    return this.#bytes.readUInt16BE(2);
  }
}
