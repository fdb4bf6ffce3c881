import type { Request, RequestHandler } from 'express';
import express, { Router } from 'express';

import type { MediaFile } from '../media/store.ts';
import { MEDIA_LIFE } from '../media/store.ts';
import type { Simulation } from '../simulation.ts';
import { authorizeNumber, numbersOf, unknownObject } from './authorize.ts';
import { GraphError } from './errors.ts';

const KB = 1_000;
const MB = 1_000 * KB;

/** What a business may upload, and how large (Cloud API: media, supported types). */
const LIMITS: [RegExp, number][] = [
  [/^audio\/(aac|amr|mpeg|mp4|ogg)$/, 16 * MB],
  [/^image\/(jpeg|png)$/, 5 * MB],
  [/^image\/webp$/, 500 * KB],
  [/^video\/(mp4|3gpp)$/, 16 * MB],
  [/^text\/plain$/, 100 * MB],
  [/^application\/(pdf|msword|vnd\.ms-(excel|powerpoint)|vnd\.openxmlformats-officedocument\..+)$/, 100 * MB],
];

interface Upload {
  bytes: Buffer;
  mimeType: string;
}

/** @throws GraphError 100 for what is no upload, a type or a size that is not taken */
async function parseUpload(request: Request): Promise<Upload> {
  const body: unknown = request.body;
  const contentType = request.get('content-type') ?? '';
  if (!Buffer.isBuffer(body) || !contentType.startsWith('multipart/form-data')) {
    throw new GraphError(100, { details: 'Send multipart/form-data with messaging_product, file and type.' });
  }
  const form = await new globalThis.Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  })
    .formData()
    .catch((): never => {
      throw new GraphError(100, { details: 'The multipart body could not be read.' });
    });
  if (form.get('messaging_product') !== 'whatsapp') {
    throw new GraphError(100, { details: '(#100) The parameter messaging_product is required.' });
  }
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new GraphError(100, { details: '(#100) The parameter file is required.' });
  }
  const given = form.get('type');
  const mimeType = (file.type === '' && typeof given === 'string' ? given : file.type).toLowerCase();
  const maximum = LIMITS.find(([type]) => type.test(mimeType.split(';')[0]?.trim() ?? ''))?.[1];
  if (maximum === undefined) {
    throw new GraphError(100, {
      details: `Param file must be of a supported type, not ${mimeType || 'none'}.`,
    });
  }
  const bytes = Buffer.from(await file.arrayBuffer());
  if (bytes.length === 0 || bytes.length > maximum) {
    throw new GraphError(131053, { details: `A file of type ${mimeType} must have 1 to ${maximum} bytes.` });
  }
  return { bytes, mimeType };
}

/** The file of the path for the request's token. @throws GraphError 100 with subcode 33 */
function fileOf({ media, numbers }: Simulation, request: Request<{ id: string }>): MediaFile {
  const file = media.get(request.params.id);
  const wanted = request.query['phone_number_id'];
  const owned = numbersOf(request, numbers).some(
    ({ phoneNumberId }) => phoneNumberId === file?.phoneNumberId,
  );
  if (file === undefined || !owned || (wanted !== undefined && wanted !== file.phoneNumberId)) {
    throw unknownObject(request.params.id);
  }
  return file;
}

/** Upload, look-up and deletion of files: `/{number}/media` and `/{media-id}`. Other ids are left to later routes. */
export function mediaRoutes(simulation: Simulation): Router {
  const { media, numbers, door } = simulation;
  const router = Router();
  const raw = express.raw({ limit: '101mb', type: () => true });

  router.post('/:id/media', raw, async (request: Request<{ id: string }>, response) => {
    const { phoneNumberId } = authorizeNumber(request, numbers, request.params.id);
    const { bytes, mimeType } = await parseUpload(request);
    response.json({ id: media.put(bytes, mimeType, phoneNumberId, MEDIA_LIFE.uploaded).id });
  });

  router.get('/:id', (request: Request<{ id: string }>, response, next) => {
    if (numbers.has(request.params.id) || !media.knows(request.params.id)) return next();
    const file = fileOf(simulation, request);
    response.json({
      messaging_product: 'whatsapp',
      url: `${door.url}/attachments/${media.newLink(file)}`,
      mime_type: file.mimeType,
      sha256: file.sha256.toString('hex'),
      file_size: file.bytes.length,
      id: file.id,
    });
  });

  router.delete('/:id', (request: Request<{ id: string }>, response, next) => {
    if (!media.knows(request.params.id)) return next();
    response.json({ success: media.delete(fileOf(simulation, request).id) });
  });
  return router;
}

/** `GET /attachments/{token}`: the bytes, for a token of the file's number; 404 once the address has run out. */
export function attachments({ media, numbers }: Simulation): RequestHandler<{ token: string }> {
  return (request, response) => {
    const file = media.follow(request.params.token);
    const [scheme, token] = (request.get('authorization') ?? '').split(' ');
    const owner = file === undefined ? undefined : numbers.get(file.phoneNumberId);
    if (scheme?.toLowerCase() !== 'bearer' || (owner !== undefined && owner.accessToken !== token)) {
      response.status(401).end();
    } else if (file === undefined) response.status(404).end();
    else response.type(file.mimeType).send(file.bytes);
  };
}

const MEDIA_TYPES = ['image', 'video', 'audio', 'document', 'sticker'];

/** Checks a media id in a send. @throws GraphError 100 for an id that this number may not use */
export function checkMediaId(
  simulation: Simulation,
  phoneNumberId: string,
  body: Record<string, unknown>,
): void {
  const type = MEDIA_TYPES.find((name) => name === body['type']);
  const payload = type === undefined ? undefined : (body[type] as { id?: string });
  if (payload?.id === undefined) return;
  if (simulation.media.get(payload.id)?.phoneNumberId !== phoneNumberId) {
    const details = `Param ${type}['id'] is not a valid whatsapp business account media attachment ID`;
    throw new GraphError(100, { details });
  }
}
