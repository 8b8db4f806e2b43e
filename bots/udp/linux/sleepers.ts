/**
 * Threads that sleep in poll(2), one for each socket, so that every datagram wakes somebody as it wakes a browser's
 * network thread: on loopback the kernel charges that to the SFU, which sends. What was woken polls the port.
 */
import koffi from 'koffi';
import { type Address, type Libc, pinned } from './libc.ts';

/** So that a process that ends does not wait for its threads. */
const longestSleepMs = 250;
/** Threads of Node's pool that are left to it. */
const reserved = 1;
/** Below koffi's own limit of calls at once. */
const mostCalls = 250;
const readable = 1;
const bothWays = 2;

interface Poll {
  async(
    descriptors: Address,
    count: number,
    timeoutMs: number,
    done: (error: Error | null, ready: number) => void,
  ): void;
}

/** How many sockets can have a sleeper: Node's pool has as many threads as UV_THREADPOOL_SIZE says, else four. */
export function mostSleepers(): number {
  return Math.min(mostCalls, Math.max(1, Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) - reserved));
}

export class Sleepers {
  readonly #libc: Libc;
  readonly #poll: Poll;
  readonly #woken: () => void;
  readonly #limit = mostSleepers();
  /** By handle: the descriptor that is slept on. */
  readonly #fds = new Map<number, number>();
  #isShut = false;

  /** `woken` may poll the port, and is called once for each sleeper that was woken. */
  constructor(libc: Libc, woken: () => void) {
    this.#libc = libc;
    this.#poll = koffi.load(null).func('poll', 'int', ['uintptr_t', 'ulong', 'int']);
    this.#woken = woken;
  }

  /** False when there are as many sleepers as there can be. */
  add(handle: number, fd: number): boolean {
    if (this.#fds.size >= this.#limit) return false;
    this.#fds.set(handle, fd);
    const request = pinned(8);
    const words = new Int32Array(request.memory);
    this.#sleep(handle, fd, request.address, words);
    return true;
  }

  /** Before its descriptor is closed: whoever sleeps on it would keep the socket. */
  remove(handle: number): void {
    const fd = this.#fds.get(handle);
    if (fd !== undefined) this.#libc.shutdown(fd, bothWays);
    this.#fds.delete(handle);
  }

  shut(): void {
    this.#isShut = true;
    this.#fds.clear();
  }

  /** struct pollfd: descriptor, events and what came of them in one word each. */
  #sleep(handle: number, fd: number, address: Address, words: Int32Array): void {
    words[0] = fd;
    words[1] = readable;
    this.#poll.async(address, 1, longestSleepMs, (error, ready) => {
      if (this.#isShut || this.#fds.get(handle) !== fd) return;
      if (error === null && ready > 0) this.#woken();
      this.#sleep(handle, fd, address, words);
    });
  }
}
