/** What the two sides of `doctor --ceiling` and whoever starts them say to each other, over IPC. */

export type CeilingOrder =
  /** Open one socket to send from. */
  | { readonly type: 'null-sfu' }
  /** Open so many sockets, connected to the null SFU, and receive on them as bots do. */
  | { readonly type: 'sink'; readonly sockets: number; readonly from: number }
  /** To the null SFU: where the sockets are. */
  | { readonly type: 'ports'; readonly ports: readonly number[] }
  /** To the null SFU: the first so many sockets get packets from now on. */
  | { readonly type: 'load'; readonly sockets: number }
  | { readonly type: 'read' };

export type CeilingReport =
  /** The null SFU's one port, or those of the sink's sockets: fewer than asked for where no more fit. */
  | { readonly type: 'ready'; readonly ports: readonly number[]; readonly means: string }
  | ({ readonly type: 'reading' } & CeilingReading)
  | { readonly type: 'failed'; readonly message: string };

/** Totals since the process began, with the instant at which they were read. */
export interface CeilingReading {
  readonly atMs: number;
  readonly cpuMsTotal: number;
  /** Sent by the null SFU; received by the sink. */
  readonly packetsTotal: number;
  /** Of the sink: what its sockets lost, what SRTP or the parser refused. */
  readonly dropsTotal: number;
  readonly refusedTotal: number;
  /** Worst since the previous reading; null for the null SFU. */
  readonly pollLagMs: number | null;
}
