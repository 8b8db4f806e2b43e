/**
 * The reference node: workers, rooms, signalling and control in one process. See README.md for the ways in which each
 * part of it closes.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { BenchError } from '../../errors.ts';
import type { NodeDescription } from '../control.ts';
import { serveControl } from './control.ts';
import { CoreWork } from './core-work.ts';
import { describeNode } from './description.ts';
import { findWorkerBinary, loadMediasoup, type Mediasoup } from './loaded.ts';
import type { NodeOptions } from './options.ts';
import { leastLoaded } from './placement.ts';
import type { ReadyMessage } from './process-messages.ts';
import type { JoinQuery } from './query.ts';
import { readNode } from './readings.ts';
import { Room } from './room.ts';
import { type Door, Refusal, serveSignaling } from './signaling.ts';
import { createWebServer, listen, readCertificate, urlOf } from './tls.ts';
import { MediaWorker, type WorkerDeath } from './worker.ts';

interface Parts {
  readonly options: NodeOptions;
  readonly mediasoup: Mediasoup;
  readonly workers: readonly MediaWorker[];
  readonly workerBinary: NodeDescription['workerBinary'];
  readonly coreWork: CoreWork;
}

export class MediasoupNode {
  readonly #parts: Parts;
  readonly #servers: Server[] = [];
  readonly #rooms = new Map<string, Promise<Room>>();
  #ready: ReadyMessage | null = null;
  #closing: Promise<void> | null = null;

  /**
   * Starts workers and servers.
   * @param token null: no control endpoint
   * @throws BenchError OPTION_INVALID, WORKER_MISSING
   */
  static async create(
    options: NodeOptions,
    token: string | null,
    died: (death: WorkerDeath) => void,
  ): Promise<MediasoupNode> {
    const certificate = readCertificate(options);
    const mediasoup = await loadMediasoup(options.mediasoupDir);
    const workerBinary = await findWorkerBinary(mediasoup, options);
    const workers = await startWorkers(mediasoup, options, workerBinary.path, died);
    const coreWork = new CoreWork(workers.flatMap(({ core }) => (core === null ? [] : [core])));
    const node = new MediasoupNode({ options, mediasoup, workers, workerBinary, coreWork });
    try {
      const signaling = createWebServer(certificate);
      serveSignaling(signaling, (query) => node.#open(query));
      node.#servers.push(signaling);
      const signalingPort = await listen(
        signaling,
        options.listenHost,
        options.signalingPort,
        'signalingPort',
      );
      let controlUrl: string | null = null;
      if (token !== null) {
        const control = createWebServer(certificate);
        serveControl(control, token, {
          description: () => node.description,
          readings: (selection) => readNode(workers, selection, coreWork),
        });
        node.#servers.push(control);
        const controlPort = await listen(control, options.listenHost, options.controlPort, 'controlPort');
        controlUrl = urlOf('http', options, controlPort);
      }
      node.#ready = {
        type: 'ready',
        signalingUrl: urlOf('ws', options, signalingPort),
        controlUrl,
        pid: process.pid,
        workers: workers.map((worker) => worker.description),
      };
      return node;
    } catch (thrown) {
      await node.close();
      throw thrown;
    }
  }

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Where it can be reached. */
  get ready(): ReadyMessage {
    if (this.#ready === null) throw new Error('the node is not ready yet');
    return this.#ready;
  }

  get description(): NodeDescription {
    const { options, mediasoup, workers, workerBinary } = this.#parts;
    return describeNode(options, mediasoup.version, workers, workerBinary);
  }

  /** Closes every peer and ends every worker, within a second or so; killed are those that do not end by themselves. */
  close(graceMs = 500): Promise<void> {
    this.#closing ??= this.#end(graceMs);
    return this.#closing;
  }

  /** Ends at once what `close` is still waiting for. */
  async kill(): Promise<void> {
    await Promise.all(this.#parts.workers.map((worker) => worker.close(0)));
  }

  async #end(graceMs: number): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const creating of this.#rooms.values()) {
      creating.then((room) => room.close('node closed')).catch(() => undefined);
    }
    // Rooms first, so that peers hear why; one that a stopped worker is still to create is not waited for.
    await new Promise(setImmediate);
    await Promise.all(this.#parts.workers.map((worker) => worker.close(graceMs)));
    await this.#parts.coreWork.close();
    for (const server of this.#servers) server.closeAllConnections();
  }

  async #open(query: JoinQuery): Promise<Door> {
    if (this.#closing !== null) throw new Refusal(503, 'the node is closing');
    let room = await this.#roomOf(query);
    // It may have closed in the turn in which it was found.
    if (room.closed) room = await this.#roomOf(query);
    return {
      enter: (arrival) => room.enter(arrival, query, this.#parts.mediasoup.version),
      abandon: () => room.closeIfEmpty(),
    };
  }

  #roomOf(query: JoinQuery): Promise<Room> {
    const known = this.#rooms.get(query.roomId);
    if (known !== undefined) return known;
    const creating = this.#createRoom(query, () => forget());
    const forget = (): void => {
      if (this.#rooms.get(query.roomId) === creating) this.#rooms.delete(query.roomId);
    };
    this.#rooms.set(query.roomId, creating);
    creating.catch(forget);
    return creating;
  }

  async #createRoom(query: JoinQuery, closed: () => void): Promise<Room> {
    const { workers, options } = this.#parts;
    const producing = leastLoaded(workers);
    if (producing === undefined) throw new Refusal(503, 'no worker is alive');
    const consuming = query.usePipeTransports ? leastLoaded(workers, producing) : producing;
    if (consuming === undefined) throw new Refusal(400, 'usePipeTransports needs two living workers');
    return Room.create(query, { producing, consuming }, options, closed);
  }
}

async function startWorkers(
  mediasoup: Mediasoup,
  options: NodeOptions,
  workerBin: string,
  died: (death: WorkerDeath) => void,
): Promise<readonly MediaWorker[]> {
  const workers: MediaWorker[] = [];
  try {
    for (let index = 0; index < options.workers; index += 1) {
      const firstPort = (workers.at(-1)?.port ?? options.rtcPort - 1) + 1;
      workers.push(await MediaWorker.create(mediasoup, options, { index, firstPort, workerBin }, died));
    }
    return workers;
  } catch (thrown) {
    await Promise.all(workers.map((worker) => worker.close()));
    throw thrown;
  }
}

/**
 * The control token: `SFUBENCH_TOKEN`, which is taken out of the environment so that no worker inherits it, or the
 * token file. Null where neither is given.
 * @throws BenchError OPTION_INVALID where it is too short to keep anybody out, or its file cannot be read
 */
export async function takeToken(options: NodeOptions, env: NodeJS.ProcessEnv): Promise<string | null> {
  const fromEnvironment = env['SFUBENCH_TOKEN'];
  delete env['SFUBENCH_TOKEN'];
  if ((fromEnvironment ?? '') === '' && options.tokenFile === null) return null;
  const field = options.tokenFile === null ? 'SFUBENCH_TOKEN' : 'tokenFile';
  const token = options.tokenFile === null ? fromEnvironment : await readToken(options.tokenFile);
  if (token === undefined || !/^[\x21-\x7e]{32,}$/.test(token.trim())) {
    const hint = 'make one of 32 random bytes: openssl rand -hex 32';
    throw new BenchError(
      'OPTION_INVALID',
      'the control token must have at least 32 characters and no blanks',
      { field, hint },
    );
  }
  return token.trim();
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const hint = 'give a file that the node may read and that holds nothing but the token';
    throw new BenchError('OPTION_INVALID', `cannot read the token file ${file}`, {
      file,
      field: 'tokenFile',
      hint,
      cause,
    });
  }
}
