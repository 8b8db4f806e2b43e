/**
 * What Chromium itself puts on the wire: it talks to werift, as the client of ICE and DTLS, sends its camera and its
 * microphone, and receives a cassette with holes. The keys are known at werift's end, so that its SRTP can be opened.
 */
import type { Socket } from 'node:dgram';
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from '../../../bots/chrome/browser.ts';
import { versionOf } from '../../../bots/chrome/browsers.ts';
import { PageServer } from '../../../bots/chrome/page-server.ts';
import { createRtpTemplate, writeRtp } from '../../../bots/engine/rtp/template.ts';
import { srtpProfileOf } from '../../../bots/engine/srtp/profile.ts';
import { videoCassette } from '../../../bots/media/shelf.ts';
import { type SrtpProfile, srtpProfiles } from '../../../bots/synthetic/dtls/secrets.ts';
import { recorded } from '../../../bots/synthetic/material.ts';
import { findInstalledBrowser } from '../../../harness/setup/installed.js';
import { smallVideo } from '../bot-specs.ts';
import type { CaptureFile } from './reading.ts';
import { Sorter } from './sorting.ts';
import { type WeriftPeer, werift } from './werift.ts';

const seconds = 8;
/** Packets that are missing, of so many: neighbours, so that a NACK names several. */
const missing: readonly number[] = [0, 2, 3];
const missingOf = 19;

/** Runs in the page: takes the offer, and answers it with a camera and a microphone. */
async function answer(offer: string): Promise<string> {
  const media = { audio: true, video: { width: 320, height: 180 } };
  const stream = await navigator.mediaDevices.getUserMedia(media);
  const peer = new RTCPeerConnection();
  Object.assign(globalThis, { peer });
  await peer.setRemoteDescription({ type: 'offer', sdp: offer });
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  await peer.setLocalDescription(await peer.createAnswer());
  while (peer.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20));
  return peer.localDescription?.sdp ?? '';
}

/** Frames of a cassette from its second on, until a key frame is asked for; some packets are missing. */
async function play(write: (packet: Buffer) => void, isAsked: () => boolean): Promise<void> {
  const cassette = videoCassette(smallVideo);
  const template = createRtpTemplate({ payloadType: 96, ssrc: 1, extensions: [] });
  const material = recorded(cassette);
  const arena = Buffer.alloc(2000);
  let sequence = 100;
  let unit = 1;
  for (let frame = 0; frame < seconds * cassette.rate; frame += 1) {
    if (unit < 40 && isAsked()) unit = 0;
    const packets = material.packetsOf(unit, 400);
    for (let packet = 0; packet < packets; packet += 1) {
      const head = writeRtp(template, arena, 0, packet === packets - 1, sequence, frame * 6000);
      const size = material.write(arena, head, unit, packet, packets, frame);
      if (!missing.includes(sequence % missingOf)) write(Buffer.from(arena.subarray(0, head + size)));
      sequence += 1;
    }
    unit = unit === 0 || !isAsked() ? unit + 1 : (unit + 1) % cassette.count;
    await sleep(1000 / cassette.rate);
  }
}

/** What Chrome is told that this end takes as feedback. */
const feedback = {
  modern: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }],
  old: [{ type: 'nack' }, { type: 'ccm', parameter: 'fir' }, { type: 'goog-remb' }, { type: 'rrtr' }],
} as const;
export type FeedbackStyle = keyof typeof feedback;

function createPeer(style: FeedbackStyle): { peer: WeriftPeer; video: { writeRtp(packet: Buffer): void } } {
  const rtcpFeedback = feedback[style];
  const { RTCRtpCodecParameters: Codec, MediaStreamTrack: Track, RTCPeerConnection: Peer } = werift;
  const wide = style === 'modern' ? [werift.useTransportWideCC()] : [];
  const peer = new Peer({
    iceServers: [],
    iceLite: style === 'modern',
    iceUseIpv6: false,
    bundlePolicy: 'max-bundle',
    codecs: {
      audio: [
        new Codec({ mimeType: 'audio/OPUS', clockRate: 48_000, channels: 2, payloadType: 100, rtcpFeedback }),
      ],
      video: [
        new Codec({ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96, rtcpFeedback }),
        new Codec({ mimeType: 'video/rtx', clockRate: 90_000, payloadType: 97, parameters: 'apt=96' }),
      ],
    },
    headerExtensions: {
      audio: [werift.useSdesMid(), ...wide, werift.useAudioLevelIndication()],
      video: [werift.useSdesMid(), ...wide, werift.useAbsSendTime()],
    },
  });
  const video = new Track({ kind: 'video' });
  peer.addTransceiver(new Track({ kind: 'audio' }), { direction: 'sendrecv' });
  peer.addTransceiver(video, { direction: 'sendrecv' });
  return { peer, video };
}

/** Datagrams that this process hears: all of them are Chrome's. */
function listen(): Buffer[] {
  const heard: Buffer[] = [];
  subscribe('udp.socket', (message) => {
    const { socket } = message as { socket: Socket };
    socket.on('message', (datagram) => heard.push(Buffer.from(datagram)));
  });
  return heard;
}

export async function captureChromium(style: FeedbackStyle): Promise<CaptureFile> {
  const found = findInstalledBrowser();
  if (!found) throw new Error('no browser: run the set-up first');
  const heard = listen();
  const server = await PageServer.create();
  const settings = { executablePath: found.path, botsPerBrowser: 1, extraArgs: [] };
  const devices = { size: null, fps: 15, videoFile: null, audioFile: null };
  const browser = await Browser.create(settings, devices);
  try {
    const page = await browser.puppet.newPage();
    await page.goto(server.url);
    const { peer, video } = createPeer(style);
    await peer.setLocalDescription(await peer.createOffer());
    // Toward ICE-Lite, as toward an SFU, Chrome leads and nominates; werift does not say that it is.
    const { sdp: offer } = peer.localDescription;
    const told = style === 'modern' ? offer.replace('t=0 0', 't=0 0\r\na=ice-lite') : offer;
    const sdp = await page.evaluate(answer, told);
    await peer.setRemoteDescription({ type: 'answer', sdp });
    const [transport] = peer.dtlsTransports;
    if (transport === undefined) throw new Error('no transport');
    while (transport.state !== 'connected') await sleep(20);
    const started = heard.length;
    // A picture loss or a full intra request is short; nothing else is asked for in the first seconds.
    const isAsked = (): boolean => heard.length - started > 150;
    await play((packet) => video.writeRtp(packet), isAsked);
    const number = transport.dtls.srtp.srtpProfile as SrtpProfile;
    const profile = srtpProfileOf(number);
    if (profile === null) throw new Error(`SRTP profile ${number}`);
    const lengths = srtpProfiles[number];
    const { remoteKey, remoteSalt } = transport.dtls.extractSessionKeys(lengths.key, lengths.salt);
    const { iceGather, connection } = transport.iceTransport;
    const sorter = new Sorter({ profile, masterKey: remoteKey, masterSalt: remoteSalt }, (type) =>
      type === 1 ? iceGather.localParameters.password : connection.remotePassword,
    );
    for (const datagram of heard) sorter.take(datagram);
    const srtp = {
      profile: number,
      masterKey: remoteKey.toString('hex'),
      masterSalt: remoteSalt.toString('hex'),
    };
    return { sender: await versionOf(found.path), srtp, ...sorter.sorted };
  } finally {
    await browser.close();
    server.close();
  }
}
