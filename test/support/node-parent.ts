/** A process that starts a node and then only lives: what becomes of the node when it is killed? Tells the worker's pid. */
import { setInterval } from 'node:timers';
import { startNode } from './running-node.ts';

const node = await startNode();
process.stdout.write(`${JSON.stringify(node.ready)}\n`);
setInterval(() => undefined, 1000);
