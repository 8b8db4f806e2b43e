/**
 * The signalling server: WebSockets of subprotocol `protoo` at `/?roomId=R&peerId=P` (any path, as with the demo).
 * A bad query or a missing subprotocol is HTTP 400, no living worker 503. The Origin header is not checked: bots are
 * not web pages of one site, and nothing here is behind a cookie.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { messageOf } from '../../errors.ts';
import { protooSubprotocol } from './protoo.ts';
import type { Line } from './protoo-connection.ts';
import { type JoinQuery, parseJoinQuery } from './query.ts';

/** mediasoup-demo's limit of one message. */
const maxPayload = 960_000;

/** A peer at the door. */
export interface Arrival extends Line {
  readonly remoteAddress: string;
}

/** Lets sockets of one room in. */
export interface Door {
  /** Called at once, with the socket just opened. */
  readonly enter: (arrival: Arrival) => void;
  /** Called instead where the client went away meanwhile. */
  readonly abandon: () => void;
}

/** Refuses a connection with an HTTP status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 400 | 500 | 503;

  constructor(status: 400 | 500 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** Serves signalling on a web server that somebody else listens and closes. @throws (open) Refusal */
export function serveSignaling(server: Server, open: (query: JoinQuery) => Promise<Door>): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protooSubprotocol) ? protooSubprotocol : false),
  });
  server.on('request', (_request, response) => {
    response.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket', Connection: 'Upgrade' });
    response.end('this is the signalling of an SFU: connect by WebSocket\n');
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void upgrade(request, socket, open, (opened) => sockets.handleUpgrade(request, socket, head, opened));
  });
}

async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  open: (query: JoinQuery) => Promise<Door>,
  accept: (opened: (webSocket: Line['socket']) => void) => void,
): Promise<void> {
  const remoteAddress = request.socket.remoteAddress ?? '';
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(protooSubprotocol))
    return refuse(socket, 400, `the subprotocol is ${protooSubprotocol}`);
  const query = parseJoinQuery(request.url ?? '');
  if ('error' in query) return refuse(socket, 400, query.error);
  try {
    const door = await open(query);
    if (socket.destroyed || !socket.writable) return door.abandon();
    let entered = false;
    socket.once('close', () => {
      if (!entered) door.abandon();
    });
    accept((webSocket) => {
      entered = true;
      door.enter({ socket: webSocket, wire: socket, remoteAddress });
    });
  } catch (thrown) {
    refuse(socket, thrown instanceof Refusal ? thrown.status : 500, messageOf(thrown));
  }
}

const statusTexts = { 400: 'Bad Request', 500: 'Internal Server Error', 503: 'Service Unavailable' } as const;

function refuse(socket: Duplex, status: keyof typeof statusTexts, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${statusTexts[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
