/** The verb `setup`: gets worker and browser, for the installed package as for a clone, into the user's cache. */
import { exitCodes, explain } from '../errors.ts';
import { setupBrowser } from '../setup/browser.js';
import { createContext } from '../setup/context.js';
import { isClone, packageDir, packageRoot, setupFile } from '../setup/places.js';
import { SetupError } from '../setup/setup-error.js';
import { writeSetup } from '../setup/setup-file.js';
import { setupWorker } from '../setup/worker.js';
import type { OutputFlags } from './flags.ts';
import { onInterrupt } from './interrupt.ts';

type Context = ReturnType<typeof createContext>;

/** What there is now. */
interface Gotten {
  /** Null without mediasoup, which is optional: only nodes elsewhere can be tested then. */
  readonly worker: Awaited<ReturnType<typeof setupWorker>> | null;
  readonly browser: Awaited<ReturnType<typeof setupBrowser>>;
}

/** @returns the exit code; an interrupted one can be called again and goes on where it was */
export async function setupCommand(flags: OutputFlags): Promise<number> {
  const interruption = new AbortController();
  const atOnce = Promise.withResolvers<null>();
  const release = onInterrupt(() => {
    // What set-up started ends with it: see setup/command.js.
    if (interruption.signal.aborted) atOnce.resolve(null);
    interruption.abort();
  });
  const silent = { write: () => true };
  const context = createContext(interruption.signal, process.env, flags.quiet ? silent : process.stderr);
  try {
    const gotten = await Promise.race([get(context), atOnce.promise]);
    if (gotten === null) return exitCodes.interrupted;
    process.stdout.write(flags.json ? `${JSON.stringify(gotten)}\n` : gottenText(gotten));
    return exitCodes.ok;
  } catch (thrown) {
    if (interruption.signal.aborted) {
      context.progress.say('interrupted; the next set-up takes it up again');
      return exitCodes.interrupted;
    }
    const failure = failureText(thrown, context.cacheDir);
    if (failure === null) throw thrown;
    // An open line of progress must end first.
    context.progress.end('failed');
    process.stderr.write(`${failure}\n`);
    return exitCodes.environment;
  } finally {
    release();
  }
}

async function get(context: Context): Promise<Gotten> {
  const root = packageRoot();
  const mediasoupDir = packageDir(root, 'mediasoup');
  const worker = mediasoupDir === undefined ? null : await setupWorker(mediasoupDir, context);
  const puppeteerDir = packageDir(root, '@puppeteer/browsers');
  const browser = await setupBrowser({ puppeteerDir, node: process.execPath }, context);
  // A clone's file is that of its own set-up, which looks at the dependencies too; all it says is in the cache as well.
  if (worker !== null && !isClone(root)) {
    const node = { path: process.execPath, version: process.versions.node };
    writeSetup(setupFile(root, context.cacheDir), { schemaVersion: 1, node, worker, browser });
  }
  return { worker, browser };
}

/** What a person can do something about; null for a bug of ours. */
function failureText(thrown: unknown, cacheDir: string): string | null {
  if (thrown instanceof SetupError) {
    const { message, hint, log, tail } = thrown;
    return [
      explain(message, hint === undefined ? {} : { hint }),
      ...(log === undefined ? [] : [`  log:   ${log}`]),
      ...(tail ? [tail.replaceAll(/^/gm, '  | ')] : []),
    ].join('\n');
  }
  // The system's own errors name the path.
  if (!(thrown instanceof Error) || !('syscall' in thrown)) return null;
  return explain(thrown.message, { hint: `set-up writes to ${cacheDir}; XDG_CACHE_HOME moves that` });
}

function gottenText({ worker, browser }: Gotten): string {
  const workerText =
    worker === null
      ? 'none: the package mediasoup is not installed (npm install --ignore-scripts mediasoup); nodes elsewhere can be tested'
      : `${worker.kind}${worker.version === null ? '' : ` ${worker.version}`} · ${worker.path}`;
  return `worker   ${workerText}\nbrowser  ${browser.version ?? 'version unknown'} · ${browser.path}\n`;
}
