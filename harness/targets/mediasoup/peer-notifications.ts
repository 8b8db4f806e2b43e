/**
 * Follows a peer's notifications. A notification has no answer: what is unknown, malformed, or speaks of something
 * that closed meanwhile (which is no one's mistake) is passed over.
 */
import type { PeerNotificationName } from './messages.ts';
import type { Peer } from './peer.ts';
import { ProtooError } from './protoo-connection.ts';
import { countAt, maybe, textAt } from './wire-shape.ts';

type Follow = (peer: Peer, data: unknown) => void | Promise<void>;

const follows: { readonly [Name in PeerNotificationName]: Follow } = {
  closeProducer: (peer, data) => peer.producers.get(textAt(data, 'producerId'))?.close(),
  pauseProducer: (peer, data) => peer.producers.get(textAt(data, 'producerId'))?.pause(),
  resumeProducer: (peer, data) => peer.producers.get(textAt(data, 'producerId'))?.resume(),
  pauseConsumer: (peer, data) => consumerOf(peer, data)?.pause(),
  resumeConsumer: (peer, data) => consumerOf(peer, data)?.resume(),
  setConsumerPreferredLayers: (peer, data) => {
    const spatialLayer = countAt(data, 'spatialLayer');
    const temporalLayer = maybe(countAt, data, 'temporalLayer');
    const layers = { spatialLayer, ...(temporalLayer === undefined ? {} : { temporalLayer }) };
    return consumerOf(peer, data)?.setPreferredLayers(layers);
  },
  setConsumerPriority: (peer, data) => consumerOf(peer, data)?.setPriority(countAt(data, 'priority')),
  requestConsumerKeyFrame: (peer, data) => consumerOf(peer, data)?.requestKeyFrame(),
  changeDisplayName: (peer, data) => {
    if (peer.joined === null) return;
    const old = peer.joined.displayName;
    peer.joined.displayName = textAt(data, 'displayName');
    peer.room.renamed(peer, old);
  },
};

function consumerOf(peer: Peer, data: unknown) {
  return peer.consumers.get(textAt(data, 'consumerId'));
}

export function receiveNotification(peer: Peer, method: string, data: unknown): void {
  if (!Object.hasOwn(follows, method)) return;
  void follow(follows[method as PeerNotificationName], peer, data);
}

async function follow(action: Follow, peer: Peer, data: unknown): Promise<void> {
  try {
    await action(peer, data);
  } catch (thrown) {
    // Malformed, or mediasoup refused (closed meanwhile, layers that a stream does not have).
    if (!(thrown instanceof ProtooError || thrown instanceof Error)) throw thrown;
  }
}
