/** An endpoint and an SFU without network or media, for tests of a bot's life. */
import type { MediaKind } from '../../bots/bot.ts';
import { nowMs } from '../../bots/clock.ts';
import type { Endpoint, EndpointLink } from '../../bots/endpoint.ts';
import type { BotStreamReading } from '../../bots/readings.ts';
import type {
  Direction,
  SignalingListener,
  SignalingOptions,
  Target,
} from '../../bots/signaling/signaling.ts';

/** What goes differently from a session where everything works. A step that never answers is `hang`. */
export interface Faults {
  readonly hang?: string;
  readonly fail?: Readonly<Record<string, Error>>;
  /** Transports do not connect by themselves. */
  readonly unconnected?: readonly Direction[];
  readonly others?: number;
  /** Offers that the SFU makes during `join`, and during `settle`. */
  readonly offers?: { readonly join?: number; readonly settle?: number };
}

export interface Stage {
  /** Every call, in order: `join`, `publish audio`, `end`, … */
  readonly calls: string[];
  readonly peers: string[];
  readonly target: Target;
  readonly endpoint: Endpoint;
  readonly link: () => EndpointLink;
  readonly listener: () => SignalingListener;
  /** What `read` and `end` return next. */
  streams: readonly BotStreamReading[];
}

/** As an SFU is that offers what the endpoint cannot take. */
const refused = (): void => undefined;

const rest = { iceParameters: {}, iceCandidates: [], dtlsParameters: {} };

export function stage(faults: Faults = {}): Stage {
  const calls: string[] = [];
  const peers: string[] = [];
  let link: EndpointLink | null = null;
  let options: SignalingOptions | null = null;

  async function step(name: string): Promise<void> {
    calls.push(name);
    const failure = faults.fail?.[name];
    if (failure !== undefined) throw failure;
    if (faults.hang === name) await new Promise(() => undefined);
  }
  function connect(direction: Direction): void {
    if (faults.unconnected?.includes(direction) !== true) link?.connected(direction, nowMs());
  }
  async function offer(count = 0): Promise<void> {
    for (let index = 0; index < count; index += 1)
      await options?.listener.consumer({
        id: `consumer-${index}`,
        producerId: `producer-${index}`,
        peer: 'other',
        kind: 'audio',
        rtpParameters: { codecs: [] },
        paused: false,
      });
  }

  const endpoint: Endpoint = {
    begin: (given) => {
      link = given;
      return step('begin');
    },
    load: async () => {
      await step('load');
      return {};
    },
    openTransport: (direction) => step(`open ${direction}`),
    publish: async (kind: MediaKind) => {
      await step(`publish ${kind}`);
      await link?.produce(kind, { codecs: [] });
      connect('send');
    },
    mute: (kind, muted) => step(`${muted ? 'mute' : 'unmute'} ${kind}`),
    consume: async () => {
      await step('consume');
      connect('recv');
    },
    closeConsumer: (id) => void calls.push(`close ${id}`),
    pauseConsumer: (id, paused) => void calls.push(`${paused ? 'pause' : 'resume'} ${id}`),
    read: async () => {
      await step('read');
      return { streams: shared.streams, closed: [] };
    },
    stopSending: () => step('stop'),
    end: async () => {
      calls.push('end');
      return { streams: shared.streams, closed: [] };
    },
    close: async () => void calls.push('close'),
  };
  const target: Target = {
    url: 'ws://test',
    tls: { insecure: false, ca: null },
    dialect: async (given) => {
      await step('connect');
      options = given;
      peers.push(given.peer);
      return {
        negotiation: 'ortc',
        routerCapabilities: async () => {
          await step('capabilities');
          return {};
        },
        openTransport: async (direction) => ({ id: direction, ...rest }) as never,
        connectTransport: () => step('dtls'),
        join: async () => {
          await step('join');
          offer(faults.offers?.join).catch(refused);
          return { others: faults.others ?? 0 };
        },
        produce: async (_transport, kind) => {
          await step(`produce ${kind}`);
          return kind;
        },
        settle: async () => {
          await step('settle');
          offer(faults.offers?.settle).catch(refused);
        },
        pauseProducer: (id, paused) => step(`${paused ? 'pause' : 'resume'} producer ${id}`),
        pauseConsumer: (id, paused) => step(`${paused ? 'pause' : 'resume'} consumer ${id}`),
        preferLayers: (id, spatial, temporal) => step(`prefer ${spatial}/${temporal ?? '-'} of ${id}`),
        close: () => void calls.push('hang up'),
      };
    },
  };
  const shared: Stage = {
    calls,
    peers,
    target,
    endpoint,
    link: () => link as EndpointLink,
    listener: () => (options as SignalingOptions).listener,
    streams: [],
  };
  return shared;
}
