/**
 * UDP by node:dgram, for every platform. It wakes per datagram and allocates each one, and gives no kernel timestamps:
 * arrival is when the event loop read it, and every datagram's flags say so.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { portableDrops } from './dgram/drops.ts';
import {
  datagramFlags,
  defaultUdpOptions,
  type Endpoint,
  newCounters,
  noAddress,
  type Opening,
  type Receive,
  type SocketRequest,
  type UdpOptions,
  type UdpPort,
} from './port.ts';

/** Datagrams read by the event loop and not yet polled; more are dropped, as by a full socket buffer. */
const inboxDatagrams = 32_768;
/** Of one socket, waiting in the event loop because the kernel took no more. */
const unsentDatagrams = 256;
const longestDatagram = 65_507;

interface Arrival {
  readonly handle: number;
  readonly socket: Socket;
  readonly bytes: Buffer;
  readonly arrivalMs: number;
  readonly from: number;
}

interface Open {
  readonly socket: Socket;
  readonly local: Endpoint;
  readonly connected: boolean;
  /** Dropped here, because the inbox was full. */
  dropped: number;
}

/** dgram resolves addresses asynchronously, even literals, unless it is handed a resolver that does not. */
function literal(
  hostname: string,
  family: number,
  done: (error: Error | null, address: string, family: number) => void,
): void {
  done(null, hostname, family);
}

export class DgramUdp implements UdpPort {
  readonly kind = 'portable';
  readonly counters = newCounters();
  readonly inbox: Buffer;
  readonly outbox: Buffer;
  readonly #options: UdpOptions;
  readonly #sockets: (Open | null)[] = [];
  readonly #free: number[] = [];
  readonly #arrivals: Arrival[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #endpoints: Endpoint[] = [];
  #queue: { readonly handle: number; readonly bytes: Buffer; readonly to: number }[] = [];
  #closedDrops = 0;
  #woken: (() => void) | null = null;
  #open = true;

  static create(options: Partial<UdpOptions> = {}): DgramUdp {
    return new DgramUdp({ ...defaultUdpOptions, ...options });
  }

  private constructor(options: UdpOptions) {
    this.#options = options;
    this.inbox = Buffer.alloc(options.datagramBytes);
    this.outbox = Buffer.alloc(longestDatagram);
  }

  wakeBy(woken: () => void): void {
    this.#woken = woken;
  }

  open(request: SocketRequest): Opening {
    if (!this.#open) return { state: 'refused', code: 'EBADF', reason: 'the port is shut' };
    const handle = this.#free.at(-1) ?? this.#sockets.length;
    if (handle >= this.#options.sockets)
      return { state: 'refused', code: 'SOCKETS', reason: `${this.#options.sockets} sockets are open` };
    const { address, port = 0, remote } = request;
    if (isIP(address) === 0) throw new TypeError(`"${address}" is not an IPv4 or IPv6 address`);
    const six = isIP(address) === 6;
    const socket = createSocket({
      type: six ? 'udp6' : 'udp4',
      ipv6Only: six,
      lookup: literal as never,
      ...(request.receiveBufferBytes !== undefined && {
        recvBufferSize: Math.ceil(request.receiveBufferBytes / 2),
      }),
      ...(request.sendBufferBytes !== undefined && {
        sendBufferSize: Math.ceil(request.sendBufferBytes / 2),
      }),
    });
    let failure: NodeJS.ErrnoException | null = null;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error;
      this.counters.receiveErrors++;
      this.counters.lastError = error.code ?? error.message;
    });
    try {
      // Exclusive: in a cluster's worker the socket would otherwise be the parent's.
      socket.bind({ address, port, exclusive: true });
      if (failure === null && remote !== undefined) socket.connect(remote.port, remote.address);
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    return this.#opened(handle, socket, request, failure);
  }

  #opened(
    handle: number,
    socket: Socket,
    request: SocketRequest,
    failure: NodeJS.ErrnoException | null,
  ): Opening {
    if (failure !== null) {
      socket.close();
      return { state: 'refused', code: failure.code ?? 'UNKNOWN', reason: failure.message };
    }
    this.#free.pop();
    const local = { address: request.address, port: socket.address().port };
    const open: Open = { socket, local, connected: request.remote !== undefined, dropped: 0 };
    this.#sockets[handle] = open;
    socket.on('message', (bytes, sender) => this.#arrived(handle, open, bytes, sender));
    const receiveBufferBytes = socket.getRecvBufferSize();
    const sendBufferBytes = socket.getSendBufferSize();
    const short =
      receiveBufferBytes < (request.receiveBufferBytes ?? 0) ||
      sendBufferBytes < (request.sendBufferBytes ?? 0);
    const hint = short
      ? `the buffers are ${receiveBufferBytes} and ${sendBufferBytes} bytes: raise net.core.rmem_max and net.core.wmem_max, or what limits them on ${process.platform}`
      : null;
    return { state: 'open', handle, port: local.port, receiveBufferBytes, sendBufferBytes, hint };
  }

  #arrived(handle: number, open: Open, bytes: Buffer, sender: Endpoint): void {
    if (this.#arrivals.length >= inboxDatagrams) {
      open.dropped++;
      return;
    }
    this.#arrivals.push({
      handle,
      socket: open.socket,
      bytes,
      arrivalMs: Number(process.hrtime.bigint()) / 1e6,
      from: open.connected ? noAddress : this.#number(sender),
    });
    this.#woken?.();
  }

  close(handle: number): void {
    const open = this.#sockets[handle];
    if (open === undefined || open === null) return;
    this.flush();
    this.#closedDrops += open.dropped;
    this.#sockets[handle] = null;
    this.#free.push(handle);
    open.socket.close();
  }

  poll(_nowMs: number, receive: Receive): number {
    // What arrives while it is handed over waits for the next poll.
    const batch = this.#arrivals.splice(0, this.#options.pollLimit);
    let handed = 0;
    for (const { handle, socket, bytes, arrivalMs, from } of batch) {
      if (this.#sockets[handle]?.socket !== socket) {
        this.counters.stale++;
        continue;
      }
      const length = bytes.copy(this.inbox);
      const truncated = length < bytes.length;
      if (truncated) this.counters.truncated++;
      this.counters.received++;
      this.counters.receivedBytes += length;
      handed++;
      receive(
        handle,
        0,
        length,
        arrivalMs,
        datagramFlags.readTime | (truncated ? datagramFlags.truncated : 0),
        from,
      );
    }
    return handed;
  }

  read(_handle: number, nowMs: number, receive: Receive): number {
    return this.poll(nowMs, receive);
  }

  claim(length: number): number {
    if (length < 0 || length > longestDatagram)
      throw new RangeError(`a datagram of ${length} bytes cannot be sent`);
    return 0;
  }

  commit(handle: number, length: number, to: number = noAddress): boolean {
    return this.send(handle, this.outbox, 0, length, to);
  }

  send(handle: number, bytes: Buffer, offset: number, length: number, to: number = noAddress): boolean {
    if ((this.#sockets[handle] ?? null) === null || length > longestDatagram) return false;
    this.#queue.push({ handle, bytes: Buffer.from(bytes.subarray(offset, offset + length)), to });
    if (this.#queue.length >= this.#options.sendQueue) this.flush();
    return true;
  }

  flush(): number {
    const queue = this.#queue;
    this.#queue = [];
    const before = this.counters.sent;
    for (const { handle, bytes, to } of queue) {
      const socket = this.#sockets[handle]?.socket;
      if (socket === undefined) continue;
      if (socket.getSendQueueCount() >= unsentDatagrams) {
        this.counters.blocked++;
        continue;
      }
      this.#send(socket, bytes, to);
    }
    return this.counters.sent - before;
  }

  /** Counted as sent at once, for dgram answers later; taken back when it was not. */
  #send(socket: Socket, bytes: Buffer, to: number): void {
    const done = (error: Error | null): void => {
      if (error === null) return;
      this.counters.sent--;
      this.counters.sentBytes -= bytes.length;
      const { code = error.message } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') this.counters.refused++;
      else this.counters.unsent++;
      this.counters.lastError = code;
    };
    this.counters.calls++;
    this.counters.sent++;
    this.counters.sentBytes += bytes.length;
    const endpoint = this.#endpoints[to];
    try {
      if (endpoint === undefined) socket.send(bytes, done);
      else socket.send(bytes, endpoint.port, endpoint.address, done);
    } catch (error) {
      done(error as Error);
    }
  }

  address({ address, port }: Endpoint): number {
    if (isIP(address) === 0) throw new TypeError(`"${address}" is not an IPv4 or IPv6 address`);
    const number = this.#number({ address, port });
    if (number === noAddress) throw new RangeError(`more than ${this.#options.addresses} remote addresses`);
    return number;
  }

  #number({ address, port }: Endpoint): number {
    const key = `${address}|${port}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#endpoints.length >= this.#options.addresses) return noAddress;
    this.#numbers.set(key, this.#endpoints.length);
    return this.#endpoints.push({ address, port }) - 1;
  }

  endpoint(number: number): Endpoint {
    const endpoint = this.#endpoints[number];
    if (endpoint === undefined) throw new RangeError(`no address has the number ${number}`);
    return endpoint;
  }

  drops(handle: number): number | null {
    const open = this.#sockets[handle];
    if (open === undefined || open === null) return null;
    const kernel = portableDrops([open.local]);
    return kernel === null ? null : kernel + open.dropped;
  }

  dropsTotal(): number | null {
    const open = this.#sockets.filter((socket) => socket !== null);
    const kernel = portableDrops(open.map(({ local }) => local));
    return kernel === null
      ? null
      : open.reduce((sum, { dropped }) => sum + dropped, kernel + this.#closedDrops);
  }

  shut(): void {
    if (!this.#open) return;
    for (let handle = 0; handle < this.#sockets.length; handle++) this.close(handle);
    this.#open = false;
    this.#arrivals.length = 0;
  }
}
