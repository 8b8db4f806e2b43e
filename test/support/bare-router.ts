/** WebRtcTransports of a real worker, for what needs no media. */
import { after, before } from 'node:test';
import { createWorker, type types } from 'mediasoup';
import { workerInput } from './running-node.ts';

/** To be called in a `describe`: its worker lives as long as that. */
export function bareRouter(): { readonly transport: () => Promise<types.WebRtcTransport> } {
  let worker: types.Worker;
  let router: types.Router;
  before(async () => {
    worker = await createWorker({ workerBin: workerInput().workerBin, logLevel: 'none' });
    router = await worker.createRouter({ mediaCodecs: [] });
  });
  after(() => worker.close());
  const listenInfos: types.TransportListenInfo[] = [{ protocol: 'udp', ip: '127.0.0.1' }];
  return { transport: () => router.createWebRtcTransport({ listenInfos }) };
}
