/** A file of a business on its way to WhatsApp: looked at whole before WhatsApp gets it, sealed while it waits. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import { Busboy, type BusboyHeaders } from '@fastify/busboy';

import type { Context } from '../context.ts';
import { notFound, Reject, Retry } from '../ops/errors.ts';
import { Channels } from '../tenants/model.ts';
import { classify } from '../whatsapp/errors.ts';
import { failureText } from '../whatsapp/failure-reasons.ts';
import type { MediaClient } from '../whatsapp/media.ts';
import { kindOf, LARGEST_UPLOAD, type MediaKind, plainMime } from '../whatsapp/media-types.ts';
import { checkFile, refused } from './acceptable.ts';
import { tokenOf } from './fetch.ts';
import { Ffmpeg, NotConvertedError } from './ffmpeg.ts';
import { withoutNotes } from './metadata.ts';
import { mimeOf, opusChannels } from './sniff.ts';
import { bytesOf, type Draft, draftOf, readDraft, TooLargeError } from './vault.ts';

export interface Uploading {
  tenantId: string;
  channelId: string;
  /** The request whose body is the file, or a form with it. */
  request: IncomingMessage;
  /** Make it what WhatsApp shows as a voice message. */
  voice: boolean;
}

export interface Uploaded {
  id: string;
  kind: MediaKind;
  mime: string;
  size: number;
}

interface Tools {
  client: MediaClient;
  ffmpeg: Ffmpeg | undefined;
}

/**
 * Uploads to WhatsApp what passes its limits. Runs in the tenant's scope.
 * @throws Reject (404, 413, 415, 422) that names the limit; Retry when WhatsApp does not answer
 */
export async function uploadMedia(ctx: Context, tools: Tools, uploading: Uploading): Promise<Uploaded> {
  const { tenantId, channelId, request, voice } = uploading;
  const channel = await ctx.store.batches.find(Channels, tenantId, channelId);
  if (!channel) throw notFound('channel');
  const draft = await receivedFile(ctx, tenantId, request);
  let final = draft;
  try {
    if (draft.size === 0) throw refused('file', 'The file is empty.');
    if (voice) final = await asVoice(ctx, tools, draft);
    checkFile(final);
    final = await asBarePicture(ctx, final);
    const kind = checkFile(final);
    const { mime, size } = final;
    const { phoneNumberId } = channel;
    const token = await tokenOf(ctx, channel);
    const answer = await tools.client.upload({ token, phoneNumberId, mime, size, content: readDraft(final) });
    const fields = { tenantId, channelId, kind, bytes: size, outcome: answer.kind };
    ctx.log.info(fields, 'media.uploaded');
    if (answer.kind === 'uploaded') return { id: answer.id, kind, mime, size };
    if (answer.kind === 'unknown') throw new Retry('WhatsApp did not answer an upload.');
    const rule = classify(answer.code, answer.httpStatus);
    if (rule.action === 'retry') throw new Retry('WhatsApp takes no uploads now.');
    throw new Reject(422, 'media-refused', `${failureText(rule.reason).detail} (code ${answer.code})`);
  } finally {
    await Promise.all([draft.remove(), final.remove()]);
  }
}

/** A draft whose type was seen. */
export interface SeenFile extends Draft {
  mime: string;
}

/** Nobody keeps its key: when the process dies, the draft can't be read any more. */
async function drafted(
  ctx: Context,
  tenantId: string,
  source: AsyncIterable<Uint8Array>,
  said: string,
): Promise<SeenFile> {
  const key = { id: ctx.random.bytes(16).toString('hex'), secret: ctx.random.bytes(32) };
  const place = { tenantId, collection: 'uploads', id: key.id, field: 'file' };
  const kind = kindOf(plainMime(said));
  try {
    const draft = await draftOf(ctx, source, { key, place, limit: LARGEST_UPLOAD });
    return { ...draft, mime: await mimeOf(draft.head, said) };
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    const what = kind === 'document' || kind === undefined ? 'A file' : `A file (${kind})`;
    throw new Reject(413, 'media-too-large', `${what} may have at most 100 MB (100,000,000 bytes).`);
  }
}

async function receivedFile(ctx: Context, tenantId: string, request: IncomingMessage): Promise<SeenFile> {
  const said = request.headers['content-type'] ?? '';
  if (plainMime(said) !== 'multipart/form-data') return drafted(ctx, tenantId, request, said);
  return fileOfForm(ctx, tenantId, request);
}

/** The form's first file; other fields are nobody's business here. */
function fileOfForm(ctx: Context, tenantId: string, request: IncomingMessage): Promise<SeenFile> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      request.unpipe();
      request.resume();
      reject(error instanceof Error ? error : new Error('The form could not be read.', { cause: error }));
    };
    const broken = () => fail(new Reject(400, 'malformed-form', 'The body is not a whole multipart form.'));
    try {
      const form = new Busboy({
        headers: request.headers as BusboyHeaders,
        limits: { files: 1, fields: 20, fieldSize: 10_000, fileSize: LARGEST_UPLOAD + 1 },
      });
      let found = false;
      form.on('file', (_field, file, _name, _encoding, said) => {
        found = true;
        drafted(ctx, tenantId, Readable.from(file, { objectMode: false }), said).then(resolve, fail);
      });
      form.on('error', broken);
      form.on('finish', () => {
        if (!found) fail(refused('file', 'The form has no file; send it as the field `file`.'));
      });
      request.on('aborted', broken);
      request.pipe(form);
    } catch {
      broken(); // no boundary
    }
  });
}

/** A picture without what the camera noted in it. */
async function asBarePicture(ctx: Context, draft: SeenFile): Promise<SeenFile> {
  const bare = await withoutNotes(draft.mime, () => bytesOf(readDraft(draft)));
  if (!bare) return draft;
  const made = await drafted(ctx, draft.place.tenantId, Readable.from([bare]), draft.mime);
  await draft.remove();
  return made;
}

/** What a browser recorded as OGG with OPUS in one channel; what is that already stays as it is. */
async function asVoice(ctx: Context, { ffmpeg }: Tools, draft: SeenFile): Promise<SeenFile> {
  if (opusChannels(draft.head) === 1) return draft;
  if (!Ffmpeg.reads(draft.mime)) {
    throw refused('file', `A voice message can’t be made of ${draft.mime}; send a recording.`);
  }
  if (draft.size > 16_000_000) {
    throw new Reject(413, 'media-too-large', 'A recording may have at most 16 MB (16,000,000 bytes).');
  }
  if (!ffmpeg) {
    const how = 'send OGG with OPUS in one channel, or have ffmpeg installed (FFMPEG)';
    throw new Reject(422, 'media-not-converted', `This installation has no ffmpeg: ${how}.`);
  }
  try {
    const made = await ffmpeg.convert(await bytesOf(readDraft(draft)), draft.mime, 'voice');
    return await drafted(ctx, draft.place.tenantId, Readable.from([made]), 'audio/ogg');
  } catch (error) {
    if (!(error instanceof NotConvertedError)) throw error;
    throw new Reject(422, 'media-not-converted', 'No voice message could be made of these bytes.');
  }
}
