/** A peer's WebRtcTransport on its worker's WebRtcServer, with the options' bitrates. */
import type { types } from 'mediasoup';
import type { Direction } from './messages.ts';
import type { NodeOptions } from './options.ts';
import type { PeerTransport } from './peer.ts';
import type { MediaWorker } from './worker.ts';

export async function createTransport(
  router: types.Router,
  { webRtcServer, load }: MediaWorker,
  options: NodeOptions,
  { direction, forceTcp }: { readonly direction: Direction; readonly forceTcp: boolean },
): Promise<PeerTransport> {
  const { maxSendMessageSize, maxReceiveMessageSize, sctpSendBufferSize } = options;
  const transport = await router.createWebRtcTransport({
    webRtcServer,
    enableUdp: !forceTcp,
    enableTcp: options.enableTcp,
    preferUdp: options.preferUdp,
    preferTcp: options.preferTcp,
    iceConsentTimeout: options.iceConsentTimeout,
    initialAvailableOutgoingBitrate: options.initialAvailableOutgoingBitrate,
    enableSctp: options.sctp,
    ...(maxSendMessageSize === null ? {} : { maxSendMessageSize }),
    ...(maxReceiveMessageSize === null ? {} : { maxReceiveMessageSize }),
    ...(sctpSendBufferSize === null ? {} : { sctpSendBufferSize }),
    appData: { direction },
  });
  load.addTransport(transport);
  try {
    await limit(transport, direction, options);
    return transport;
  } catch (thrown) {
    transport.close();
    throw thrown;
  }
}

/** Limits have calls of their own. The largest goes first: mediasoup refuses a minimum above the maximum. */
async function limit(transport: PeerTransport, direction: Direction, options: NodeOptions): Promise<void> {
  const { maxIncomingBitrate, maxOutgoingBitrate, minimumAvailableOutgoingBitrate } = options;
  if (direction === 'producer') {
    if (maxIncomingBitrate !== null) await transport.setMaxIncomingBitrate(maxIncomingBitrate);
    return;
  }
  if (maxOutgoingBitrate !== null) await transport.setMaxOutgoingBitrate(maxOutgoingBitrate);
  if (minimumAvailableOutgoingBitrate !== null) {
    await transport.setMinOutgoingBitrate(minimumAvailableOutgoingBitrate);
  }
}
