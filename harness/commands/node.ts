/**
 * `sfubench node`: the reference node in the foreground. One JSON line `ready` on stdout, whatever else it has to tell
 * on stderr. SIGINT and SIGTERM end it in order; a second one ends it at once.
 */
import { BenchError, exitCodes, explain } from '../errors.ts';
import { MediasoupNode, takeToken } from '../targets/mediasoup/node.ts';
import {
  type NodeInput,
  nodeOptionNames,
  optionsOfEnvironment,
  resolveNodeOptions,
} from '../targets/mediasoup/options.ts';
import { installed } from './flags.ts';
import { onInterrupt } from './interrupt.ts';

/** Until a worker's end is told: a signal to end may have come first, and not been heard yet. */
const deathDelayMs = 200;

/**
 * Serves until it is told to end.
 * @param options flags by the names of the node's options; other keys (`--json` and the like) are not the node's.
 *   A flag wins over the environment variable of the same meaning.
 * @returns the exit code
 */
export async function nodeCommand(options: Readonly<Record<string, unknown>>): Promise<number> {
  const interruption = listenForInterruption();
  try {
    const { input, places } = optionsOfEnvironment(process.env);
    const flags = Object.entries(options).filter(
      ([name, value]) => nodeOptionNames.includes(name) && value !== undefined,
    );
    const named = Object.fromEntries(Object.entries(places).filter(([name]) => options[name] === undefined));
    const given: NodeInput = { ...input, ...(Object.fromEntries(flags) as NodeInput) };
    const { worker } = given.workerBin === undefined ? installed() : { worker: null };
    const found = worker === null ? {} : { workerBin: worker.path, workerKind: worker.kind };
    const resolved = resolveNodeOptions({ ...found, ...given }, named);
    const token = await takeToken(resolved, process.env);
    const node = await MediasoupNode.create(resolved, token, ({ index, pid, reason }) => {
      // Ctrl-C in a terminal reaches the workers too, and they end by themselves: that is no death to tell of.
      setTimeout(() => {
        if (!interruption.begun()) process.stderr.write(`worker ${index} (pid ${pid}) died: ${reason}\n`);
      }, deathDelayMs).unref();
    });
    process.stdout.write(`${JSON.stringify(node.ready)}\n`);
    await interruption.first;
    const closing = node.close();
    await Promise.race([closing, interruption.second]);
    await node.kill();
    return exitCodes.ok;
  } catch (thrown) {
    if (!(thrown instanceof BenchError)) throw thrown;
    process.stderr.write(`${explain(thrown.message, thrown.detail)}\n`);
    return thrown.exitCode;
  } finally {
    interruption.stop();
  }
}

/** The first wish to end, and the second. */
function listenForInterruption() {
  const wishes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let count = 0;
  const stop = onInterrupt(() => {
    wishes[count]?.resolve();
    count += 1;
  });
  return { first: wishes[0].promise, second: wishes[1].promise, begun: () => count > 0, stop };
}
