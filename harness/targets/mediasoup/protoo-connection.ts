/**
 * One end of a protoo connection: requests with time-out both ways, notifications, and one end, told once.
 * Bounded on every side: requests that wait for an answer, requests in work, bytes not yet taken by the socket.
 * Notifications may wait for each other for a moment, and leave in one write; nothing overtakes them.
 */
import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { messageOf } from '../../errors.ts';
import {
  closeCodes,
  type Frame,
  formatFrame,
  parseFrame,
  type RequestFrame,
  type ResponseFrame,
} from './protoo.ts';

/** Rejects a request with protoo's error code and reason. */
export class ProtooError extends Error {
  override readonly name = 'ProtooError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ProtooHandlers {
  /** Its value is the response's data; what it throws is the response's error. */
  readonly request: (method: string, data: unknown) => Promise<unknown>;
  readonly notification: (method: string, data: unknown) => void;
  /** Called once, whoever closed and why. */
  readonly closed: (reason: string) => void;
}

export interface ProtooLimits {
  readonly requestTimeoutMs: number;
  readonly requestsInWork: number;
  readonly bufferedBytes: number;
}

/** A protoo server gives its peers 30 s; a room of 500 leaves many requests waiting for one slow peer. */
export const protooLimits: ProtooLimits = {
  requestTimeoutMs: 30_000,
  requestsInWork: 256,
  bufferedBytes: 32 * 1024 * 1024,
};

/**
 * How long a notification waits for others. In a crowded room every join is told to everybody: written one by one, each
 * wakes its reader, and what a join costs grows with the room.
 */
const gatherMs = 50;

/** A WebSocket, and the socket under it. */
export interface Line {
  readonly socket: WebSocket;
  readonly wire: Pick<Writable, 'cork' | 'uncork'>;
}

interface Pending {
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class ProtooConnection {
  readonly #socket: WebSocket;
  readonly #wire: Line['wire'];
  readonly #handlers: ProtooHandlers;
  readonly #limits: ProtooLimits;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #inWork = 0;
  #closed = false;
  /** Notifications that wait, as texts. */
  #gathered: string[] = [];
  #gathering: NodeJS.Timeout | null = null;

  /** Takes over an open socket. */
  static create(line: Line, handlers: ProtooHandlers, limits: ProtooLimits = protooLimits): ProtooConnection {
    const { socket } = line;
    const connection = new ProtooConnection(line, handlers, limits);
    socket.on('message', (raw, isBinary) => connection.#receive(raw as Buffer, isBinary));
    socket.on('close', (code, reason) =>
      connection.#end(`websocket closed: ${code} ${reason.toString()}`.trim()),
    );
    // ws closes the socket after an error; what it was is told with the close.
    socket.on('error', (error) => connection.#end(`websocket error: ${error.message}`));
    return connection;
  }

  private constructor({ socket, wire }: Line, handlers: ProtooHandlers, limits: ProtooLimits) {
    this.#socket = socket;
    this.#wire = wire;
    this.#handlers = handlers;
    this.#limits = limits;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws ProtooError with the other side's code and reason; 408 on time-out, 410 when the connection ends first */
  request(method: string, data: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ProtooError(410, 'connection closed'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new ProtooError(408, `no answer to '${method}' in ${this.#limits.requestTimeoutMs} ms`));
      }, this.#limits.requestTimeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ type: 'request', id, method, data });
    });
  }

  notify(method: string, data: unknown): void {
    if (this.#closed) return;
    this.#gathered.push(formatFrame({ type: 'notification', method, data }));
    this.#gathering ??= setTimeout(() => this.#write(this.#takeGathered()), gatherMs);
  }

  close(code: number = closeCodes.byNode, reason = 'closed by the node'): void {
    this.#write(this.#takeGathered());
    this.#shut(code, reason);
  }

  /** Without what waits. */
  #shut(code: number, reason: string): void {
    if (this.#closed) return;
    this.#end(reason);
    // A close reason may hold 123 bytes (RFC 6455 section 5.5).
    this.#socket.close(code, reason.slice(0, 100));
    // A peer that does not answer the closing handshake would hold its socket for 30 s.
    const timer = setTimeout(() => this.#socket.terminate(), 1000);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #send(frame: Frame): void {
    this.#write([...this.#takeGathered(), formatFrame(frame)]);
  }

  #takeGathered(): readonly string[] {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    const texts = this.#gathered;
    this.#gathered = [];
    return texts;
  }

  #write(texts: readonly string[]): void {
    if (this.#closed || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytes) {
      this.#shut(closeCodes.tooSlow, 'peer reads too slowly');
      return;
    }
    this.#wire.cork();
    for (const text of texts) this.#socket.send(text);
    this.#wire.uncork();
  }

  #receive(raw: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    if (isBinary) return this.close(closeCodes.unsupported, 'frame is binary');
    const frame = parseFrame(raw.toString());
    switch (frame.type) {
      case 'request':
        void this.#answer(frame);
        break;
      case 'response':
        this.#settle(frame);
        break;
      case 'notification':
        this.#handlers.notification(frame.method, frame.data);
        break;
      case 'reject':
        this.#send({ type: 'response', id: frame.id, ok: false, errorCode: 400, errorReason: frame.reason });
        break;
      case 'close':
        this.close(frame.closeCode, frame.reason);
        break;
    }
  }

  async #answer({ id, method, data }: RequestFrame): Promise<void> {
    if (this.#inWork >= this.#limits.requestsInWork) {
      this.#send({
        type: 'response',
        id,
        ok: false,
        errorCode: 429,
        errorReason: 'too many requests in work',
      });
      return;
    }
    this.#inWork += 1;
    try {
      const response = await this.#handlers.request(method, data);
      this.#send({ type: 'response', id, ok: true, data: response ?? {} });
    } catch (thrown) {
      const errorCode = thrown instanceof ProtooError ? thrown.code : 500;
      this.#send({ type: 'response', id, ok: false, errorCode, errorReason: messageOf(thrown) });
    } finally {
      this.#inWork -= 1;
    }
  }

  #settle(frame: ResponseFrame): void {
    const pending = this.#pending.get(frame.id);
    // An answer after its time-out, or to a question never asked.
    if (pending === undefined) return;
    this.#pending.delete(frame.id);
    clearTimeout(pending.timer);
    if (frame.ok) pending.resolve(frame.data);
    else pending.reject(new ProtooError(frame.errorCode, frame.errorReason));
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#takeGathered();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new ProtooError(410, reason));
    }
    this.#pending.clear();
    this.#handlers.closed(reason);
  }
}
