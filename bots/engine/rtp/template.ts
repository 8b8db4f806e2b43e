/**
 * RFC 3550 §5.1 and RFC 8285: a stream's RTP header written once, with every negotiated extension in its place, so
 * that a packet costs one copy and a few patched bytes. Elements of more than 16 bytes make all of them two-byte ones.
 */
import { copyBytes, writeUint16, writeUint32 } from '../bytes.ts';
import { type ExtensionName, extensionLengths } from './extension-values.ts';
import { rtpHeaderLength } from './header.ts';

export interface TemplateExtension {
  readonly name: ExtensionName;
  /** The negotiated id: 1–14, or up to 255 in the two-byte form. */
  readonly id: number;
  /** The text of mid, rid, rrid. */
  readonly text?: string;
}

export interface StreamHeader {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly extensions: readonly TemplateExtension[];
}

/** Offsets count from the packet's first byte; −1 where the extension was not negotiated. */
export interface RtpTemplate {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly ssrc: number;
  readonly transportSequenceAt: number;
  readonly absSendTimeAt: number;
  readonly audioLevelAt: number;
  readonly absCaptureTimeAt: number;
}

function valueLength({ name, text }: TemplateExtension): number {
  if (name === 'mid' || name === 'rid' || name === 'rrid') return text?.length ?? 0;
  return extensionLengths[name];
}

/** Extensions without a value (a mid without text) are left out. */
export function createRtpTemplate(stream: StreamHeader): RtpTemplate {
  const elements = stream.extensions.filter((element) => valueLength(element) > 0);
  const long = elements.some((element) => valueLength(element) > 16 || element.id > 14);
  const head = long ? 2 : 1;
  const used = elements.reduce((sum, element) => sum + head + valueLength(element), 0);
  const padded = Math.ceil(used / 4) * 4;
  const length = elements.length === 0 ? rtpHeaderLength : rtpHeaderLength + 4 + padded;
  const bytes = new Uint8Array(length);
  const places: Partial<Record<ExtensionName, number>> = {};
  bytes[0] = elements.length === 0 ? 0x80 : 0x90;
  bytes[1] = stream.payloadType & 0x7f;
  writeUint32(bytes, 8, stream.ssrc);
  let at: number = rtpHeaderLength;
  if (elements.length > 0) {
    writeUint16(bytes, at, long ? 0x1000 : 0xbede);
    writeUint16(bytes, at + 2, padded / 4);
    at += 4;
  }
  for (const element of elements) {
    const size = valueLength(element);
    bytes[at] = long ? element.id : (element.id << 4) | (size - 1);
    if (long) bytes[at + 1] = size;
    at += head;
    places[element.name] = at;
    for (let index = 0; index < (element.text?.length ?? 0); index += 1) {
      bytes[at + index] = element.text?.charCodeAt(index) ?? 0;
    }
    at += size;
  }
  return {
    bytes,
    length,
    ssrc: stream.ssrc,
    transportSequenceAt: places.transportSequence ?? -1,
    absSendTimeAt: places.absSendTime ?? -1,
    audioLevelAt: places.audioLevel ?? -1,
    absCaptureTimeAt: places.absCaptureTime ?? -1,
  };
}

/** Writes the header at `at`; returns its length. Extension values are patched in by the caller. */
export function writeRtp(
  template: RtpTemplate,
  bytes: Uint8Array,
  at: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
): number {
  copyBytes(template.bytes, 0, bytes, at, template.length);
  if (marker) bytes[at + 1] = (template.bytes[1] as number) | 0x80;
  writeUint16(bytes, at + 2, sequence);
  writeUint32(bytes, at + 4, timestamp);
  return template.length;
}
