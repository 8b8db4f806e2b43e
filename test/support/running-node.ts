/** A reference node on the real worker for tests, and questions to its control endpoint. */
import assert from 'node:assert/strict';
import { findInstalledWorker } from '../../harness/setup/installed.js';
import type { NodeReadings, WorkerReading } from '../../harness/targets/control.ts';
import { NodeProcess, type NodeProcessOptions } from '../../harness/targets/mediasoup/node-process.ts';
import type { NodeInput } from '../../harness/targets/mediasoup/options.ts';

export const testToken = 'a-token-of-the-tests-0123456789-abcdef';

/** Where the worker lies; tests need one, so its absence is a failure, not a skip. */
export function workerInput(): { readonly workerBin: string } {
  const worker = findInstalledWorker();
  assert.ok(worker, 'no mediasoup worker: run the set-up first');
  return { workerBin: worker.path };
}

export function startNode(
  input: NodeInput = {},
  rest: Partial<NodeProcessOptions> = {},
): Promise<NodeProcess> {
  return NodeProcess.create({ input: { ...workerInput(), ...input }, token: testToken, ...rest });
}

export function askControl(node: NodeProcess, path: string, init: RequestInit = {}): Promise<Response> {
  assert.ok(node.ready.controlUrl !== null);
  const headers = { authorization: `Bearer ${testToken}` };
  return fetch(new URL(path, node.ready.controlUrl), { headers, ...init });
}

export async function readings(node: NodeProcess, streams = 'none'): Promise<NodeReadings> {
  const response = await askControl(node, `/v1/readings?streams=${streams}`);
  assert.equal(response.status, 200);
  return (await response.json()) as NodeReadings;
}

/** Reads until the workers are as wanted. */
export async function until(
  node: NodeProcess,
  wanted: (workers: readonly WorkerReading[]) => boolean,
  withinMs = 3000,
): Promise<readonly WorkerReading[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const { workers } = await readings(node);
    if (wanted(workers)) return workers;
    if (performance.now() > end) assert.fail(`not in ${withinMs} ms; last: ${JSON.stringify(workers)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until every book of every worker is closed. */
export function untilEmpty(node: NodeProcess): Promise<readonly WorkerReading[]> {
  return until(node, (workers) =>
    workers.every(({ rooms, peers, transports, producers, consumers, pausedConsumers }) =>
      [rooms, peers, transports, producers, consumers, pausedConsumers].every((count) => count === 0),
    ),
  );
}
