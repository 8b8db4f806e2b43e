/**
 * Whether anybody listens at a target's address, and whether its certificate is accepted: asked once before any bot
 * is launched, so that a wrong address is one clear error and not a thousand failed joins.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BenchError, messageOf } from '../errors.ts';

export interface Reach {
  readonly insecure: boolean;
  readonly caFile: string | null;
}

const connectTimeoutMs = 10_000;
const ports: Readonly<Record<string, number>> = { 'ws:': 80, 'http:': 80, 'wss:': 443, 'https:': 443 };

/** @throws BenchError TARGET_UNREACHABLE or TARGET_CERTIFICATE */
export async function reach(address: string, field: string, { insecure, caFile }: Reach): Promise<void> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (ports[url.protocol] ?? 80) : Number(url.port);
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const ca = caFile === null ? undefined : readCa(caFile);
  const socket = secure
    ? connectTls({
        host,
        port,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        rejectUnauthorized: !insecure,
        ...(ca === undefined ? {} : { ca }),
      })
    : connectTcp({ host, port });
  try {
    await opened(socket, secure ? 'secureConnect' : 'connect');
  } catch (error) {
    throw unreachable(url, field, error);
  } finally {
    socket.destroy();
  }
}

/** A connection error in the user's terms; also for requests that were sent later. */
export function unreachable(url: URL, field: string, error: unknown): BenchError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const place = { field, value: url.origin === 'null' ? url.href : url.origin, cause: error };
  if (/CERT|SELF_SIGNED|ALTNAME|VERIFY|ISSUER/.test(code)) {
    return new BenchError(
      'TARGET_CERTIFICATE',
      `the certificate of ${url.host} is refused: ${messageOf(error)}`,
      {
        ...place,
        hint: 'give its certificate authority with --ca FILE, or accept any with --insecure',
      },
    );
  }
  return new BenchError('TARGET_UNREACHABLE', `no answer from ${url.host}: ${messageOf(error) || code}`, {
    ...place,
    hint: 'is it running, is the address right, and does a firewall let this port through?',
  });
}

/** @throws BenchError naming the file */
export function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new BenchError('OPTION_INVALID', `cannot read the certificate authority: ${messageOf(error)}`, {
      file,
      field: 'ca',
      hint: 'name a PEM file',
    });
  }
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(connectTimeoutMs, () =>
      reject(new Error(`no answer within ${connectTimeoutMs / 1000} s`)),
    );
    socket.once(event, () => resolve());
    socket.once('error', reject);
  });
}
