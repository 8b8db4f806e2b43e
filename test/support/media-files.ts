/** Small media files in the formats that Chrome's fake devices play. */
import { writeFileSync } from 'node:fs';

/** A grey ramp that moves, one second of it. */
export function writeY4m(path: string, width: number, height: number, fps: number): void {
  const parts: Buffer[] = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420\n`)];
  for (let frame = 0; frame < fps; frame += 1) {
    const pixels = Buffer.alloc((width * height * 3) / 2, 128);
    for (let index = 0; index < width * height; index += 1) pixels[index] = (index + frame * 8) & 255;
    parts.push(Buffer.from('FRAME\n'), pixels);
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** One second of a tone of 440 Hz, 48 kHz, mono, 16 bits. */
export function writeWav(path: string): void {
  const samples = 48_000;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(48_000, 24);
  wav.writeUInt32LE(96_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1)
    wav.writeInt16LE(Math.round(Math.sin((index * 440 * 2 * Math.PI) / 48_000) * 8_000), 44 + index * 2);
  writeFileSync(path, wav);
}
