/**
 * werift's receive path over transports that need no handshake: its UdpTransport (node:dgram), RTCDtlsTransport with keys
 * that are given, SrtpSession, RtpRouter and RTCRtpReceiver, with the RR, NACK and transport-cc that it sends by itself.
 * Left out is its ICE agent, which looks at each datagram first.
 */
import { streamOf } from '../../bots/ceiling/streams.ts';
import type { SrtpKeys } from '../../bots/engine/srtp/profile.ts';

type Subscribe<Value> = { subscribe(act: (value: Value) => void): void };

/** The parts of werift that are used. */
interface Werift {
  readonly Event: new () => Subscribe<Buffer> & { execute(bytes: Buffer): void };
  readonly UdpTransport: {
    init(type: 'udp4'): Promise<{
      onData: (bytes: Buffer) => void;
      readonly port: number;
      send(bytes: Buffer, to: readonly [string, number]): Promise<void>;
      close(): Promise<void>;
    }>;
  };
  readonly RTCDtlsTransport: new (
    config: object,
    ice: object,
    certificate: undefined,
    profiles: readonly number[],
  ) => {
    dtls: object;
    readonly onRtp: Subscribe<object>;
    readonly onRtcp: Subscribe<object>;
    startSrtp(): void;
  };
  readonly RtpRouter: new () => {
    readonly extIdUriMap: Record<number, string>;
    readonly routeRtp: (packet: object) => void;
    readonly routeRtcp: (packet: object) => void;
    registerRtpReceiver(receiver: object, ssrc: number): void;
  };
  readonly RTCRtpReceiver: new (
    config: object,
    kind: string,
    ssrc: number,
  ) => {
    setDtlsTransport(dtls: object): void;
    prepareReceive(parameters: object): void;
    addTrack(track: object): void;
  };
  readonly RTCRtpCodecParameters: new (codec: object) => object;
  readonly MediaStreamTrack: new (track: object) => { readonly onReceiveRtp: Subscribe<object> };
  readonly RTP_EXTENSION_URI: { readonly transportWideCC: string };
  useTWCC(): object;
  useNACK(): object;
  usePLI(): object;
}

type ReceivingTransport = InstanceType<Werift['RTCDtlsTransport']>;

export interface WeriftReceiver {
  readonly ports: readonly number[];
  /** That came to a track, opened and parsed. */
  readonly received: () => number;
  close(): Promise<void>;
}

/** @param from where feedback goes to */
export async function weriftReceiver(
  sockets: number,
  from: number,
  rooms: number,
  keys: SrtpKeys,
): Promise<WeriftReceiver> {
  // Not a dependency that types may rely on.
  const name = 'werift';
  const werift = (await import(name)) as Werift;
  const closing: (() => Promise<void>)[] = [];
  const ports: number[] = [];
  let received = 0;
  for (let index = 0; index < sockets; index += 1) {
    const udp = await werift.UdpTransport.init('udp4');
    const onData = new werift.Event();
    udp.onData = (bytes) => onData.execute(bytes);
    const connection = { onData, send: (bytes: Buffer) => udp.send(bytes, ['127.0.0.1', from]) };
    const transport = new werift.RTCDtlsTransport({}, { connection }, undefined, [keys.profile.id]);
    transport.dtls = handshaken(keys);
    transport.startSrtp();
    route(werift, transport, index % rooms, () => {
      received += 1;
    });
    ports.push(udp.port);
    closing.push(() => udp.close());
  }
  return {
    ports,
    received: () => received,
    close: async () => void (await Promise.all(closing.map((close) => close()))),
  };
}

/** What a DTLS client is once it is connected. */
function handshaken({ profile, masterKey, masterSalt }: SrtpKeys): object {
  const [key, salt] = [Buffer.from(masterKey), Buffer.from(masterSalt)];
  return {
    srtp: { srtpProfile: profile.id },
    extractSessionKeys: () => ({ localKey: key, localSalt: salt, remoteKey: key, remoteSalt: salt }),
  };
}

function route(werift: Werift, transport: ReceivingTransport, room: number, onPacket: () => void): void {
  const router = new werift.RtpRouter();
  for (const kind of ['audio', 'video'] as const) {
    const { ssrc, mimeType, clockRate, payloadType, transportSequenceId } = streamOf(room, kind);
    const feedback = kind === 'video' ? [werift.useNACK(), werift.usePLI()] : [];
    const codec = new werift.RTCRtpCodecParameters({
      mimeType,
      clockRate,
      payloadType,
      rtcpFeedback: [werift.useTWCC(), ...feedback],
    });
    const receiver = new werift.RTCRtpReceiver({ debug: {} }, kind, 1);
    receiver.setDtlsTransport(transport);
    receiver.prepareReceive({ codecs: [codec], encodings: [{ ssrc, payloadType }] });
    const track = new werift.MediaStreamTrack({ kind, ssrc, remote: true, codec });
    track.onReceiveRtp.subscribe(onPacket);
    receiver.addTrack(track);
    router.registerRtpReceiver(receiver, ssrc);
    router.extIdUriMap[transportSequenceId ?? 0] = werift.RTP_EXTENSION_URI.transportWideCC;
  }
  transport.onRtp.subscribe(router.routeRtp);
  transport.onRtcp.subscribe(router.routeRtcp);
}
