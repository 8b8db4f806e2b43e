/** Demultiplexing, RTP header, extensions, padding, RTX. */
import { protocolOf } from '../../../bots/engine/demultiplex.ts';
import { extensionLength, extensionText, findExtension } from '../../../bots/engine/rtp/extension.ts';
import { parseRtp, RtpHeader, takePadding } from '../../../bots/engine/rtp/header.ts';
import { originalSequence } from '../../../bots/engine/rtp/rtx.ts';
import { captured as chromium } from '../../vectors/captured-chromium.ts';
import { captured as mediasoup } from '../../vectors/captured-mediasoup-media.ts';
import { fromHex } from '../../vectors/hex.ts';
import type { Target } from '../mutate.ts';

const header = new RtpHeader();

export const rtp: Target = {
  name: 'rtp',
  seeds: [
    fromHex('b2e0fffefffffffdfffffffc0000000100000002bede000110aa000001020302'),
    fromHex('90e0000100000002000000031000000301000201bb00030401020304aabbccdd'),
    fromHex('906f12345678abcddeadbeefbede000232aabbcc411234900b0102030405060708'),
    ...[...chromium.rtp, ...mediasoup.rtp].map(({ hex }) => fromHex(hex)),
  ],
  run(bytes, at, length) {
    const parsed = parseRtp(header, bytes, at, length);
    let digest = protocolOf(bytes, at, length) * 1000 + parsed;
    if (parsed < 0) return digest;
    for (let id = 0; id < 20; id += 1) {
      const found = findExtension(header, bytes, id);
      if (found < 0) continue;
      digest += found + extensionLength(header, bytes, found) + extensionText(header, bytes, found).length;
    }
    digest += takePadding(header, bytes) + header.payloadLength;
    return digest + originalSequence(header, bytes);
  },
};
