/** Making, changing and deleting templates, and how one looks when filled in. All of it runs in the tenant's scope. */
import type { Context } from '../context.ts';
import { notFound, Reject, Retry } from '../ops/errors.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import type { AccountAnswer } from '../whatsapp/account.ts';
import { classify } from '../whatsapp/errors.ts';
import { failureText } from '../whatsapp/failure-reasons.ts';
import { id, type Json, text } from '../whatsapp/payload/json.ts';
import type { TemplateBody } from '../whatsapp/send/template.ts';
import { faultsOf } from '../whatsapp/templates/check.ts';
import {
  type DefinitionFault,
  definitionFaults,
  type NewTemplate,
  type TemplateChange,
} from '../whatsapp/templates/definition.ts';
import { render, type Rendered } from '../whatsapp/templates/render.ts';
import { shapeOf } from '../whatsapp/templates/shape.ts';
import { type TemplateAccount, withAccount } from './account.ts';
import { type TemplateRow, Templates } from './model.ts';
import { componentsOf, sealComponents, templateId } from './store.ts';

/** @throws Reject (404) */
export async function templateById(ctx: Context, templateRowId: string): Promise<TemplateRow> {
  const row = await ctx.store.model(Templates).findOne({ _id: templateRowId }).lean<TemplateRow>().exec();
  if (!row) throw notFound('template');
  return row;
}

/** @throws Reject (404) */
export async function channelById(ctx: Context, channelId: string): Promise<ChannelRow> {
  const row = await ctx.store.model(Channels).findOne({ _id: channelId }).lean<ChannelRow>().exec();
  if (!row) throw notFound('channel');
  return row;
}

/** Submits a template to the account of a channel. @throws Reject 404, 409, 422 */
export async function createTemplate(
  ctx: Context,
  channelId: string,
  wanted: NewTemplate,
): Promise<TemplateRow> {
  const { tenantId, wabaId } = await channelById(ctx, channelId);
  refuseFaults(definitionFaults(wanted));
  const { name, language } = wanted;
  const _id = await templateId(ctx, tenantId, { wabaId, name, language });
  const known = await ctx.store.batches.find(Templates, tenantId, _id);
  if (known && known.status !== 'DELETED' && known.components) {
    throw new Reject(
      409,
      'template-exists',
      'The account has a template of this name in this language. Edit it, or choose another name.',
    );
  }
  const answer = dataOf(await onAccount(ctx, wabaId, (account) => account.create(wanted)));
  const now = new Date(ctx.clock.now());
  const metaId = id(answer.id);
  const fields = {
    ...(metaId === undefined ? {} : { metaId }),
    category: text(answer.category) ?? wanted.category,
    status: text(answer.status) ?? 'PENDING',
    statusAt: now,
    format: wanted.parameter_format,
    components: await sealComponents(ctx, { _id, tenantId }, wanted.components),
    stale: false,
  };
  await keep(ctx, { _id, tenantId, wabaId, name, language, createdAt: now, ...fields }, now);
  ctx.log.info({ tenantId, channelId, outcome: 'created' }, 'template.submitted');
  return templateById(ctx, _id);
}

/** A webhook may have told of its approval before the answer came; what is newer stays. */
async function keep(ctx: Context, row: TemplateRow, now: Date): Promise<void> {
  if (await ctx.store.batches.insert(Templates, row)) return;
  const { _id, metaId, category, format, components, stale, status, statusAt } = row;
  const fields = { category, format, components, stale, ...(metaId === undefined ? {} : { metaId }) };
  const model = ctx.store.model(Templates);
  await model.updateOne({ _id }, { $set: fields }).exec();
  await model
    .updateOne(
      { _id, $or: [{ statusAt: { $lt: now } }, { status: 'UNKNOWN' }] },
      { $set: { status, statusAt }, $unset: { reason: 1, recommendation: 1 } },
    )
    .exec();
}

/** Submits another content or category. @throws Reject 404, 409, 422 */
export async function editTemplate(
  ctx: Context,
  row: TemplateRow,
  change: TemplateChange,
): Promise<TemplateRow> {
  if (Object.keys(change).length === 0) {
    throw new Reject(422, 'invalid-request', 'Give components, category or message_send_ttl_seconds.');
  }
  const { _id, tenantId, wabaId, metaId, category } = row;
  const known = ['MARKETING', 'UTILITY', 'AUTHENTICATION'].find(
    (one) => one === category,
  ) as TemplateChange['category'];
  refuseFaults(
    definitionFaults({
      category: change.category ?? known,
      parameter_format: row.format,
      components: change.components,
      message_send_ttl_seconds: change.message_send_ttl_seconds,
    }),
  );
  if (change.category !== undefined && change.category !== category && row.status === 'APPROVED') {
    throw new Reject(
      409,
      'template-category-fixed',
      'WhatsApp does not let the category of an approved template be changed. Create another template.',
    );
  }
  if (metaId === undefined) {
    throw new Reject(
      409,
      'template-not-synced',
      'WhatsApp’s id of this template is not known yet. Sync the templates first.',
    );
  }
  dataOf(await onAccount(ctx, wabaId, (account) => account.edit(metaId, change)));
  const now = new Date(ctx.clock.now());
  const { components, category: newCategory } = change;
  await ctx.store
    .model(Templates)
    .updateOne(
      { _id },
      {
        $set: {
          ...(newCategory === undefined ? {} : { category: newCategory }),
          ...(components === undefined
            ? {}
            : { components: await sealComponents(ctx, { _id, tenantId }, components) }),
        },
      },
    )
    .exec();
  // The review's outcome may have come by webhook before this answer.
  await ctx.store
    .model(Templates)
    .updateOne({ _id, statusAt: { $lte: row.statusAt } }, { $set: { status: 'PENDING', statusAt: now } })
    .exec();
  return templateById(ctx, _id);
}

/** Deletes one language of a name at WhatsApp; the row stays as DELETED. @throws Reject 404, 409 */
export async function deleteTemplate(
  ctx: Context,
  { _id, wabaId, name, metaId, status }: TemplateRow,
): Promise<TemplateRow> {
  if (status === 'DELETED') return templateById(ctx, _id);
  if (metaId === undefined) {
    throw new Reject(
      409,
      'template-not-synced',
      'WhatsApp’s id of this template is not known yet. Sync the templates first.',
    );
  }
  dataOf(await onAccount(ctx, wabaId, (account) => account.remove(name, metaId)));
  const $set = { status: 'DELETED', statusAt: new Date(ctx.clock.now()) };
  await ctx.store.model(Templates).updateOne({ _id }, { $set }).exec();
  return templateById(ctx, _id);
}

/** How a template looks with what fills it; what does not fit is told beside. */
export async function previewTemplate(
  ctx: Context,
  row: TemplateRow,
  components: TemplateBody['components'],
): Promise<{ rendered: Rendered; errors: { path: string; message: string }[] }> {
  const definition = await componentsOf(ctx, row);
  if (!definition) {
    throw new Reject(
      409,
      'template-not-synced',
      'The content of this template is not known yet. Sync the templates first.',
    );
  }
  const shape = shapeOf(definition, row);
  const body = {
    name: row.name,
    language: { code: row.language },
    ...(components === undefined ? {} : { components }),
  };
  return { rendered: render(shape, body), errors: faultsOf(shape, body) };
}

function refuseFaults(errors: DefinitionFault[]): void {
  if (errors.length === 0) return;
  throw new Reject(422, 'invalid-request', 'The template is not valid; see `errors`.', { errors });
}

async function onAccount(
  ctx: Context,
  wabaId: string,
  work: (account: TemplateAccount) => Promise<AccountAnswer<Json>>,
): Promise<AccountAnswer<Json>> {
  const answer = await withAccount(ctx, wabaId, work);
  if (answer) return answer;
  throw new Reject(409, 'no-channel', 'No number of yours is on this account any more.');
}

/** What to do about the codes that are about templates (Cloud API: error codes). */
const HINTS: Record<number, string> = {
  2388019: 'The account has as many templates as it may have: delete some.',
  2388039: 'It can’t be changed in its present state: wait for the review, or create another.',
  2388040: 'A text is too long.',
  2388047: 'The header is not valid.',
  2388072: 'The body is not valid.',
  2388073: 'The footer is not valid.',
  2388293: 'It has too many variables for its length: add words.',
  2388299: 'A variable stands at the beginning or end: put words there.',
  80007: 'The account reached its calls an hour (100 new templates): try again later.',
};

/** @throws Reject with what to do; Retry when WhatsApp did not answer */
function dataOf(answer: AccountAnswer<Json>): Json {
  if (answer.kind === 'ok') return answer.data;
  if (answer.kind === 'unknown') throw new Retry('WhatsApp did not answer about a template.');
  const { code, httpStatus, words } = answer;
  const rule = classify(code, httpStatus);
  if (rule.action === 'retry' && code !== 80007) throw new Retry('WhatsApp takes no templates now.');
  const hint =
    HINTS[code] ??
    (rule.action === 'pause' ? failureText(rule.reason).detail : 'Mend what it names and send it again.');
  throw new Reject(
    rule.action === 'fail' ? 422 : 409,
    'template-refused',
    `WhatsApp refused it (code ${code}): ${words}. ${hint}`,
  );
}
