/**
 * The port through which a bot's thread sends and receives UDP: many sockets, polled, never waited for.
 * One thread owns one port. Nothing here allocates per datagram in the Linux implementation.
 */

/** What a datagram's `flags` say. */
export const datagramFlags = {
  /** It was longer than the inbox's slot: the tail is gone (recvmsg(2), MSG_TRUNC). */
  truncated: 1,
  /** `arrivalMs` is when it was read, not when the kernel received it. */
  readTime: 2,
} as const;

/** `to` and `from` of a datagram on a connected socket, and of a sender that no longer fits the book of addresses. */
export const noAddress = -1;

/**
 * Is called for each datagram. Its bytes are `inbox[offset, offset + length)` and stay there only until it returns.
 * It may send, flush, open and close (also this handle), but not poll. `arrivalMs` is CLOCK_MONOTONIC.
 * `from` is the sender's number in the book of addresses, on an unconnected socket.
 */
export type Receive = (
  handle: number,
  offset: number,
  length: number,
  arrivalMs: number,
  flags: number,
  from: number,
) => void;

export interface Endpoint {
  /** A literal, never a name: nothing here resolves. */
  readonly address: string;
  readonly port: number;
}

export interface SocketRequest {
  /** The local address; its family is the socket's. IPv6 sockets are IPv6 only. */
  readonly address: string;
  /** 0 or absent: the kernel chooses. */
  readonly port?: number;
  /** Connects: only this peer's datagrams arrive, and no address is passed per datagram. */
  readonly remote?: Endpoint;
  /** Bytes as the kernel accounts them: a 1,100-byte datagram takes 2,304. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
}

export interface OpenSocket {
  readonly state: 'open';
  /** A small integer, fit to index arrays; numbers of closed sockets come back. */
  readonly handle: number;
  readonly port: number;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  /** What to set so that the buffers asked for are granted; null when they were. */
  readonly hint: string | null;
}

export interface RefusedSocket {
  readonly state: 'refused';
  /** The error's name as in errno(3); SOCKETS: as many as this port was made for are open; SLEEPERS: as many as can be woken. */
  readonly code: string;
  readonly reason: string;
}

export type Opening = OpenSocket | RefusedSocket;

/** Since the port was made. Bytes are payload. */
export interface UdpCounters {
  received: number;
  receivedBytes: number;
  sent: number;
  sentBytes: number;
  /** Not sent, because the socket's send buffer, or the queue before it, was full. */
  blocked: number;
  /** Not sent, because nothing listens where the socket is connected to: the other side's doing. */
  refused: number;
  /** Not sent, for any other reason; `lastError` has the latest. */
  unsent: number;
  /** Errors that a socket returned instead of a datagram, such as ECONNREFUSED of an ICMP. */
  receiveErrors: number;
  truncated: number;
  /** Events of sockets that had been closed when they were read. */
  stale: number;
  /** The realtime clock was set while it ran: arrival times of up to a quarter second before are off by the step. */
  clockSteps: number;
  /** System calls that read or sent datagrams. */
  calls: number;
  lastError: string | null;
}

export interface UdpPort {
  readonly kind: 'linux' | 'portable';
  readonly inbox: Buffer;
  readonly outbox: Buffer;
  readonly counters: Readonly<UdpCounters>;
  /**
   * Has `woken` called when a datagram arrived, as each datagram wakes a browser; for sockets opened from now on. What
   * never asks for it is polled, and costs the sender no waking where the implementation can avoid that.
   */
  wakeBy(woken: () => void): void;
  open(request: SocketRequest): Opening;
  /** Sends what is queued for the socket, then closes it. Closing twice is harmless. */
  close(handle: number): void;
  /** Hands over all that is readable, up to `pollLimit`; returns how many datagrams. `nowMs` is CLOCK_MONOTONIC. */
  poll(nowMs: number, receive: Receive): number;
  /**
   * The same of one socket, which may have been emptied meanwhile; an implementation that cannot tell them apart before hands over what
   * others have, too. Returns how many datagrams.
   */
  read(handle: number, nowMs: number, receive: Receive): number;
  /** Room for a datagram in the outbox: its offset, to be written and then committed. Queued ones are flushed when it is full. */
  claim(length: number): number;
  /** Queues what was written at the last `claim`, which may have been for more. */
  commit(handle: number, length: number, to?: number): boolean;
  /** Queues a copy. False when it cannot ever be sent: the handle is closed, or it is too long. */
  send(handle: number, bytes: Buffer, offset: number, length: number, to?: number): boolean;
  /** Sends what is queued, without waiting; what the socket does not take now is lost and counted. Returns how many were sent. */
  flush(): number;
  /** The number of an address in the book, for `to` on unconnected sockets; throws when it is no literal or the book is full. */
  address(endpoint: Endpoint): number;
  endpoint(number: number): Endpoint;
  /** Datagrams that this socket lost because its receive buffer was full, to the packet; null where the system does not say. */
  drops(handle: number): number | null;
  /** The same for all sockets, closed ones included where `drops` was known at close. Reads every socket: ask once a second. */
  dropsTotal(): number | null;
  /** Closes every socket. */
  shut(): void;
}

export interface UdpOptions {
  /** The most sockets open at once. */
  readonly sockets: number;
  /** The longest datagram that is received whole. */
  readonly datagramBytes: number;
  /** Datagrams after which a poll ends although more are readable; the call that reaches it is handed over whole. */
  readonly pollLimit: number;
  /** Datagrams queued between two flushes. */
  readonly sendQueue: number;
  /** Distinct remote addresses of unconnected sockets. */
  readonly addresses: number;
}

export const defaultUdpOptions: UdpOptions = {
  sockets: 8192,
  datagramBytes: 2048,
  pollLimit: 65_536,
  sendQueue: 512,
  addresses: 16_384,
};

export function newCounters(): UdpCounters {
  return {
    received: 0,
    receivedBytes: 0,
    sent: 0,
    sentBytes: 0,
    blocked: 0,
    refused: 0,
    unsent: 0,
    receiveErrors: 0,
    truncated: 0,
    stale: 0,
    clockSteps: 0,
    calls: 0,
    lastError: null,
  };
}
