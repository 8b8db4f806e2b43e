/** How commands speak: results on stdout, everything else on stderr, colours only where a person reads. */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { type Paint, plain } from '../../reports/text.ts';
import type { Status } from '../status.ts';

export interface TerminalOptions {
  readonly quiet: boolean;
  readonly color: boolean;
}

export interface Terminal {
  readonly paint: Paint;
  /** Width of what the result is written to; null where that is no terminal. */
  readonly columns: number | null;
  /** A line about what is being done. */
  note(text: string): void;
  /** The live line in a terminal; a line each 10 s elsewhere. */
  status(status: Status): void;
  /** Takes the live line away. */
  clear(): void;
}

/** Between two lines where there is no terminal. */
const lineEveryMs = 10_000;

const coloured: Paint = {
  good: (text) => styleText('green', text),
  bad: (text) => styleText('red', text),
  dim: (text) => styleText('dim', text),
  bold: (text) => styleText('bold', text),
};

export function createTerminal({ quiet, color }: TerminalOptions): Terminal {
  const stream = process.stderr;
  const live = stream.isTTY && !quiet ? createLogUpdate(stream) : null;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    paint: color && stream.isTTY && process.stdout.isTTY ? coloured : plain,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    note: (text) => {
      if (quiet) return;
      live?.clear();
      stream.write(`${text}\n`);
    },
    status: (status) => {
      if (live !== null) live(statusLine(status, stream.columns));
      else if (!quiet && status.elapsedMs - lastMs >= lineEveryMs) {
        lastMs = status.elapsedMs;
        stream.write(`${statusLine(status, null)}\n`);
      }
    },
    clear: () => live?.clear(),
  };
}

/** @param columns where the line breaks, between two of its parts; null: nowhere */
export function statusLine(status: Status, columns: number | null): string {
  const { hottestWorkerCpuCores: cpu, packetsPerSecond: rate, fps, consumers } = status;
  const parts = [
    `${status.phase.padEnd(6)} level ${status.level ?? '-'}`,
    `${status.peers}/${status.peersAsked} peers`,
    `${consumers ?? '-'} consumers`,
    `worker ${cpu === null ? '-' : (cpu * 100).toFixed(1)} %`,
    `${rate === null ? '-' : Math.round(rate).toLocaleString('en-US')} packets/s`,
    `${fps === null ? '-' : fps.toFixed(1)} fps`,
    `${status.failures} failed`,
    `${clock(status.elapsedMs)} + ${clock(status.leftMs)} left`,
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    const longer = `${line} · ${part}`;
    if (line === undefined) lines.push(part);
    else if (columns !== null && longer.length >= columns) lines.push(`       ${part}`);
    else lines[lines.length - 1] = longer;
  }
  return lines.join('\n');
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
