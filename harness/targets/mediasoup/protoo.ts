/**
 * protoo, the framing of mediasoup-demo's signalling: JSON texts over a WebSocket of subprotocol `protoo`.
 * A frame is a request, a response or a notification, in either direction. Our own reading of it: pure functions
 * here, the connection in protoo-connection.ts.
 *
 * What is malformed is a value that says how to go on: `reject` where the frame can still be answered (a request
 * whose id is sound), `close` with a WebSocket close code where it cannot. protoo's own server drops such frames in
 * silence; a load generator must hear of its mistakes.
 */

export const protooSubprotocol = 'protoo';

export interface RequestFrame {
  readonly type: 'request';
  readonly id: number;
  readonly method: string;
  readonly data: unknown;
}

export interface NotificationFrame {
  readonly type: 'notification';
  readonly method: string;
  readonly data: unknown;
}

export type ResponseFrame =
  | { readonly type: 'response'; readonly id: number; readonly ok: true; readonly data: unknown }
  | {
      readonly type: 'response';
      readonly id: number;
      readonly ok: false;
      readonly errorCode: number;
      readonly errorReason: string;
    };

export type Frame = RequestFrame | NotificationFrame | ResponseFrame;

export type FrameFault =
  | { readonly type: 'reject'; readonly id: number; readonly reason: string }
  | { readonly type: 'close'; readonly closeCode: number; readonly reason: string };

/** RFC 6455 section 7.4.1: data not of the message's type, and a message against the endpoint's policy. */
export const closeCodes = {
  invalidPayload: 1007,
  policy: 1008,
  unsupported: 1003,
  byNode: 4000,
  tooSlow: 4008,
} as const;

export function parseFrame(text: string): Frame | FrameFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: 'close', closeCode: closeCodes.invalidPayload, reason: 'frame is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return policy('frame is not an object');
  const frame = value as Readonly<Record<string, unknown>>;
  if (frame['request'] === true) return parseRequest(frame);
  if (frame['response'] === true) return parseResponse(frame);
  if (frame['notification'] === true) {
    if (!isMethod(frame['method'])) return policy('notification without a method');
    return { type: 'notification', method: frame['method'], data: frame['data'] ?? {} };
  }
  return policy('frame is no request, response or notification');
}

function parseRequest(frame: Readonly<Record<string, unknown>>): RequestFrame | FrameFault {
  const { id, method } = frame;
  if (!isId(id)) return policy('request without an id');
  if (!isMethod(method)) return { type: 'reject', id, reason: 'request without a method' };
  return { type: 'request', id, method, data: frame['data'] ?? {} };
}

function parseResponse(frame: Readonly<Record<string, unknown>>): ResponseFrame | FrameFault {
  const { id } = frame;
  if (!isId(id)) return policy('response without an id');
  if (frame['ok'] === true) return { type: 'response', id, ok: true, data: frame['data'] ?? {} };
  const { errorCode, errorReason } = frame;
  return {
    type: 'response',
    id,
    ok: false,
    errorCode: typeof errorCode === 'number' && Number.isFinite(errorCode) ? errorCode : 500,
    errorReason: typeof errorReason === 'string' ? errorReason : 'no reason given',
  };
}

/** The text of a frame; the opposite of `parseFrame`. */
export function formatFrame(frame: Frame): string {
  const { type, ...rest } = frame;
  return JSON.stringify({ [type]: true, ...rest });
}

function policy(reason: string): FrameFault {
  return { type: 'close', closeCode: closeCodes.policy, reason };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMethod(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 256;
}
