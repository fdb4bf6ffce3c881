/** Small pictures of large ones. */
import sharp from 'sharp';

import { AtMost } from './at-most.ts';

/** Longest side, in pixels. */
const SIDE = 480;
const QUALITY = 75;
/** A picture that unfolds to more than this is no photograph of a telephone. */
export const MOST_PIXELS = 50_000_000;
const LONGEST_S = 20;
const AT_ONCE = 1;

/** Types of which thumbnails are made. */
export const PICTURES = ['image/jpeg', 'image/png', 'image/webp'];

// Clients send the bytes: no decoder runs but those of the types above.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
sharp.cache(false);
sharp.concurrency(1);

/** One picture at a time is unfolded in this process. */
export const pictureTurns = new AtMost(AT_ONCE);

/** A WebP of at most 480 pixels a side, upright, without what the camera wrote into the picture. @throws for no picture */
export async function thumbnailOf(bytes: Buffer): Promise<Buffer> {
  return pictureTurns.run(() =>
    sharp(bytes, { limitInputPixels: MOST_PIXELS, sequentialRead: true })
      .timeout({ seconds: LONGEST_S })
      .rotate()
      .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer(),
  );
}
