/**
 * What a client says about its codecs, and makes of the router's: mediasoup's ORTC parameters without its client.
 * Payload types and extension ids are the router's own, so nothing has to be mapped on the way. Pure.
 */

import type { MediaKind } from '../bot.ts';
import type { ReadableCodec } from '../engine/receive/frame-start.ts';
import { type ExtensionName, extensionUris } from '../engine/rtp/extension-values.ts';
import type { TemplateExtension } from '../engine/rtp/template.ts';
import type { ConsumerOffer, RtpCapabilities, RtpParameters } from '../signaling/signaling.ts';

type Codec = NonNullable<RtpCapabilities['codecs']>[number];
type Extension = NonNullable<RtpCapabilities['headerExtensions']>[number];

const ourCodecs = ['audio/opus', 'video/vp8', 'video/vp9', 'video/h264'];

/** As Chrome's receiver has them. rid is what a sender says. */
const receivedExtensions: readonly ExtensionName[] = [
  'mid',
  'absSendTime',
  'transportSequence',
  'audioLevel',
  'absCaptureTime',
];

const chromeFeedback: Readonly<Record<MediaKind, NonNullable<Codec['rtcpFeedback']>>> = {
  audio: [
    { type: 'nack', parameter: '' },
    { type: 'transport-cc', parameter: '' },
  ],
  video: [
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
    { type: 'goog-remb', parameter: '' },
    { type: 'transport-cc', parameter: '' },
  ],
};

function isRtx({ mimeType }: Codec): boolean {
  return mimeType.toLowerCase().endsWith('/rtx');
}

function isOurs({ mimeType }: Codec): boolean {
  return ourCodecs.includes(mimeType.toLowerCase());
}

/** The RTX codec for a media codec of the router. */
function rtxOf(codecs: readonly Codec[], media: Codec): Codec | undefined {
  return codecs.find((codec) => isRtx(codec) && codec.parameters?.['apt'] === media.preferredPayloadType);
}

/** Without this the SFU still learns of missing key frames: nothing would ever be shown. */
const keyFrameFeedback: readonly string[] = ['nack pli', 'ccm fir'];

function feedbackOf({ kind, rtcpFeedback = [] }: Codec): NonNullable<Codec['rtcpFeedback']> {
  return chromeFeedback[kind].filter(({ type, parameter }) =>
    rtcpFeedback.some((other) => other.type === type && (other.parameter ?? '') === (parameter ?? '')),
  );
}

function nameOf(uri: string): ExtensionName | undefined {
  return (Object.keys(extensionUris) as ExtensionName[]).find((name) => extensionUris[name] === uri);
}

/**
 * Those of the router's codecs and header extensions that our receiver knows. `none`: without bandwidth estimation and
 * retransmissions, which the SFU then spends nothing on.
 */
export function receiverCapabilities(router: RtpCapabilities, feedback: 'chrome' | 'none'): RtpCapabilities {
  const codecs = router.codecs ?? [];
  const isWhole = feedback === 'chrome';
  return {
    codecs: codecs.filter(isOurs).flatMap((codec) => {
      const rtx = isWhole ? rtxOf(codecs, codec) : undefined;
      const rtcpFeedback = feedbackOf(codec).filter(
        ({ type, parameter }) => isWhole || keyFrameFeedback.includes(`${type} ${parameter ?? ''}`),
      );
      const own = { ...codec, rtcpFeedback };
      return rtx === undefined ? [own] : [own, { ...rtx, rtcpFeedback: [] }];
    }),
    headerExtensions: (router.headerExtensions ?? []).filter(({ uri, direction }) => {
      const name = nameOf(uri);
      if (name === undefined || !receivedExtensions.includes(name) || direction === 'recvonly') return false;
      return isWhole || name !== 'transportSequence';
    }),
  };
}

/** SSRCs of one encoding. */
export interface OutgoingSource {
  readonly ssrc: number;
  /** Null where the router has no RTX for the codec, such as for audio. */
  readonly rtxSsrc: number | null;
}

/** With the layer's name where the router tells layers apart by it, as Chrome has it; null elsewhere. */
export interface NamedSource extends OutgoingSource {
  readonly rid: string | null;
}

export interface OutgoingStream {
  readonly kind: MediaKind;
  /** One per layer, the smallest first. */
  readonly sources: readonly NamedSource[];
  /** H264's (RFC 6184 §8.1); null for other codecs. */
  readonly profileLevelId: string | null;
  readonly payloadType: number;
  readonly rtxPayloadType: number | null;
  readonly clockRate: number;
  /** With the text of mid. */
  readonly extensions: readonly TemplateExtension[];
  readonly parameters: RtpParameters;
}

/** Whether the SFU may ask for lost packets of the stream again. */
export function answersNack({ parameters }: OutgoingStream): boolean {
  const [media] = parameters.codecs;
  return media?.rtcpFeedback?.some(({ type, parameter }) => type === 'nack' && !parameter) ?? false;
}

export interface OutgoingWish {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly mid: string;
  readonly cname: string;
  readonly sources: readonly OutgoingSource[];
}

const sentExtensions: Readonly<Record<MediaKind, readonly ExtensionName[]>> = {
  audio: ['mid', 'absSendTime', 'transportSequence', 'audioLevel', 'absCaptureTime'],
  video: ['mid', 'rid', 'rrid', 'absSendTime', 'transportSequence', 'absCaptureTime'],
};

function sentBy(router: RtpCapabilities, kind: MediaKind): (Extension & { name: ExtensionName })[] {
  return (router.headerExtensions ?? []).flatMap((extension) => {
    const name = nameOf(extension.uri);
    const isSent = name !== undefined && extension.kind === kind && sentExtensions[kind].includes(name);
    return isSent && extension.direction !== 'sendonly' ? [{ ...extension, name }] : [];
  });
}

/** H264: what libwebrtc has everywhere, constrained baseline in packetization-mode 1, before other profiles. */
function codecOf(codecs: readonly Codec[], mimeType: string): Codec | undefined {
  const found = codecs.filter((codec) => codec.mimeType.toLowerCase() === mimeType.toLowerCase());
  const usual = found.find(
    ({ parameters }) =>
      parameters?.['packetization-mode'] === 1 &&
      String(parameters['profile-level-id']).toLowerCase().startsWith('42'),
  );
  return usual ?? found[0];
}

function codecParameters({ kind, mimeType, parameters = {} }: Codec): Record<string, unknown> {
  if (kind === 'audio') return { minptime: 10, useinbandfec: 1 };
  if (!mimeType.toLowerCase().endsWith('/h264')) return {};
  const names = ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed'];
  return Object.fromEntries(names.flatMap((name) => (name in parameters ? [[name, parameters[name]]] : [])));
}

/** By rid where the router has both elements for it, as Chrome does; by SSRC elsewhere. */
function namedSources(
  sources: readonly OutgoingSource[],
  extensions: readonly { readonly name: ExtensionName }[],
): NamedSource[] {
  const has = (wanted: ExtensionName): boolean => extensions.some(({ name }) => name === wanted);
  const isNamed = sources.length > 1 && has('rid') && has('rrid');
  return sources.map((source, layer) => ({ ...source, rid: isNamed ? `r${layer}` : null }));
}

/** @throws Error when the router does not have the codec */
export function outgoingStream(router: RtpCapabilities, wish: OutgoingWish): OutgoingStream {
  const { kind, mimeType, mid, cname } = wish;
  const codecs = router.codecs ?? [];
  const media = codecOf(codecs, mimeType);
  const payloadType = media?.preferredPayloadType;
  if (media === undefined || payloadType === undefined) throw new Error(`the SFU has no ${mimeType}`);
  const rtx = rtxOf(codecs, media);
  const rtxPayloadType = rtx?.preferredPayloadType ?? null;
  const offered = sentBy(router, kind);
  const sources = namedSources(wish.sources, offered);
  const isNamed = sources.some(({ rid }) => rid !== null);
  const extensions = offered.filter(({ name }) => isNamed || (name !== 'rid' && name !== 'rrid'));
  const { clockRate, channels } = media;
  const own = codecParameters(media);
  const repair = { mimeType: `${kind}/rtx`, clockRate, parameters: { apt: payloadType } };
  const parameters: RtpParameters = {
    mid,
    codecs: [
      {
        mimeType: media.mimeType,
        payloadType,
        clockRate,
        ...(channels === undefined ? {} : { channels }),
        parameters: own,
        rtcpFeedback: feedbackOf(media),
      },
      ...(rtxPayloadType === null ? [] : [{ ...repair, payloadType: rtxPayloadType }]),
    ],
    headerExtensions: extensions.map(({ uri, preferredId }) => ({ uri, id: preferredId })),
    encodings: sources.map((source) => encodingOf(source, sources.length, rtxPayloadType !== null)),
    rtcp: { cname, reducedSize: true },
  };
  const profile = own['profile-level-id'];
  return {
    kind,
    sources,
    profileLevelId: typeof profile === 'string' ? profile : null,
    payloadType,
    rtxPayloadType,
    clockRate,
    extensions: extensions.map(({ name, preferredId: id }) =>
      name === 'mid' ? { name, id, text: mid } : { name, id },
    ),
    parameters,
  };
}

function encodingOf(
  { ssrc, rtxSsrc, rid }: NamedSource,
  layers: number,
  hasRtx: boolean,
): NonNullable<RtpParameters['encodings']>[number] {
  const who =
    rid === null ? { ssrc, ...(rtxSsrc === null || !hasRtx ? {} : { rtx: { ssrc: rtxSsrc } }) } : { rid };
  return { ...who, ...(layers > 1 ? { scalabilityMode: 'L1T1' } : {}) };
}

/** What arrives for a consumer. */
export interface IncomingStream {
  readonly consumer: string;
  readonly producer: string;
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  /** What its payload is read as, to tell key frames from others; absent where nobody reads it. */
  readonly readable?: ReadableCodec;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly nack: boolean;
  readonly pli: boolean;
  /** Id of transport-wide-cc's element; null where it was not negotiated. */
  readonly transportSequenceId: number | null;
  /** Id of abs-capture-time's element; null where it was not negotiated. */
  readonly captureTimeId: number | null;
}

const readableCodecs: Readonly<Record<string, ReadableCodec>> = { 'video/vp8': 'VP8', 'video/h264': 'H264' };

/** @throws Error when the offer is not one of a stream that we can receive */
export function incomingStream(offer: ConsumerOffer): IncomingStream {
  const { codecs, encodings = [], headerExtensions = [] } = offer.rtpParameters;
  const media = codecs.find(({ mimeType }) => !mimeType.toLowerCase().endsWith('/rtx'));
  const rtx = codecs.find(({ mimeType }) => mimeType.toLowerCase().endsWith('/rtx'));
  const [encoding] = encodings;
  if (media === undefined || encoding?.ssrc === undefined)
    throw new Error('the offered stream has no codec or no SSRC');
  const has = (type: string, parameter = ''): boolean =>
    media.rtcpFeedback?.some((each) => each.type === type && (each.parameter ?? '') === parameter) ?? false;
  const idOf = (name: ExtensionName): number | null =>
    headerExtensions.find(({ uri }) => uri === extensionUris[name])?.id ?? null;
  const readable = readableCodecs[media.mimeType.toLowerCase()];
  return {
    consumer: offer.id,
    producer: offer.producerId,
    kind: offer.kind,
    mimeType: media.mimeType,
    ssrc: encoding.ssrc,
    payloadType: media.payloadType,
    clockRate: media.clockRate,
    ...(readable === undefined ? {} : { readable }),
    rtxSsrc: encoding.rtx?.ssrc ?? null,
    rtxPayloadType: rtx?.payloadType ?? null,
    nack: has('nack'),
    pli: has('nack', 'pli'),
    transportSequenceId: idOf('transportSequence'),
    captureTimeId: idOf('absCaptureTime'),
  };
}
