/**
 * Records the cassettes that synthetic bots play: `node test/support/record-cassettes.ts [name…]`. A page in headless Chrome
 * draws a moving picture and speaks a buzz, and encodes both by WebCodecs: what comes out are real VP8 frames and
 * opus packets. Run it by hand only: the result is in the repository, and every figure that was measured with it.
 */
import { writeFileSync } from 'node:fs';
import { Browser } from '../../bots/chrome/browser.ts';
import { PageServer } from '../../bots/chrome/page-server.ts';
import { type CassetteUnit, formatCassette } from '../../bots/media/cassette.ts';
import { findInstalledBrowser } from '../../harness/setup/installed.js';

interface VideoWish {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateBps: number;
  readonly seconds: number;
  readonly keyFrameSeconds: number;
}

const videos: readonly VideoWish[] = [
  { width: 320, height: 180, fps: 15, bitrateBps: 150_000, seconds: 6, keyFrameSeconds: 3 },
  { width: 320, height: 180, fps: 30, bitrateBps: 150_000, seconds: 6, keyFrameSeconds: 3 },
  { width: 640, height: 360, fps: 30, bitrateBps: 450_000, seconds: 6, keyFrameSeconds: 3 },
  { width: 1280, height: 720, fps: 30, bitrateBps: 1_500_000, seconds: 4, keyFrameSeconds: 2 },
];
/** Those that are to be recorded now; none: all. */
const wanted = process.argv.slice(2);
const audio = { bitrateBps: 32_000, seconds: 4 };

/** Base64, as the page's answers are JSON. */
interface Encoded {
  readonly key: boolean;
  readonly bytes: string;
}

/** Runs in the page. */
async function encodeVideo(wish: VideoWish): Promise<Encoded[]> {
  const { width, height, fps, bitrateBps, seconds, keyFrameSeconds } = wish;
  const units: Encoded[] = [];
  const failures: Error[] = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      units.push({ key: chunk.type === 'key', bytes: btoa(String.fromCharCode(...bytes)) });
    },
    error: (error) => failures.push(error),
  });
  encoder.configure({
    codec: 'vp8',
    width,
    height,
    bitrate: bitrateBps,
    framerate: fps,
    latencyMode: 'realtime',
    bitrateMode: 'constant',
  });
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no canvas');
  const period = seconds * fps;
  for (let frame = 0; frame < period; frame += 1) {
    // Everything comes back to where it was when the cassette loops.
    const turn = (frame / period) * 2 * Math.PI;
    const sky = pen.createLinearGradient(0, 0, width * (1 + Math.cos(turn) / 2), height);
    sky.addColorStop(0, '#1d3557');
    sky.addColorStop(0.5, '#457b9d');
    sky.addColorStop(1, '#f1faee');
    pen.fillStyle = sky;
    pen.fillRect(0, 0, width, height);
    for (let blob = 0; blob < 24; blob += 1) {
      const angle = turn * (1 + (blob % 3)) + blob;
      pen.fillStyle = `hsl(${blob * 15} 70% 50%)`;
      pen.beginPath();
      pen.arc(
        width * (0.5 + 0.4 * Math.cos(angle + blob)),
        height * (0.5 + 0.4 * Math.sin(angle * (1 + (blob % 2)))),
        height * (0.03 + 0.002 * blob),
        0,
        2 * Math.PI,
      );
      pen.fill();
    }
    pen.fillStyle = '#fff';
    pen.font = `${height / 8}px sans-serif`;
    pen.fillText(`${width}×${height} ${String(frame).padStart(3, '0')}`, width / 20, height / 6);
    const timestamp = Math.round((frame * 1e6) / fps);
    const picture = new VideoFrame(canvas, { timestamp, duration: Math.round(1e6 / fps) });
    encoder.encode(picture, { keyFrame: frame % (keyFrameSeconds * fps) === 0 });
    picture.close();
    while (encoder.encodeQueueSize > 2) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await encoder.flush();
  encoder.close();
  if (failures[0] !== undefined) throw failures[0];
  return units;
}

/** Runs in the page. Packets of 20 ms, as WebRTC sends them. */
async function encodeAudio({ bitrateBps, seconds }: typeof audio): Promise<Encoded[]> {
  const units: Encoded[] = [];
  const failures: Error[] = [];
  const rate = 48_000;
  const encoder = new AudioEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      units.push({ key: true, bytes: btoa(String.fromCharCode(...bytes)) });
    },
    error: (error) => failures.push(error),
  });
  encoder.configure({
    codec: 'opus',
    sampleRate: rate,
    numberOfChannels: 1,
    bitrate: bitrateBps,
    opus: { frameDuration: 20_000, application: 'voip' },
  } as AudioEncoderConfig);
  const samples = rate / 50;
  for (let packet = 0; packet < seconds * 50; packet += 1) {
    const data = new Float32Array(samples);
    for (let index = 0; index < samples; index += 1) {
      const t = (packet * samples + index) / rate;
      // A voice: a buzz of moving pitch, in syllables.
      const pitch = 2 * Math.PI * 140 * t + 6 * Math.sin(2 * Math.PI * 0.5 * t);
      const syllable = 0.5 - 0.5 * Math.cos(2 * Math.PI * 4 * t);
      let voice = 0;
      for (let harmonic = 1; harmonic <= 12; harmonic += 1) voice += Math.sin(pitch * harmonic) / harmonic;
      data[index] = 0.15 * syllable * voice;
    }
    const sound = new AudioData({
      format: 'f32',
      sampleRate: rate,
      numberOfFrames: samples,
      numberOfChannels: 1,
      timestamp: packet * 20_000,
      data,
    });
    encoder.encode(sound);
    sound.close();
  }
  await encoder.flush();
  encoder.close();
  if (failures[0] !== undefined) throw failures[0];
  return units;
}

function unitsOf(encoded: readonly Encoded[]): CassetteUnit[] {
  return encoded.map(({ bytes }) => ({ bytes: Buffer.from(bytes, 'base64') }));
}

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

function save(name: string, bytes: Buffer): void {
  writeFileSync(new URL(`../../bots/media/cassettes/${name}.ivf`, import.meta.url), bytes);
  process.stdout.write(`${name}: ${bytes.length} bytes\n`);
}

const found = findInstalledBrowser();
if (!found) throw new Error('no browser: run the set-up first');
const server = await PageServer.create();
const browser = await Browser.create(
  { executablePath: found.path, botsPerBrowser: 1, extraArgs: [] },
  { size: null, fps: null, videoFile: null, audioFile: null },
);
try {
  const page = await browser.puppet.newPage();
  await page.goto(server.url);
  for (const wish of videos) {
    const { width, height, fps } = wish;
    const name = `vp8-${width}x${height}-${fps}`;
    if (!isWanted(name)) continue;
    const units = unitsOf(await page.evaluate(encodeVideo, wish));
    save(name, formatCassette({ codec: 'VP8', width, height, rate: fps, units }));
  }
  if (isWanted('opus')) {
    // The encoder's look-ahead makes one packet more than was spoken.
    const units = unitsOf(await page.evaluate(encodeAudio, audio)).slice(0, audio.seconds * 50);
    save('opus', formatCassette({ codec: 'opus', width: 0, height: 0, rate: 50, units }));
  }
} finally {
  await browser.close();
  server.close();
}
