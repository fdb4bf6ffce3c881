/** Small files of each type, made here. */
import { accessSync, chmodSync, constants } from 'node:fs';

import ffmpeg from '@ffmpeg-installer/ffmpeg';
import sharp from 'sharp';

/** An ffmpeg for tests, also on a machine without one. Packages unpack it without the right to run it. */
export function ffmpegPath(): string {
  try {
    accessSync(ffmpeg.path, constants.X_OK);
  } catch {
    chmodSync(ffmpeg.path, 0o755);
  }
  return ffmpeg.path;
}

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 20, g: 140, b: 90 } } });

export const jpeg = (width = 800, height = 600) => plain(width, height).jpeg().toBuffer();
export const png = (width = 40, height = 30) => plain(width, height).png().toBuffer();
export const webp = () => plain(512, 512).webp().toBuffer();

/** A second of a tone: 16 bits, one channel, 8 kHz. */
export function wav(seconds = 1): Buffer {
  const samples = 8_000 * seconds;
  const data = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at += 1) {
    data.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * at) / 8_000)), at * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
