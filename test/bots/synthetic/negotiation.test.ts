/** Our parameters, as mediasoup's own negotiation takes them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  canConsume,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getProducerRtpParametersMapping,
} from 'mediasoup/ortc';
import type { RtpCapabilities as RouterCapabilities } from 'mediasoup/types';
import type { MediaKind } from '../../../bots/bot.ts';
import type { ConsumerOffer, RtpCapabilities, RtpParameters } from '../../../bots/signaling/signaling.ts';
import {
  incomingStream,
  type OutgoingStream,
  outgoingStream,
  receiverCapabilities,
} from '../../../bots/synthetic/negotiation.ts';
import { routerCodecs } from '../../../harness/targets/mediasoup/codecs.ts';

const router = generateRouterRtpCapabilities([...routerCodecs]);
const offered = router as unknown as RtpCapabilities;
const ours = receiverCapabilities(offered, 'chrome');

function outgoing(kind: MediaKind, sources = [{ ssrc: 1111, rtxSsrc: 2222 }]): OutgoingStream {
  const mimeType = kind === 'audio' ? 'audio/opus' : 'video/VP8';
  return outgoingStream(offered, {
    kind,
    mimeType,
    mid: kind === 'audio' ? '0' : '1',
    cname: 'bot',
    sources,
  });
}

/** What mediasoup makes a consumer of ours receive of a producer of ours. */
function consumed(kind: MediaKind, capabilities = ours): RtpParameters {
  const { parameters } = outgoing(kind);
  const given = parameters as unknown as Parameters<typeof getProducerRtpParametersMapping>[0];
  const mapping = getProducerRtpParametersMapping(given, router);
  const consumable = getConsumableRtpParameters(kind, given, router, mapping);
  const remote = capabilities as unknown as RouterCapabilities;
  assert.ok(canConsume(consumable, remote));
  return getConsumerRtpParameters({
    consumableRtpParameters: consumable,
    remoteRtpCapabilities: remote,
    pipe: false,
    enableRtx: true,
  }) as unknown as RtpParameters;
}

function offer(kind: MediaKind, capabilities = ours): ConsumerOffer {
  const rtpParameters = consumed(kind, capabilities);
  return { id: 'c', producerId: 'p', peer: 'other', kind, rtpParameters, paused: false };
}

describe('negotiation', () => {
  it('leaves the SFU nothing to estimate and to repeat without feedback, but key frames to ask for', () => {
    const cheap = receiverCapabilities(offered, 'none');
    for (const kind of ['audio', 'video'] as const) {
      const { codecs, headerExtensions = [] } = consumed(kind, cheap);
      const feedback = codecs.flatMap(({ rtcpFeedback = [] }) => rtcpFeedback);
      const words = feedback.map(({ type, parameter }) => `${type} ${parameter ?? ''}`);
      assert.deepEqual(words, kind === 'audio' ? [] : ['nack pli', 'ccm fir']);
      assert.ok(!headerExtensions.some(({ uri }) => uri.includes('transport-wide-cc')));
      const incoming = incomingStream(offer(kind, cheap));
      const { nack, pli, transportSequenceId, rtxSsrc } = incoming;
      assert.deepEqual([nack, pli, transportSequenceId, rtxSsrc], [false, kind === 'video', null, null]);
    }
  });

  it('knows of the router’s codecs what a browser knows', () => {
    const names = (ours.codecs ?? []).map(({ mimeType }) => mimeType);
    assert.deepEqual(
      new Set(names),
      new Set(['audio/opus', 'video/VP8', 'video/VP9', 'video/H264', 'video/rtx']),
    );
    const uris = new Set((ours.headerExtensions ?? []).map(({ uri }) => uri.split(/[:/]/).at(-1)));
    assert.deepEqual(
      [...uris].sort((a = '', b = '') => a.localeCompare(b)),
      [
        'abs-capture-time',
        'abs-send-time',
        'draft-holmer-rmcat-transport-wide-cc-extensions-01',
        'mid',
        'ssrc-audio-level',
      ],
    );
    const feedback = ours.codecs?.find(({ mimeType }) => mimeType === 'video/VP8')?.rtcpFeedback ?? [];
    assert.deepEqual(
      feedback.map(({ type, parameter }) => `${type} ${parameter}`.trim()),
      ['nack', 'nack pli', 'ccm fir', 'goog-remb', 'transport-cc'],
    );
  });

  it('has parameters that the router takes, in its own numbers', () => {
    const { payloadType, rtxPayloadType, extensions } = outgoing('video');
    const vp8 = router.codecs?.find(({ mimeType }) => mimeType === 'video/VP8');
    assert.equal(payloadType, vp8?.preferredPayloadType);
    assert.equal(rtxPayloadType, payloadType + 1);
    assert.deepEqual(
      extensions.map(({ name, text }) => [name, text]),
      [
        ['mid', '1'],
        ['absSendTime', undefined],
        ['transportSequence', undefined],
        ['absCaptureTime', undefined],
      ],
    );
    assert.ok(outgoing('audio').extensions.some(({ name }) => name === 'audioLevel'));
    assert.equal(outgoing('audio').rtxPayloadType, null);
    assert.throws(
      () =>
        outgoingStream(
          { codecs: [] },
          { kind: 'video', mimeType: 'video/VP8', mid: '0', cname: '', sources: [] },
        ),
      /no video\/VP8/,
    );
  });

  it('reads what a consumer is to receive', () => {
    const video = incomingStream(offer('video'));
    assert.equal(video.payloadType, outgoing('video').payloadType);
    assert.deepEqual([video.clockRate, video.readable], [90_000, 'VP8']);
    assert.ok(video.rtxSsrc !== null && video.rtxPayloadType !== null && video.nack && video.pli);
    assert.ok(video.transportSequenceId !== null);
    const audio = incomingStream(offer('audio'));
    assert.deepEqual([audio.rtxSsrc, audio.pli, audio.clockRate], [null, false, 48_000]);
    assert.ok(!('readable' in audio));
    assert.throws(
      () => incomingStream({ ...offer('audio'), rtpParameters: { codecs: [] } }),
      /no codec or no SSRC/,
    );
  });

  it('names the layers of simulcast by rid, and by their SSRCs where the router knows no rid', () => {
    const sources = [1, 2, 3].map((ssrc) => ({ ssrc, rtxSsrc: ssrc + 10 }));
    const { parameters, extensions, sources: named } = outgoing('video', sources);
    const mapping = getProducerRtpParametersMapping(parameters, router);
    assert.deepEqual(
      mapping.encodings.map(({ rid, ssrc }) => [rid, ssrc]),
      ['r0', 'r1', 'r2'].map((rid) => [rid, undefined]),
    );
    assert.deepEqual(
      named.map(({ rid }) => rid),
      ['r0', 'r1', 'r2'],
    );
    assert.deepEqual(extensions.map(({ name }) => name).slice(0, 3), ['mid', 'rid', 'rrid']);
    const headerExtensions = (offered.headerExtensions ?? []).filter(({ uri }) => !uri.endsWith('stream-id'));
    const wish = { kind: 'video', mimeType: 'video/VP8', mid: '1', cname: 'bot', sources } as const;
    const plain = outgoingStream({ ...offered, headerExtensions }, wish).parameters;
    assert.equal(getProducerRtpParametersMapping(plain, router).encodings.length, 3);
    assert.deepEqual(
      plain.encodings?.map(({ rid, ssrc, rtx }) => [rid, ssrc, rtx?.ssrc]),
      [
        [undefined, 1, 11],
        [undefined, 2, 12],
        [undefined, 3, 13],
      ],
    );
  });

  it('takes H264 in the profile that every browser has, and the router takes it', () => {
    const sources = [{ ssrc: 1, rtxSsrc: 2 }];
    const wish = { kind: 'video', mimeType: 'video/H264', mid: '1', cname: 'bot', sources } as const;
    const { profileLevelId, parameters, payloadType } = outgoingStream(offered, wish);
    assert.equal(profileLevelId, '42e01f');
    const { codecs } = getProducerRtpParametersMapping(parameters, router);
    assert.deepEqual(codecs[0], { payloadType, mappedPayloadType: payloadType });
    assert.equal(outgoing('video').profileLevelId, null);
  });
});
