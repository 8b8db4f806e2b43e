/** The collector's side of a node's control endpoint. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BenchError, messageOf } from '../errors.ts';
import type { NodeDescription, NodeReadings, StreamSelection } from './control.ts';
import { readCa, unreachable } from './reach.ts';

export interface ControlAccess {
  readonly url: string;
  readonly token: string;
  readonly insecure: boolean;
  readonly caFile: string | null;
}

export class ControlClient {
  readonly #access: ControlAccess;
  readonly #ca: Buffer | undefined;

  constructor(access: ControlAccess) {
    this.#access = access;
    this.#ca = access.caFile === null ? undefined : readCa(access.caFile);
  }

  description(): Promise<NodeDescription> {
    return this.#get<NodeDescription>('/v1/description', 10_000);
  }

  readings(streams: StreamSelection, timeoutMs = 5_000): Promise<NodeReadings> {
    return this.#get<NodeReadings>(`/v1/readings?streams=${streams}`, timeoutMs);
  }

  async #get<Body>(path: string, timeoutMs: number): Promise<Body> {
    const url = new URL(path, this.#access.url);
    const { status, body } = await this.#fetch(url, timeoutMs);
    if (status === 401 || status === 403) {
      throw new BenchError('TARGET_REFUSED', `the node’s control endpoint refused our token (${status})`, {
        field: 'control',
        value: url.origin,
        hint: 'give the token the node was started with: SFUBENCH_TOKEN, or --token-file',
      });
    }
    if (status !== 200) {
      throw new BenchError('TARGET_REFUSED', `the node’s control endpoint answered ${status}`, {
        field: 'control',
        value: url.href,
        hint: 'is this the controlUrl that `sfubench node` printed?',
      });
    }
    try {
      return JSON.parse(body) as Body;
    } catch (error) {
      throw new BenchError(
        'TARGET_REFUSED',
        `the control endpoint did not answer with JSON: ${messageOf(error)}`,
        {
          field: 'control',
          value: url.href,
        },
      );
    }
  }

  #fetch(url: URL, timeoutMs: number): Promise<{ status: number; body: string }> {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        url,
        {
          headers: { authorization: `Bearer ${this.#access.token}` },
          signal: AbortSignal.timeout(timeoutMs),
          rejectUnauthorized: !this.#access.insecure,
          ...(this.#ca === undefined ? {} : { ca: this.#ca }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      request.on('error', (error) => reject(unreachable(url, 'control', error)));
      request.end();
    });
  }
}
