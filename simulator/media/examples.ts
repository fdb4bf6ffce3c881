import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files that a client of the simulator can send. */
export type ExampleName = 'photo' | 'video' | 'voice' | 'document' | 'sticker';

export const MIME_TYPES: Record<ExampleName, string> = {
  photo: 'image/jpeg',
  video: 'video/mp4',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

/** A landscape, a second of it as H.264, and a smile; drawn for this simulator. */
const stored = JSON.parse(readFileSync(join(import.meta.dirname, 'examples.json'), 'utf8')) as Record<
  'photo' | 'video' | 'sticker',
  string
>;

/** The bytes of an example. */
export function exampleBytes(name: ExampleName): Buffer {
  if (name === 'voice') return silence(3);
  if (name === 'document') return onePage('Invoice 12/2026');
  return Buffer.from(stored[name], 'base64');
}

/** A PDF of one page with one line of ASCII text. */
function onePage(line: string): Buffer {
  const stream = `BT /F1 24 Tf 72 760 Td (${line}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}`, 'ascii');
}

const RATE = 48_000;
/** One Opus packet of 20 ms in which nothing is heard. */
const SILENT_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);
const PACKETS_A_SECOND = 50;

/** A voice note of so many seconds (at most 5): Ogg with Opus, mono, as WhatsApp records it. */
function silence(seconds: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'ascii');
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt32LE(RATE, 12);
  const tags = Buffer.alloc(16);
  tags.write('OpusTags', 'ascii');
  const packets = Array.from({ length: seconds * PACKETS_A_SECOND }, () => SILENT_PACKET);
  return Buffer.concat([
    oggPage(0x02, 0, 0, [head]),
    oggPage(0x00, 0, 1, [tags]),
    oggPage(0x04, seconds * RATE, 2, packets),
  ]);
}

/** One page (RFC 3533); each packet shorter than 255 bytes, at most 255 of them. */
function oggPage(kind: number, position: number, number: number, packets: Buffer[]): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS', 'ascii');
  header.writeUInt8(kind, 5);
  header.writeBigUInt64LE(BigInt(position), 6);
  header.writeUInt32LE(1, 14);
  header.writeUInt32LE(number, 18);
  header.writeUInt8(packets.length, 26);
  const page = Buffer.concat([header, Buffer.from(packets.map(({ length }) => length)), ...packets]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

function oggChecksum(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
