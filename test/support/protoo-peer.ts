/**
 * A peer of the reference node for tests: protoo over a WebSocket, written apart from the node's own framing, so that
 * neither can hide the other's mistakes. It accepts what the node asks unless told otherwise.
 */
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';

export interface Message {
  readonly method: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly matches: (message: Message) => boolean;
  readonly found: (message: Message) => void;
}

export interface PeerQuery {
  readonly roomId: string;
  readonly peerId: string;
  readonly [parameter: string]: string;
}

export class RequestRefused extends Error {
  readonly code: unknown;

  constructor(code: unknown, reason: unknown) {
    super(String(reason));
    this.code = code;
  }
}

export class ProtooPeer {
  readonly socket: WebSocket;
  readonly id: string;
  /** Requests and notifications of the node, in order. */
  readonly received: Message[] = [];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** False: the node's request is answered with an error. */
  accept: (message: Message) => boolean = () => true;
  readonly #answers = new Map<number, { resolve: (data: unknown) => void; reject: (error: Error) => void }>();
  readonly #waiting = new Set<Waiting>();
  #nextId = 1000;

  static async connect(signalingUrl: string, query: PeerQuery, insecure = false): Promise<ProtooPeer> {
    const url = new URL(signalingUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const socket = new WebSocket(url, 'protoo', { rejectUnauthorized: !insecure });
    const peer = new ProtooPeer(socket, query.peerId);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return peer;
  }

  private constructor(socket: WebSocket, id: string) {
    this.socket = socket;
    this.id = id;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        for (const { reject } of this.#answers.values()) reject(new Error('closed'));
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (raw) => this.#receive(JSON.parse((raw as Buffer).toString())));
  }

  async request(method: string, data: unknown = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const answer = new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    this.socket.send(JSON.stringify({ request: true, id, method, data }));
    return (await answer) as Record<string, unknown>;
  }

  notify(method: string, data: unknown): void {
    this.socket.send(JSON.stringify({ notification: true, method, data }));
  }

  /** The first message of that kind, received already or to come. */
  next(
    method: string,
    matches: (data: Message['data']) => boolean = () => true,
    withinMs = 3000,
  ): Promise<Message> {
    const wanted = (message: Message): boolean => message.method === method && matches(message.data);
    const there = this.received.find(wanted);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const waiting = { matches: wanted, found: resolve };
      this.#waiting.add(waiting);
      setTimeout(() => {
        if (this.#waiting.delete(waiting)) reject(new Error(`${this.id}: no ${method} in ${withinMs} ms`));
      }, withinMs).unref();
    });
  }

  count(method: string): number {
    return this.received.filter((message) => message.method === method).length;
  }

  /** Both transports, then join; as a client of the demo does it. */
  async join(): Promise<{ sendId: string; receiveId: string; peers: readonly { peerId: string }[] }> {
    const { routerRtpCapabilities } = await this.request('getRouterRtpCapabilities');
    const send = await this.request('createWebRtcTransport', {
      forceTcp: false,
      appData: { direction: 'producer' },
    });
    const receive = await this.request('createWebRtcTransport', {
      forceTcp: false,
      appData: { direction: 'consumer' },
    });
    const { peers } = await this.request('join', {
      displayName: this.id,
      device: { flag: 'unknown', name: 'test' },
      rtpCapabilities: routerRtpCapabilities,
    });
    assert.ok(Array.isArray(peers));
    return {
      sendId: String(send['transportId']),
      receiveId: String(receive['transportId']),
      peers: peers as { peerId: string }[],
    };
  }

  async produce(transportId: string, kind: 'audio' | 'video', ssrc: number): Promise<string> {
    const rtpParameters = kind === 'audio' ? opus(ssrc) : vp8(ssrc);
    const appData = { source: kind };
    const { producerId } = await this.request('produce', { transportId, kind, rtpParameters, appData });
    return String(producerId);
  }

  async leave(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #receive(frame: Record<string, unknown>): void {
    if (frame['response'] === true) {
      const answer = this.#answers.get(frame['id'] as number);
      this.#answers.delete(frame['id'] as number);
      if (frame['ok'] === true) answer?.resolve(frame['data']);
      else answer?.reject(new RequestRefused(frame['errorCode'], frame['errorReason']));
      return;
    }
    const message = { method: frame['method'], data: frame['data'] } as Message;
    this.received.push(message);
    for (const waiting of this.#waiting) {
      if (!waiting.matches(message)) continue;
      this.#waiting.delete(waiting);
      waiting.found(message);
    }
    if (frame['request'] !== true) return;
    const { id } = frame;
    const answer = this.accept(message)
      ? { response: true, id, ok: true, data: {} }
      : { response: true, id, errorCode: 403, errorReason: 'not wanted' };
    this.socket.send(JSON.stringify(answer));
  }
}

function opus(ssrc: number) {
  return {
    mid: String(ssrc),
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1 },
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: `c${ssrc}`, reducedSize: true },
  };
}

function vp8(ssrc: number) {
  return {
    mid: String(ssrc),
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90_000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
      { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
    ],
    headerExtensions: [],
    encodings: [{ ssrc, rtx: { ssrc: ssrc + 1 } }],
    rtcp: { cname: `c${ssrc}`, reducedSize: true },
  };
}
