/** REST: uploading a file to send it. */
import { z } from 'zod';

import type { Context } from '../context.ts';
import { guardedLookup, isPublicAddress } from '../endpoints/address.ts';
import { type Route, route } from '../http/route.ts';
import { idParams } from '../http/schemas.ts';
import { openMediaClient } from '../whatsapp/media.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { uploadMedia } from './upload.ts';

const UploadedSchema = z
  .object({
    id: z.string().meta({ description: 'For `image.id`, `document.id`, … of a message. Lives 30 days.' }),
    kind: z.enum(['audio', 'document', 'image', 'sticker', 'video']),
    mime: z.string().meta({ description: 'Of the bytes.' }),
    size: z.int().meta({ description: 'Bytes.' }),
  })
  .meta({ id: 'UploadedMedia' });

export const mediaRoutes: Route[] = [
  route({
    method: 'post',
    path: '/v1/channels/{id}/media',
    summary: 'Upload a file to WhatsApp, to send it from this channel',
    description:
      'The body is the file itself, with its `Content-Type`, or a form with the field `file`. The bytes decide what it is, and are looked at before WhatsApp gets them: audio 16 MB (AAC, AMR, MP3, MP4, OGG with OPUS in one channel), documents 100 MB (text, PDF, Word, Excel, PowerPoint), images 5 MB (JPEG, PNG of 8 bits), stickers 100 kB or moving 500 kB (WebP), video 16 MB (MP4, 3GP). `voice=true` makes a voice message of a recording.',
    scope: 'messages:send',
    params: idParams,
    query: z.strictObject({
      voice: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: 'Turn a recording into OGG with OPUS, where it is none. Needs ffmpeg.' }),
    }),
    upload: true,
    response: UploadedSchema,
    status: 201,
    problems: {
      400: '`malformed-form`: no whole multipart form.',
      413: '`media-too-large`: names the limit.',
      415: '`media-type`: WhatsApp takes no such files; names those it takes.',
      422: '`media-refused`, `media-not-converted`: says what is wrong with the file.',
    },
    async handle(ctx, { tenantId, params, query, request }) {
      const uploading = { tenantId, channelId: params.id, request, voice: query.voice === 'true' };
      const client = openMediaClient(ctx.settings, guardedLookup(isPublicAddress));
      try {
        return await uploadMedia(ctx, { client, ffmpeg: await ffmpegOf(ctx, uploading.voice) }, uploading);
      } finally {
        client.close();
      }
    },
  }),
];

/** Looked for each time it is needed, so that one that is installed later is found. */
async function ffmpegOf(ctx: Context, isNeeded: boolean): Promise<Ffmpeg | undefined> {
  return isNeeded ? Ffmpeg.find(ctx.settings.FFMPEG) : undefined;
}
