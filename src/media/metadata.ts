/**
 * What a camera or a program wrote into a picture beside the picture: place, time, device, author, comments. A business
 * sends its clients the picture only. Pictures without such notes stay as they are, byte for byte.
 */
import sharp from 'sharp';

import { refused } from './acceptable.ts';
import { MOST_PIXELS, pictureTurns } from './thumbnail.ts';

/** Of stickers (WebP) nothing is taken: they are drawn, and may move. */
const WITH_NOTES = ['image/jpeg', 'image/png'];
const QUALITY = 92;

/**
 * The picture upright and without notes; undefined when it has none, or is of another type.
 * @throws Reject (422) for bytes that are no picture, or unfold to more than 50 million pixels
 */
export async function withoutNotes(mime: string, read: () => Promise<Buffer>): Promise<Buffer | undefined> {
  if (!WITH_NOTES.includes(mime)) return undefined;
  const bytes = await read();
  return pictureTurns.run(async () => {
    try {
      const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS }).autoOrient().keepIccProfile();
      const { exif, xmp, iptc, comments = [] } = await picture.metadata();
      if (!exif && !xmp && !iptc && comments.length === 0) return undefined;
      return await (mime === 'image/png' ? picture.png() : picture.jpeg({ quality: QUALITY })).toBuffer();
    } catch {
      throw refused('file', 'These bytes can’t be read as a picture, or it has more than 50 million pixels.');
    }
  });
}
