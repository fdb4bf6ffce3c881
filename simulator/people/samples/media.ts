import { type ExampleName, MIME_TYPES } from '../../media/examples.ts';
import type { Sample, SampleFacts } from './facts.ts';

const SHA256 = 'aG93IG11Y2ggd29vZCB3b3VsZCBhIHdvb2RjaHVjayE=';

function file(
  facts: SampleFacts,
  name: ExampleName,
  extra: Record<string, unknown> = {},
): Record<string, unknown> {
  if (facts.upload !== undefined) return { ...extra, ...facts.upload(name) };
  const id = facts.ids.mediaId();
  const url = `https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=${id}`;
  return { ...extra, mime_type: MIME_TYPES[name], sha256: SHA256, id, url };
}

/** Files (Cloud API: webhooks, image, video, audio, document, sticker messages). */
export const mediaSamples = {
  image: (facts) => ({ type: 'image', image: file(facts, 'photo', { caption: 'הקבלה שלי' }) }),
  image_without_link: (facts) => ({ type: 'image', image: { ...file(facts, 'photo'), url: undefined } }),
  video: (facts) => ({ type: 'video', video: file(facts, 'video', { caption: 'Look at this!' }) }),
  audio: (facts) => ({ type: 'audio', audio: file(facts, 'voice', { voice: true }) }),
  audio_file: (facts) => ({ type: 'audio', audio: file(facts, 'voice', { voice: false }) }),
  document: (facts) => ({
    type: 'document',
    document: file(facts, 'document', { filename: 'invoice 12/2026.pdf', caption: 'חשבונית' }),
  }),
  sticker: (facts) => ({ type: 'sticker', sticker: file(facts, 'sticker', { animated: false }) }),
} as const satisfies Record<string, Sample>;
