/**
 * One mediasoup worker process with its WebRtcServer (UDP and TCP on the same port) and what it carries.
 *
 * Ends of a worker: the node closes it (`close`), or it dies (`died` is told once, `alive` turns false). Either way
 * mediasoup closes its routers, and with them the rooms that live on it.
 */
import type { types } from 'mediasoup';
import { nowMs, sleepMs } from '../../clock.ts';
import { BenchError, messageOf } from '../../errors.ts';
import type { WorkerDescription } from '../control.ts';
import { WorkerLoad } from './load.ts';
import type { Mediasoup } from './loaded.ts';
import type { NodeOptions } from './options.ts';
import { type Pinning, pinProcess } from './pinning.ts';

export interface WorkerDeath {
  readonly index: number;
  readonly pid: number;
  readonly atMs: number;
  readonly reason: string;
}

/** Ports tried before a worker's WebRtcServer is given up. */
const portAttempts = 2000;
const ephemeralPortsFrom = 32_768;

export class MediaWorker {
  readonly index: number;
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  readonly port: number;
  readonly pinning: Pinning;
  readonly load = new WorkerLoad();
  #ending = false;

  /** Starts the process; its port is the first free one from `firstPort` on. */
  static async create(
    mediasoup: Mediasoup,
    options: NodeOptions,
    start: { readonly index: number; readonly firstPort: number; readonly workerBin: string },
    died: (death: WorkerDeath) => void,
  ): Promise<MediaWorker> {
    const worker = await spawnWorker(mediasoup, options, start.workerBin);
    try {
      const { cpus } = options;
      const core = cpus?.[start.index % cpus.length];
      const pinning = await pinProcess(worker.pid, core === undefined ? null : [core]);
      const { webRtcServer, port } = await createWebRtcServer(worker, options, start.firstPort);
      const created = new MediaWorker(start.index, worker, webRtcServer, port, pinning);
      worker.once('died', (error) => {
        if (created.#ending) return;
        died({ index: start.index, pid: worker.pid, atMs: nowMs(), reason: error.message });
      });
      return created;
    } catch (thrown) {
      worker.close();
      throw thrown;
    }
  }

  private constructor(
    index: number,
    worker: types.Worker,
    webRtcServer: types.WebRtcServer,
    port: number,
    pinning: Pinning,
  ) {
    this.index = index;
    this.worker = worker;
    this.webRtcServer = webRtcServer;
    this.port = port;
    this.pinning = pinning;
  }

  get alive(): boolean {
    return !this.worker.closed;
  }

  /** That it is pinned to; null where there is not just one. */
  get core(): number | null {
    const [core = null, ...others] = this.pinning.state === 'pinned' ? this.pinning.cores : [];
    return others.length === 0 ? core : null;
  }

  get description(): WorkerDescription {
    const cores = this.pinning.state === 'pinned' ? this.pinning.cores : null;
    return { index: this.index, pid: this.worker.pid, cores, port: this.port };
  }

  /** Ends the process; one that does not end by itself within the grace (it may be stopped) is killed. */
  async close(graceMs = 500): Promise<void> {
    this.#ending = true;
    if (this.worker.subprocessClosed) return;
    const gone = new AbortController();
    this.worker.once('subprocessclose', () => gone.abort());
    this.worker.close();
    await sleepMs(graceMs, gone.signal);
    if (this.worker.subprocessClosed) return;
    try {
      process.kill(this.worker.pid, 'SIGKILL');
    } catch {
      return;
    }
    await sleepMs(graceMs, gone.signal);
  }
}

async function spawnWorker(
  mediasoup: Mediasoup,
  options: NodeOptions,
  workerBin: string,
): Promise<types.Worker> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const before = signals.map((signal) => new Set(process.listeners(signal)));
  const { logLevel, logTags, dtlsCertificateFile, dtlsPrivateKeyFile, libwebrtcFieldTrials } = options;
  let worker: types.Worker;
  try {
    worker = await mediasoup.createWorker({
      workerBin,
      logLevel,
      ...(logTags === null ? {} : { logTags: [...logTags] as types.WorkerLogTag[] }),
      ...(dtlsCertificateFile === null ? {} : { dtlsCertificateFile }),
      ...(dtlsPrivateKeyFile === null ? {} : { dtlsPrivateKeyFile }),
      ...(libwebrtcFieldTrials === null ? {} : { libwebrtcFieldTrials }),
    });
  } catch (cause) {
    throw new BenchError('WORKER_MISSING', `the mediasoup worker does not start: ${messageOf(cause)}`, {
      field: 'workerBin',
      value: workerBin,
      hint: 'run the set-up again; a worker must be of the same version as the mediasoup package, and its settings be valid',
      cause,
    });
  }
  // mediasoup closes its workers on the node's signals by itself; when they end is for the node to say.
  signals.forEach((signal, position) => {
    for (const listener of process.listeners(signal)) {
      if (!before[position]?.has(listener)) process.removeListener(signal, listener);
    }
  });
  return worker;
}

async function createWebRtcServer(
  worker: types.Worker,
  options: NodeOptions,
  firstPort: number,
): Promise<{ webRtcServer: types.WebRtcServer; port: number }> {
  let cause: unknown;
  const end = Math.min(firstPort + portAttempts, ephemeralPortsFrom);
  for (let port = firstPort; port < end; port += 1) {
    try {
      return {
        webRtcServer: await worker.createWebRtcServer({ listenInfos: listenInfos(options, port) }),
        port,
      };
    } catch (thrown) {
      cause = thrown;
      if (worker.closed || /channel closed/i.test(messageOf(thrown))) {
        throw new BenchError('TARGET_DIED', `a worker died while the node started: ${messageOf(thrown)}`, {
          cause,
        });
      }
      if (!/address already in use/i.test(messageOf(thrown))) break;
    }
  }
  throw new BenchError(
    'OPTION_INVALID',
    `no media port can be had on ${options.rtcListenIp}: ${messageOf(cause)}`,
    {
      field: 'rtcListenIp',
      value: `${options.rtcListenIp}, ports ${firstPort} to ${end - 1}`,
      hint: 'give an address of this machine as rtcListenIp, and a free port below 32768 as rtcPort',
      cause,
    },
  );
}

function listenInfos(options: NodeOptions, port: number): types.TransportListenInfo[] {
  const { rtcListenIp, announcedAddress, sendBufferSize, recvBufferSize } = options;
  return (['udp', 'tcp'] as const).map((protocol) => ({
    protocol,
    ip: rtcListenIp,
    port,
    ...(announcedAddress === null ? {} : { announcedAddress }),
    ...(sendBufferSize === null ? {} : { sendBufferSize }),
    ...(recvBufferSize === null ? {} : { recvBufferSize }),
  }));
}
