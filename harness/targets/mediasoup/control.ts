/**
 * The node's side of the control contract (../control.ts): `GET /v1/description` and
 * `GET /v1/readings?streams=none|rotate|all`, for who holds the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { messageOf } from '../../errors.ts';
import type { NodeDescription, NodeReadings, StreamSelection } from '../control.ts';

export interface ControlSource {
  readonly description: () => NodeDescription;
  readonly readings: (selection: StreamSelection) => Promise<NodeReadings>;
}

const selections: readonly StreamSelection[] = ['none', 'rotate', 'all'];

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves control on a web server that somebody else listens and closes. */
export function serveControl(server: Server, token: string, source: ControlSource): void {
  const expected = digest(`Bearer ${token}`);
  server.on('request', (request, response) => {
    answer(request, expected, source).then(
      (reply) => send(response, reply),
      (thrown: unknown) => send(response, { status: 500, body: { error: messageOf(thrown) } }),
    );
  });
}

async function answer(request: IncomingMessage, expected: Buffer, source: ControlSource): Promise<Reply> {
  // Equal lengths by the digest, equal time by the comparison: neither tells anything about the token.
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
    return {
      status: 401,
      body: { error: 'the token is missing or wrong' },
      headers: { 'WWW-Authenticate': 'Bearer' },
    };
  }
  const url = URL.parse(request.url ?? '', 'http://node.invalid');
  const path = url?.pathname;
  if (path !== '/v1/description' && path !== '/v1/readings')
    return { status: 404, body: { error: 'no such path' } };
  if (request.method !== 'GET')
    return { status: 405, body: { error: 'only GET' }, headers: { Allow: 'GET' } };
  if (path === '/v1/description') return { status: 200, body: source.description() };
  const asked = url?.searchParams.get('streams') ?? 'none';
  const selection = selections.find((candidate) => candidate === asked);
  if (selection === undefined)
    return { status: 400, body: { error: `streams takes ${selections.join(', ')}` } };
  return { status: 200, body: await source.readings(selection) };
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
