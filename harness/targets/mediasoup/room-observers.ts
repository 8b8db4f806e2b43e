/** The demo's RTP observers: who speaks, told to every peer. Each costs the worker a look at every audio packet. */
import type { types } from 'mediasoup';
import type { ConsumerOwner, NodeNotifications } from './messages.ts';
import type { NodeOptions } from './options.ts';

export type TellAll = <Name extends keyof NodeNotifications>(
  method: Name,
  data: NodeNotifications[Name],
) => void;

/** @returns what takes an audio producer under observation; the observers close with the router */
export async function observeAudio(
  router: types.Router,
  options: NodeOptions,
  tellAll: TellAll,
): Promise<(producerId: string) => void> {
  const observers: types.RtpObserver[] = [];
  if (options.audioLevelObserver) {
    const levels = await router.createAudioLevelObserver({ maxEntries: 10, threshold: -80, interval: 800 });
    levels.on('volumes', (volumes) => {
      const peerVolumes = volumes.map(({ producer, volume }) => ({ peerId: ownerOf(producer), volume }));
      tellAll('speakingPeers', { peerVolumes });
    });
    levels.on('silence', () => {
      tellAll('speakingPeers', { peerVolumes: [] });
      tellAll('activeSpeaker', {});
    });
    observers.push(levels);
  }
  if (options.activeSpeakerObserver) {
    const speaker = await router.createActiveSpeakerObserver();
    speaker.on('dominantspeaker', ({ producer }) => tellAll('activeSpeaker', { peerId: ownerOf(producer) }));
    observers.push(speaker);
  }
  return (producerId) => {
    for (const observer of observers) {
      // A producer that closed meanwhile is not observed.
      observer.addProducer({ producerId }).catch(() => undefined);
    }
  };
}

function ownerOf(producer: types.Producer): string {
  return (producer.appData as unknown as ConsumerOwner).peerId;
}
