/**
 * The target under test, however it was come by. The run sees a signalling URL, and, where the node offers one, a
 * control endpoint for the worker's side of the story.
 */

import type { NodeDescription } from './control.ts';
import type { ControlClient } from './control-client.ts';

export interface Target {
  readonly kind: string;
  readonly embedded: boolean;
  readonly dialect: 'mediasoup-demo';
  readonly signalingUrl: string;
  readonly tls: { readonly insecure: boolean; readonly caFile: string | null };
  /** Null: no worker figures from this target. */
  readonly control: ControlClient | null;
  readonly description: NodeDescription | null;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface TargetEvents {
  readonly onWorkerDeath: (worker: number, message: string) => void;
  /** The node's process ended without being asked to. */
  readonly onNodeDeath: (message: string) => void;
}
