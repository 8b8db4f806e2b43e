/**
 * The client side of protoo (https://protoo.versatica.com: JSON over WebSocket, requests both ways), on `ws`. It
 * never reconnects and never sends a request twice: a load generator that retries in secret measures something else.
 */
import { WebSocket } from 'ws';
import { SignalingError } from './signaling.ts';

/** Requests in flight on one connection; one more means that the other side has stopped answering. */
const maxPending = 256;
/** The largest message that we take: a newConsumer is about 3 kB. */
const maxMessageBytes = 1 << 20;

export interface ProtooOptions {
  readonly url: URL;
  readonly tls: { readonly insecure: boolean; readonly ca: string | null };
  /** For the opening handshake, and for each request. */
  readonly timeoutMs: number;
  /** Answers a request of the server; what it rejects with is sent as the protoo error. */
  readonly onRequest: (method: string, payload: unknown) => Promise<unknown>;
  readonly onNotification: (method: string, payload: unknown) => void;
  /** The connection is gone although `close` was not called. */
  readonly onClosed: (error: SignalingError) => void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SignalingError) => void;
  readonly timer: NodeJS.Timeout;
}

export type Json = Readonly<Record<string, unknown>>;

/** The value as an object, or an empty one: fields are then missing one by one, where they are asked for. */
export function fieldsOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_CERT|HOSTNAME_MISMATCH|SSL_ROUTINES_.*CA/i;

/** Whose fault an error of the opening handshake is. */
export function openingError(error: Error & { code?: string }, url: URL): SignalingError {
  const { code } = error;
  const where = `${url.protocol}//${url.host}`;
  if (code !== undefined && certificateCodes.test(code))
    return new SignalingError('certificate', `${where}: ${error.message} (${code})`, error);
  // Errors without a code are those of ws itself: the answer was no protoo handshake.
  if (code === undefined || code.startsWith('WS_ERR'))
    return new SignalingError('refused', `${where}: ${error.message}`, error);
  return new SignalingError('unreachable', `${where}: ${error.message || code}`, error);
}

/** One protoo connection. */
export class Protoo {
  readonly #socket: WebSocket;
  readonly #options: ProtooOptions;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed = false;

  /** Connects. Rejects with the reason: `unreachable`, `refused`, `certificate`, `timeout`. */
  static create(options: ProtooOptions): Promise<Protoo> {
    const { url, tls, timeoutMs } = options;
    const origin = `${url.protocol === 'wss:' ? 'https' : 'http'}://${url.host}`;
    const socket = new WebSocket(url, 'protoo', {
      // Today's mediasoup-demo refuses origins other than its own.
      origin,
      rejectUnauthorized: !tls.insecure,
      ...(tls.ca === null ? {} : { ca: tls.ca }),
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: maxMessageBytes,
    });
    return new Promise((resolve, reject) => {
      const fail = (error: SignalingError): void => {
        clearTimeout(timer);
        // An aborted handshake reports once more, to nobody.
        socket.removeAllListeners().on('error', () => undefined);
        socket.terminate();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new SignalingError('timeout', `${url.host}: no WebSocket after ${timeoutMs} ms`)),
        timeoutMs,
      );
      socket.once('error', (error) => fail(openingError(error, url)));
      socket.once('unexpected-response', (_request, response) =>
        fail(new SignalingError('refused', `${url.host}: HTTP ${response.statusCode ?? 'without a status'}`)),
      );
      socket.once('open', () => {
        clearTimeout(timer);
        socket.removeAllListeners();
        resolve(new Protoo(socket, options));
      });
    });
  }

  private constructor(socket: WebSocket, options: ProtooOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (raw: Buffer, binary) => this.#receive(binary ? '' : raw.toString('utf8')));
    socket.on('close', (code, reason) => {
      const text = String(reason);
      this.#lost(`closed by the server (${code}${text === '' ? '' : `, ${text}`})`);
    });
    socket.on('error', (error) => this.#lost(error.message));
  }

  /** Rejects with `refused` (a protoo error), `timeout`, or `signaling-closed`. */
  request(method: string, payload: unknown): Promise<unknown> {
    if (this.#closed || this.#socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new SignalingError('signaling-closed', `${method}: the connection is closed`));
    if (this.#pending.size >= maxPending)
      return Promise.reject(new SignalingError('timeout', `${method}: ${maxPending} requests unanswered`));
    this.#lastId += 1;
    const id = this.#lastId;
    const { timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new SignalingError('timeout', `${method}: no answer after ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { method, resolve, reject, timer });
      this.#send({ request: true, id, method, data: payload });
    });
  }

  notify(method: string, payload: unknown): void {
    this.#send({ notification: true, method, data: payload });
  }

  /** Idempotent; requests in flight reject, `onClosed` is not called. */
  close(): void {
    if (!this.#end('closed')) return;
    this.#socket.close(1000);
    // A server that does not answer the closing handshake shall not keep the socket.
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  #send(message: Json): void {
    if (!this.#closed && this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(message));
  }

  #receive(text: string): void {
    if (this.#closed) return;
    let message: Json;
    try {
      message = fieldsOf(JSON.parse(text));
    } catch {
      message = {};
    }
    const { id, method } = message;
    if (message['response'] === true && typeof id === 'number') this.#settle(id, message);
    else if (message['request'] === true && typeof id === 'number' && typeof method === 'string')
      void this.#answer(id, method, message['data']);
    else if (message['notification'] === true && typeof method === 'string')
      this.#options.onNotification(method, message['data']);
    else {
      this.#lost(`the server sent what is no protoo message: ${JSON.stringify(text.slice(0, 80))}`);
      this.#socket.terminate();
    }
  }

  #settle(id: number, message: Json): void {
    const pending = this.#pending.get(id);
    // Late answers to requests that timed out.
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (message['ok'] === true) return pending.resolve(message['data']);
    const error = JSON.stringify({ code: message['errorCode'], reason: message['errorReason'] });
    pending.reject(new SignalingError('refused', `${pending.method}: ${error}`));
  }

  async #answer(id: number, method: string, payload: unknown): Promise<void> {
    try {
      const answer = await this.#options.onRequest(method, payload);
      this.#send({ response: true, id, ok: true, data: answer ?? {} });
    } catch (thrown) {
      const errorReason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#send({ response: true, id, ok: false, errorCode: 403, errorReason });
    }
  }

  #lost(why: string): void {
    const error = new SignalingError('signaling-closed', `${this.#options.url.host}: ${why}`);
    if (this.#end(why)) this.#options.onClosed(error);
  }

  #end(why: string): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    for (const { method, reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new SignalingError('signaling-closed', `${method}: ${why}`));
    }
    this.#pending.clear();
    return true;
  }
}
