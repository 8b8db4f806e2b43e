/**
 * Entry of the node's process as the harness spawns it (process-messages.ts). It ends itself, workers included, when
 * the IPC channel closes, which also a SIGKILL of the parent does, and on SIGTERM. SIGINT is ignored: a Ctrl-C is for
 * the harness to act on, which first takes the last readings.
 */
import { BenchError, messageOf } from '../../errors.ts';
import { MediasoupNode, takeToken } from './node.ts';
import { type NodeInput, resolveNodeOptions } from './options.ts';
import { type NodeMessage, nodeOptionsVariable } from './process-messages.ts';

/** From the parent's death to the end of this process there are 2 s. */
const endWithinMs = 1500;

let node: MediasoupNode | null = null;
let ending = false;

process.on('SIGINT', () => undefined);
process.on('SIGTERM', end);
process.on('disconnect', end);
// Pipes of a parent that is gone must not end the process before its workers.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

void start();

async function start(): Promise<void> {
  if (process.send === undefined) {
    process.stderr.write(
      'the node process is started by the harness; in the foreground use `sfubench node`\n',
    );
    process.exitCode = 103;
    return;
  }
  try {
    const options = resolveNodeOptions(readInput());
    const token = await takeToken(options, process.env);
    const created = await MediasoupNode.create(options, token, (death) =>
      send({ type: 'worker-died', ...death }),
    );
    node = created;
    if (ending) await created.close();
    else send(created.ready);
  } catch (thrown) {
    fail(thrown);
  }
}

function readInput(): NodeInput {
  const text = process.env[nodeOptionsVariable] ?? '{}';
  delete process.env[nodeOptionsVariable];
  return JSON.parse(text) as NodeInput;
}

function fail(thrown: unknown): void {
  const expected = thrown instanceof BenchError ? thrown : null;
  const { file, field, value } = expected?.detail ?? {};
  process.exitCode = expected?.exitCode ?? 103;
  const message: NodeMessage = {
    type: 'failed',
    code: expected?.code ?? null,
    message: messageOf(thrown),
    hint: expected?.detail.hint ?? null,
    detail: {
      ...(file === undefined ? {} : { file }),
      ...(field === undefined ? {} : { field }),
      ...(value === undefined ? {} : { value }),
    },
  };
  send(message, end);
}

function send(message: NodeMessage, sent: () => void = () => undefined): void {
  // The channel may close at any time; who would have read it is gone then.
  if (process.connected) process.send?.(message, undefined, undefined, sent);
  else sent();
}

function end(): void {
  if (ending) return;
  ending = true;
  // Last resort, should anything keep the loop alive; a worker's pipes close with the process, and that ends it.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), endWithinMs).unref();
  void (node?.close() ?? Promise.resolve()).finally(() => {
    if (process.connected) process.disconnect();
  });
}
