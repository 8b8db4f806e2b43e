/**
 * Serves the bots' page on a loopback port: `http://127.0.0.1` is a secure context, which a page needs for its
 * camera, and about:blank is none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const html = '<!doctype html><title>bot</title><body></body><script src="/page.js"></script>';

let bundled: Promise<string> | null = null;

async function bundle(): Promise<string> {
  // The package carries the bundle, and no bundler; a clone makes it in memory.
  const prebuilt = new URL('./page.bundle.js', import.meta.url);
  if (existsSync(prebuilt)) return readFileSync(prebuilt, 'utf8');
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    minify: true,
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild gave no page');
  return output.text;
}

/** The page's script, made once per process. */
export function pageScript(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

/** A server with one page. */
export class PageServer {
  readonly #server: Server;
  readonly url: string;

  static async create(): Promise<PageServer> {
    const script = await pageScript();
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : html);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new PageServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
