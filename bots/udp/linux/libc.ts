/** The C library's calls, by FFI, and the constants that x86-64 and arm64 share (asm-generic/socket.h, socket(7), epoll(7)). */
import koffi from 'koffi';

/** An address in this process. Below 2^48, so a number holds it exactly, and koffi takes a number fastest. */
export type Address = number;

export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Address, length: number): number;
  connect(fd: number, address: Address, length: number): number;
  close(fd: number): number;
  shutdown(fd: number, how: number): number;
  setsockopt(fd: number, level: number, name: number, value: Address, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Address, length: Address): number;
  getsockname(fd: number, address: Address, length: Address): number;
  inet_pton(family: number, text: string, bytes: Address): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Address): number;
  epoll_wait(epoll: number, events: Address, capacity: number, timeoutMs: number): number;
  recvmmsg(fd: number, headers: Address, count: number, flags: number, timeout: Address): number;
  sendmmsg(fd: number, headers: Address, count: number, flags: number): number;
  clock_gettime(clock: number, time: Address): number;
  /** Of the call before, when that one failed. */
  errno(): number;
}

export const family = { inet: 2, inet6: 10 } as const;
export const socketType = { datagram: 2, nonblock: 0x800, cloexec: 0x80000 } as const;
export const level = { socket: 1, ipv6: 41 } as const;
export const option = {
  sendBuffer: 7,
  receiveBuffer: 8,
  sendBufferForce: 32,
  receiveBufferForce: 33,
  timestampNs: 35,
  /** Nine 32-bit numbers, the last of which counts drops (linux/sock_diag.h). */
  memInfo: 55,
  v6Only: 26,
} as const;
export const epoll = { cloexec: 0x80000, add: 1, in: 1, edge: 0x8000_0000 } as const;
export const message = { dontWait: 0x40, truncated: 0x20, controlTruncated: 8 } as const;
export const clock = { realtime: 0, monotonic: 1 } as const;
export const error = { interrupted: 4, again: 11, tooLong: 90, noBuffers: 105, refused: 111 } as const;

const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));

export function errorName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** Memory that C may write to: never moved by the garbage collector, as long as something refers to it. */
export function pinned(bytes: number): { readonly memory: ArrayBuffer; readonly address: Address } {
  const memory = new ArrayBuffer(bytes);
  return { memory, address: Number(koffi.address(memory)) };
}

/** Throws when the library or one of the calls is not there. */
export function loadLibc(): Libc {
  const library = koffi.load(null);
  const func = (name: string, ...parameters: string[]) => library.func(name, 'int', parameters);
  const calls = {
    socket: func('socket', 'int', 'int', 'int'),
    bind: func('bind', 'int', 'uintptr_t', 'uint'),
    connect: func('connect', 'int', 'uintptr_t', 'uint'),
    close: func('close', 'int'),
    shutdown: func('shutdown', 'int', 'int'),
    setsockopt: func('setsockopt', 'int', 'int', 'int', 'uintptr_t', 'uint'),
    getsockopt: func('getsockopt', 'int', 'int', 'int', 'uintptr_t', 'uintptr_t'),
    getsockname: func('getsockname', 'int', 'uintptr_t', 'uintptr_t'),
    inet_pton: func('inet_pton', 'int', 'str', 'uintptr_t'),
    epoll_create1: func('epoll_create1', 'int'),
    epoll_ctl: func('epoll_ctl', 'int', 'int', 'int', 'uintptr_t'),
    epoll_wait: func('epoll_wait', 'int', 'uintptr_t', 'int', 'int'),
    recvmmsg: func('recvmmsg', 'int', 'uintptr_t', 'uint', 'int', 'uintptr_t'),
    sendmmsg: func('sendmmsg', 'int', 'uintptr_t', 'uint', 'int'),
    clock_gettime: func('clock_gettime', 'int', 'uintptr_t'),
    errno: (): number => koffi.errno(),
  };
  return calls;
}
