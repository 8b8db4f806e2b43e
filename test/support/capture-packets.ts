/**
 * Captures what Chromium and mediasoup put on the wire, for tests of the parsers: `node test/support/capture-packets.ts`.
 * Of each form of packet the first is kept: opened, as it was under SRTP, and with what werift reads in it. Run it by
 * hand only, and format the files that it writes to `test/vectors/captured-*.ts`.
 */
import { writeFileSync } from 'node:fs';
import { captureChromium } from './capture/chromium.ts';
import { captureMediasoup } from './capture/mediasoup.ts';
import type { Captured, CaptureFile } from './capture/reading.ts';

function lines(packets: readonly Captured<unknown>[]): string {
  return packets.map((packet) => JSON.stringify(packet)).join(',\n');
}

function save(name: string, about: string, { sender, srtp, rtp, rtcp, stun, dtls }: CaptureFile): void {
  const text = `/** ${about}, captured by test/support/capture-packets.ts. */
import type { CaptureFile } from '../support/capture/reading.ts';

export const captured: CaptureFile = {
  sender: '${sender}',
  srtp: ${JSON.stringify(srtp)},
  rtp: [${lines(rtp)}],
  rtcp: [${lines(rtcp)}],
  stun: [${lines(stun)}],
  dtls: ${JSON.stringify(dtls)},
};
`;
  const file = new URL(`../vectors/captured-${name}.ts`, import.meta.url);
  writeFileSync(file, text);
  process.stdout.write(
    `${file.pathname}: ${rtp.length + rtcp.length + stun.length + dtls.length} datagrams\n`,
  );
}

const [toReceiver, toPublisher] = await captureMediasoup();
if (toReceiver === undefined || toPublisher === undefined) throw new Error('no transports');
save('mediasoup-media', 'What a mediasoup worker sends to a receiver', toReceiver);
save('mediasoup-feedback', 'What a mediasoup worker sends to a publisher', toPublisher);
save(
  'chromium',
  'What Chromium sends to an ICE-Lite peer with transport-cc',
  await captureChromium('modern'),
);
save(
  'chromium-remb',
  'What Chromium sends to a full ICE peer with REMB and XR',
  await captureChromium('old'),
);
process.exit();
