/**
 * The page of one bot, the one file that is bundled: mediasoup-client's Device, transports and media. It knows no
 * signalling and no scenario; the host calls `window.bot` and answers `tellHost`.
 */
import { Device, type types } from 'mediasoup-client';
import type { MediaKind } from '../bot.ts';
import type { ConsumerOffer, Direction, RtpCapabilities, TransportOffer } from '../signaling/signaling.ts';
import { capture, stop } from './capture.ts';
import type { PageCalls, PageMedia, PageMessage, PageReading, PageStream } from './contract.ts';
import { encodingsOf } from './encodings.ts';
import { type StreamName, streamsOf } from './stats.ts';

declare global {
  interface Window {
    bot: PageCalls;
    tellHost(message: PageMessage): Promise<string | null>;
  }
}

/** One session, from `begin` to `end`. */
interface PageSession {
  readonly media: PageMedia;
  readonly device: Device;
  readonly tracks: MediaStream | null;
  readonly transports: Map<Direction, types.Transport>;
  readonly producers: Map<string, types.Producer>;
  readonly consumers: Map<string, types.Consumer>;
  /** Consumers that the SFU closed while we still set them up. */
  readonly closedEarly: Set<string>;
  /**
   * Consumers whose stream nobody sends, and own producers that are mute. mediasoup-client's own pause renegotiates, and could miss the first
   * packets after it.
   */
  readonly paused: Set<string>;
  readonly players: Map<string, HTMLMediaElement>;
  /** Last readings of streams that closed since the last reading. */
  closed: PageStream[];
  readonly receiving: PromiseWithResolvers<void>;
  heard: boolean;
}

let session: PageSession | null = null;

function current(): PageSession {
  if (session === null) throw new Error('no session');
  return session;
}

async function begin(media: PageMedia): Promise<void> {
  if (session !== null) await end();
  const [device, tracks] = await Promise.all([Device.factory(), capture(media)]);
  const receiving = Promise.withResolvers<void>();
  receiving.promise.catch(() => undefined);
  session = {
    media,
    device,
    tracks,
    transports: new Map(),
    producers: new Map(),
    consumers: new Map(),
    closedEarly: new Set(),
    paused: new Set(),
    players: new Map(),
    closed: [],
    receiving,
    heard: false,
  };
}

async function load(capabilities: RtpCapabilities): Promise<RtpCapabilities> {
  const { device } = current();
  await device.load({ routerRtpCapabilities: capabilities });
  return device.recvRtpCapabilities;
}

/** mediasoup-client's events ask by callbacks. */
async function ask(
  message: PageMessage,
  done: (answer: string | null) => void,
  failed: (error: Error) => void,
): Promise<void> {
  try {
    done(await window.tellHost(message));
  } catch (thrown) {
    failed(thrown as Error);
  }
}

function openTransport(direction: Direction, offer: TransportOffer): void {
  const { device, transports, receiving } = current();
  const options = { ...offer };
  const transport =
    direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    void ask({ type: 'connect', direction, dtlsParameters }, () => done(), failed);
  });
  transport.on('produce', ({ kind, rtpParameters }, done, failed) => {
    void ask({ type: 'produce', kind, rtpParameters }, (id) => done({ id: id ?? '' }), failed);
  });
  transport.on('connectionstatechange', (state) => {
    if (state !== 'connected' && state !== 'failed') return;
    void window.tellHost({ type: state, direction, at: performance.now() });
    if (direction === 'send') return;
    if (state === 'connected') receiving.resolve();
    else receiving.reject(new Error('transport failed'));
  });
  transports.set(direction, transport);
}

async function publish(kind: MediaKind): Promise<void> {
  const { media, device, tracks, transports, producers } = current();
  const track = tracks?.getTracks().find((track) => track.kind === kind);
  const transport = transports.get('send');
  if (track === undefined || transport === undefined) throw new Error(`nothing to publish as ${kind}`);
  const codecName = media.publish[kind]?.codec ?? '';
  const codec = device.sendRtpCapabilities.codecs?.find(
    ({ mimeType }) => mimeType.toLowerCase() === `${kind}/${codecName.toLowerCase()}`,
  );
  if (codec === undefined) throw new Error(`browser and SFU have no ${codecName} in common`);
  const producer = await transport.produce({
    track,
    codec,
    // Tracks are the session's, and stop with it.
    stopTracks: false,
    ...(media.publish.video !== null && kind === 'video'
      ? { encodings: encodingsOf(media.publish.video) }
      : { codecOptions: { opusDtx: false } }),
  });
  producers.set(producer.id, producer);
}

/**
 * Chrome decodes video that nobody sees, but pulls audio through its jitter buffer only for an element that plays; a
 * muted one is enough.
 */
function play(session: PageSession, consumer: types.Consumer): void {
  if (consumer.kind === 'video' && session.media.decode === 'receive') return;
  const player = document.createElement(consumer.kind);
  player.muted = true;
  player.srcObject = new MediaStream([consumer.track]);
  document.body.append(player);
  session.players.set(consumer.id, player);
  // A player that is removed before it began says so by a rejection.
  player.play().catch(() => undefined);
}

async function consume(offer: ConsumerOffer): Promise<void> {
  const session = current();
  const { transports, consumers, receiving } = session;
  const transport = transports.get('recv');
  if (transport === undefined) throw new Error('no transport to receive on');
  const { id, producerId, kind, rtpParameters, peer } = offer;
  // It may go on before it is set up.
  if (offer.paused) session.paused.add(id);
  const consumer = await transport.consume({ id, producerId, kind, rtpParameters, streamId: peer });
  consumers.set(id, consumer);
  if (!session.heard) {
    // Chrome unmutes a remote track at its first packet.
    const hear = (): void => {
      if (session.heard) return;
      session.heard = true;
      void window.tellHost({ type: 'first-media', at: performance.now() });
    };
    if (!consumer.track.muted) hear();
    consumer.track.addEventListener('unmute', hear, { once: true });
  }
  play(session, consumer);
  if (session.closedEarly.delete(id)) await closeConsumer(id);
  await receiving.promise;
}

async function closeConsumer(id: string): Promise<void> {
  const { consumers, closedEarly, paused, players, closed } = current();
  const consumer = consumers.get(id);
  if (consumer === undefined) {
    closedEarly.add(id);
    return;
  }
  const last = await readTransport('recv').catch(() => []);
  closed.push(...last.filter((stream) => stream.id === id));
  consumers.delete(id);
  paused.delete(id);
  consumer.close();
  const player = players.get(id);
  players.delete(id);
  if (player !== undefined) {
    player.srcObject = null;
    player.remove();
  }
}

function pause(id: string, isPaused: boolean): void {
  const { paused } = current();
  if (isPaused) paused.add(id);
  else paused.delete(id);
}

async function readTransport(direction: Direction): Promise<PageStream[]> {
  const { transports, producers, consumers, paused } = current();
  const transport = transports.get(direction);
  const names = new Map<string, StreamName>();
  if (direction === 'send')
    for (const { localId, id } of producers.values())
      names.set(localId, { id, producer: id, paused: paused.has(id) });
  else
    for (const { localId, id, producerId } of consumers.values())
      names.set(localId, { id, producer: producerId, paused: paused.has(id) });
  if (transport === undefined || names.size === 0) return [];
  const stats = await transport.getStats();
  return streamsOf(stats, names);
}

async function read(): Promise<PageReading> {
  const session = current();
  const [out, received] = await Promise.all([readTransport('send'), readTransport('recv')]);
  const { closed } = session;
  session.closed = [];
  // A consumer that closed while the report was made is in both; its last reading counts.
  const gone = new Set(closed.map(({ id }) => id));
  return {
    at: performance.now(),
    streams: [...out, ...received.filter(({ id }) => !gone.has(id))],
    closed,
  };
}

/**
 * Turns every encoding off or on. `track.enabled = false` would send silence and black frames, `replaceTrack(null)`
 * leaves padding probes; an inactive encoding sends nothing, and its statistics stay.
 */
async function send({ rtpSender }: types.Producer, active: boolean): Promise<void> {
  if (rtpSender === undefined) return;
  const parameters = rtpSender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = active;
  await rtpSender.setParameters(parameters);
}

async function mute(kind: MediaKind, muted: boolean): Promise<void> {
  for (const producer of current().producers.values()) {
    if (producer.kind !== kind) continue;
    pause(producer.id, muted);
    await send(producer, !muted);
  }
}

async function stopSending(): Promise<void> {
  for (const producer of current().producers.values()) await send(producer, false);
}

async function end(): Promise<PageReading> {
  const over = current();
  const last = await read().catch(
    (): PageReading => ({
      at: performance.now(),
      streams: [],
      closed: over.closed,
    }),
  );
  if (session === over) session = null;
  over.receiving.reject(new Error('session over'));
  for (const transport of over.transports.values()) transport.close();
  for (const player of over.players.values()) {
    player.srcObject = null;
    player.remove();
  }
  stop(over.tracks);
  return last;
}

window.bot = {
  now: () => performance.now(),
  warm: async (media) => stop(await capture(media)),
  begin,
  load,
  openTransport,
  publish,
  mute,
  consume,
  closeConsumer,
  pauseConsumer: pause,
  read,
  stopSending,
  end,
};
