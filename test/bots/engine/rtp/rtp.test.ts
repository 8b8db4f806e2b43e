/** RTP headers and their extensions: RFC 3550 §5, the examples of RFC 8285, round trips, damage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readUint16, readUint24 } from '../../../../bots/engine/bytes.ts';
import { reason, reasonName } from '../../../../bots/engine/reason.ts';
import {
  extensionEquals,
  extensionLength,
  extensionText,
  findExtension,
} from '../../../../bots/engine/rtp/extension.ts';
import {
  absSendTime,
  absSendTimeDistanceMs,
  compactNtp,
  type ExtensionName,
  readNtpMs,
  writeAbsSendTime,
  writeAudioLevel,
  writeNtp,
} from '../../../../bots/engine/rtp/extension-values.ts';
import { parseRtp, RtpHeader, takePadding } from '../../../../bots/engine/rtp/header.ts';
import { originalSequence } from '../../../../bots/engine/rtp/rtx.ts';
import { createRtpTemplate, writeRtp } from '../../../../bots/engine/rtp/template.ts';
import { fromHex, toHex } from '../../../vectors/hex.ts';

function parsed(bytes: Uint8Array): RtpHeader {
  const header = new RtpHeader();
  assert.ok(parseRtp(header, bytes, 0, bytes.length) > 0);
  return header;
}

function values(bytes: Uint8Array, header: RtpHeader): Record<number, string> {
  const found: Record<number, string> = {};
  for (let id = 0; id < 256; id += 1) {
    const at = findExtension(header, bytes, id);
    if (at >= 0) found[id] = toHex(bytes, at, extensionLength(header, bytes, at));
  }
  return found;
}

const fixed = '80 60 0001 00000002 00000003';
const extended = `90${fixed.slice(2)}`;

describe('RTP header', () => {
  it('reads every field', () => {
    const bytes = fromHex('b2 e0 fffe fffffffd fffffffc 00000001 00000002 bede 0001 10aa0000 0102 0302');
    const header = parsed(bytes);
    assert.deepEqual(Object.fromEntries(Object.entries(header)), {
      marker: true,
      padding: true,
      payloadType: 96,
      sequence: 0xfffe,
      timestampBits: -3,
      ssrcBits: -4,
      arrivalMs: 0.5,
      headerLength: 28,
      extensionForm: 1,
      extensionAt: 24,
      extensionLength: 4,
      payloadAt: 28,
      payloadLength: 4,
    });
    assert.deepEqual([header.timestamp, header.ssrc], [0xfffffffd, 0xfffffffc]);
    assert.equal(takePadding(header, bytes), 2);
    assert.equal(header.payloadLength, 2);
  });

  it('refuses every truncation before the payload', () => {
    const bytes = fromHex('92 60 0001 00000002 00000003 00000001 00000002 bede 0001 10aa0000');
    const header = new RtpHeader();
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(parseRtp(header, bytes, 0, length), reason.truncated, String(length));
    }
    assert.equal(parseRtp(header, bytes, 0, bytes.length), bytes.length);
    assert.equal(parseRtp(header, fromHex('40 60 0001 00000002 00000003'), 0, 12), reason.version);
    assert.equal(reasonName(reason.version), 'version');
    assert.equal(reasonName(0), 'none');
  });

  it('refuses padding that is none, or more than there is', () => {
    for (const payload of ['', '00', '05', '0000000000000009']) {
      const bytes = fromHex(`a0 60 0001 00000002 00000003 ${payload}`);
      assert.equal(takePadding(parsed(bytes), bytes), reason.malformed);
    }
    const whole = fromHex('a0 60 0001 00000002 00000003 00000003');
    const header = parsed(whole.subarray(0, 16));
    assert.equal(takePadding(header, whole), 3);
    assert.equal(header.payloadLength, 1);
  });
});

describe('RFC 8285 examples', () => {
  it('§4.2: one-byte elements with padding between and after', () => {
    const bytes = fromHex(`${extended} bede 0003 10 aa 21 bb cc 00 00 33 01 02 03 04`);
    assert.deepEqual(values(bytes, parsed(bytes)), { 1: 'aa', 2: 'bbcc', 3: '01020304' });
  });

  it('§4.3: two-byte elements, one of them empty', () => {
    const bytes = fromHex(`${extended} 1000 0003 01 00 02 01 bb 00 03 04 01 02 03 04`);
    assert.deepEqual(values(bytes, parsed(bytes)), { 1: '', 2: 'bb', 3: '01020304' });
  });

  it('stops at id 15, at elements that run over the end, and at profiles it does not know', () => {
    for (const [text, expected] of [
      ['bede 0002 10aa f0 00 21 bb cc 00', { 1: 'aa' }],
      ['bede 0001 10aa 2f bb', { 1: 'aa' }],
      ['1000 0001 01 01 aa 02', { 1: 'aa' }],
      ['1000 0001 01 04 aa 02', {}],
      ['2000 0001 10aa 0000', {}],
    ] as const) {
      const bytes = fromHex(`${extended} ${text} ffffffff`);
      assert.deepEqual(values(bytes, parsed(bytes)), expected, text);
    }
  });
});

describe('RTP template', () => {
  const names: readonly ExtensionName[] = [
    'mid',
    'rid',
    'rrid',
    'transportSequence',
    'absSendTime',
    'audioLevel',
    'absCaptureTime',
  ];

  it('writes what the parser reads back, in either form', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...names]),
        fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(0xffff),
        fc.nat(0xffffffff),
        fc.boolean(),
        (chosen, text, firstId, sequence, timestamp, marker) => {
          const extensions = chosen.map((name, index) => ({ name, id: firstId + index, text }));
          const template = createRtpTemplate({ payloadType: 111, ssrc: 0xdeadbeef, extensions });
          const arena = new Uint8Array(300).fill(255);
          const length = writeRtp(template, arena, 9, marker, sequence, timestamp);
          const header = new RtpHeader();
          assert.equal(parseRtp(header, arena, 9, length), length);
          assert.deepEqual(
            [header.marker, header.payloadType, header.sequence, header.timestamp, header.ssrc],
            [marker, 111, sequence, timestamp, 0xdeadbeef],
          );
          for (const { name, id } of extensions) {
            const at = findExtension(header, arena, id);
            assert.ok(at > 0);
            if (name === 'mid') assert.equal(extensionText(header, arena, at), text);
            if (name === 'mid') assert.ok(extensionEquals(header, arena, at, Buffer.from(text)));
            if (name === 'transportSequence') assert.equal(at, 9 + template.transportSequenceAt);
            if (name === 'absSendTime') assert.equal(at, 9 + template.absSendTimeAt);
            if (name === 'absCaptureTime') assert.equal(at, 9 + template.absCaptureTimeAt);
            if (name === 'audioLevel') assert.equal(at, 9 + template.audioLevelAt);
          }
        },
      ),
    );
  });

  it('leaves out what has no value', () => {
    const template = createRtpTemplate({ payloadType: 0, ssrc: 1, extensions: [{ name: 'mid', id: 1 }] });
    assert.equal(template.length, 12);
    assert.equal(template.transportSequenceAt, -1);
  });
});

describe('RTX', () => {
  it('begins with the original’s number; without a payload it is a probe, and half a number is damage', () => {
    for (const [payload, expected] of [
      [[], reason.unexpected],
      [[0x12], reason.truncated],
      [[0x12, 0x34], 0x1234],
      [[0xff, 0xff, 7], 0xffff],
    ] as const) {
      const packet = Uint8Array.of(0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, ...payload);
      assert.equal(originalSequence(parsed(packet), packet), expected);
    }
  });
});

describe('extension values', () => {
  const bytes = new Uint8Array(8);

  it('abs-send-time counts 2^-18 s and wraps after 64 s', () => {
    writeAbsSendTime(bytes, 0, 64_000 + 1500);
    assert.equal(readUint24(bytes, 0), 1.5 * 2 ** 18);
    assert.equal(absSendTimeDistanceMs(absSendTime(63_990), absSendTime(64_010)).toFixed(1), '20.0');
    assert.equal(absSendTimeDistanceMs(absSendTime(64_010), absSendTime(63_990)).toFixed(1), '-20.0');
  });

  it('audio level holds voice activity in its first bit', () => {
    writeAudioLevel(bytes, 0, 127, true);
    assert.equal(bytes[0], 0xff);
    writeAudioLevel(bytes, 0, 5, false);
    assert.equal(bytes[0], 5);
  });

  it('NTP time survives to a microsecond', () => {
    fc.assert(
      fc.property(fc.double({ min: 3.9e12, max: 4.2e12, noNaN: true }), (ntpMs) => {
        writeNtp(bytes, 0, ntpMs);
        assert.ok(Math.abs(readNtpMs(bytes, 0) - ntpMs) < 0.001);
        const middle = readUint16(bytes, 2) * 65_536 + readUint16(bytes, 4);
        assert.ok(Math.abs(compactNtp(ntpMs) - middle) <= 1);
      }),
    );
  });
});
