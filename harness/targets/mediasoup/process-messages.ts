/**
 * Between the harness and the node's process. The harness spawns process.ts with an IPC channel and says what it wants
 * in the environment (`nodeOptionsVariable`, and the token in SFUBENCH_TOKEN: neither shows in a process list); the
 * node answers over IPC, once with `ready` or `failed`, then with a `worker-died` for each worker that dies.
 * The node ends when the channel closes.
 */
import type { ErrorCode, ErrorDetail } from '../../errors.ts';
import type { WorkerDescription } from '../control.ts';

/** Holds a `NodeInput` (options.ts) as JSON. */
export const nodeOptionsVariable = 'SFUBENCH_NODE_OPTIONS';

export interface ReadyMessage {
  readonly type: 'ready';
  readonly signalingUrl: string;
  /** Null: no token was given, so there is no control endpoint. */
  readonly controlUrl: string | null;
  readonly pid: number;
  readonly workers: readonly WorkerDescription[];
}

export interface FailedMessage {
  readonly type: 'failed';
  /** Null: no expected error, but a bug of ours. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly hint: string | null;
  readonly detail: Pick<ErrorDetail, 'file' | 'field' | 'value'>;
}

export interface WorkerDiedMessage {
  readonly type: 'worker-died';
  readonly index: number;
  readonly pid: number;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly atMs: number;
  readonly reason: string;
}

export type NodeMessage = ReadyMessage | FailedMessage | WorkerDiedMessage;
