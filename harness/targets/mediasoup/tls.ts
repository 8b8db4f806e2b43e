/** The web server that signalling and control stand on: plain, or TLS with the files given. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { BenchError, messageOf } from '../../errors.ts';
import { isWildcard, type NodeOptions } from './options.ts';

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws BenchError OPTION_INVALID naming the file that cannot be read or does not fit */
export function readCertificate(options: NodeOptions): Certificate | null {
  if (options.tlsCert === null || options.tlsKey === null) return null;
  const certificate = { cert: readPem('tlsCert', options.tlsCert), key: readPem('tlsKey', options.tlsKey) };
  try {
    createSecureContext(certificate);
  } catch (cause) {
    throw new BenchError(
      'OPTION_INVALID',
      `certificate and key do not make a TLS identity: ${messageOf(cause)}`,
      {
        file: options.tlsCert,
        field: 'tlsCert',
        value: options.tlsCert,
        hint: 'tlsCert takes the certificate chain and tlsKey its private key without passphrase, both in PEM',
        cause,
      },
    );
  }
  return certificate;
}

function readPem(field: 'tlsCert' | 'tlsKey', file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const hint = 'give a PEM file that the node may read';
    throw new BenchError('OPTION_INVALID', `cannot read ${file}: ${messageOf(cause)}`, {
      file,
      field,
      value: file,
      hint,
      cause,
    });
  }
}

export function createWebServer(certificate: Certificate | null): Server {
  return certificate === null ? createServer() : createTlsServer({ ...certificate });
}

/** Listens. @returns the port taken @throws BenchError OPTION_INVALID where the address cannot be had */
export function listen(server: Server, host: string, port: number, field: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'give an address of this machine and a free port; port 0 takes any';
      const value = `${host}:${port}`;
      reject(
        new BenchError('OPTION_INVALID', `cannot listen on ${value}: ${cause.message}`, {
          field,
          value,
          hint,
          cause,
        }),
      );
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** The address that others reach a listening server by. */
export function urlOf(scheme: 'ws' | 'http', options: NodeOptions, port: number): string {
  const reachable = isWildcard(options.listenHost)
    ? (options.announcedAddress ?? '127.0.0.1')
    : options.listenHost;
  const host = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `${scheme}${options.tlsCert === null ? '' : 's'}://${host}:${port}/`;
}
