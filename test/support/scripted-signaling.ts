/** A WebSocket server that speaks protoo as a test tells it to, for clients of `bots/signaling`. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ProtooMessage {
  readonly id?: number;
  readonly method?: string;
  readonly request?: boolean;
  readonly response?: boolean;
  readonly ok?: boolean;
  readonly data?: unknown;
  readonly errorCode?: number;
  readonly errorReason?: string;
}

/** One connected client. */
export interface ScriptedPeer {
  readonly upgrade: IncomingMessage;
  readonly socket: WebSocket;
  /** Everything that the client sent. */
  readonly received: ProtooMessage[];
  send(message: Readonly<Record<string, unknown>>): void;
}

export interface Script {
  /** What the connection begins with. */
  readonly onConnect?: (peer: ScriptedPeer) => void;
  /** Return an answer, throw an `Error` to reject, or return null to stay silent. */
  readonly onRequest?: (method: string, payload: unknown, peer: ScriptedPeer) => unknown;
  /** HTTP status instead of a WebSocket. */
  readonly refuseWith?: number;
  readonly subprotocol?: string | false;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface ScriptedSignaling {
  readonly url: string;
  readonly peers: ScriptedPeer[];
  close(): void;
}

function attach(socket: WebSocket, upgrade: IncomingMessage, script: Script): ScriptedPeer {
  const received: ProtooMessage[] = [];
  const send = (message: Readonly<Record<string, unknown>>): void => socket.send(JSON.stringify(message));
  const peer: ScriptedPeer = { upgrade, socket, received, send };
  socket.on('message', (raw: Buffer) => {
    const message = JSON.parse(raw.toString()) as ProtooMessage;
    received.push(message);
    if (message.request !== true || message.method === undefined) return;
    try {
      const answer = script.onRequest?.(message.method, message.data, peer) ?? null;
      if (answer !== null) send({ response: true, id: message.id, ok: true, data: answer });
    } catch (thrown) {
      send({ response: true, id: message.id, ok: false, errorCode: 403, errorReason: String(thrown) });
    }
  });
  script.onConnect?.(peer);
  return peer;
}

export async function scriptedSignaling(script: Script): Promise<ScriptedSignaling> {
  const http: Server =
    script.tls === undefined
      ? createServer()
      : createTlsServer({ cert: script.tls.cert, key: script.tls.key });
  const { refuseWith, subprotocol = 'protoo' } = script;
  const webSockets = new WebSocketServer({
    server: http,
    handleProtocols: () => subprotocol,
    ...(refuseWith === undefined
      ? {}
      : {
          verifyClient: (_info: unknown, answer: (ok: boolean, code: number) => void): void =>
            answer(false, refuseWith),
        }),
  });
  const peers: ScriptedPeer[] = [];
  webSockets.on('connection', (socket, upgrade) => peers.push(attach(socket, upgrade, script)));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `${script.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/`,
    peers,
    close: () => {
      for (const { socket } of peers) socket.terminate();
      webSockets.close();
      http.close();
      http.closeAllConnections();
    },
  };
}
