/** What is asked of an account about its templates (Cloud API: templates). Every call is counted ahead. */
import type { Context } from '../context.ts';
import { takeCallMs } from '../outbox/limits.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import { type AccountAnswer, type AccountCall, callPages, openAccountClient } from '../whatsapp/account.ts';
import type { Json } from '../whatsapp/payload/json.ts';

const FIELDS =
  'id,name,language,status,category,components,parameter_format,rejected_reason,quality_score,correct_category';

/** Calls in the name of one account, with the token of one of its numbers. */
export interface TemplateAccount {
  tenantId: string;
  wabaId: string;
  /** All templates, or those of one name. */
  list(name?: string): Promise<AccountAnswer<Json[]>>;
  create(body: Json): Promise<AccountAnswer<Json>>;
  edit(metaId: string, body: Json): Promise<AccountAnswer<Json>>;
  /** One language of a name. */
  remove(name: string, metaId: string): Promise<AccountAnswer<Json>>;
}

/** An active number of the account first; undefined when the tenant has none on it. */
async function channelOn(ctx: Context, wabaId: string): Promise<ChannelRow | undefined> {
  const rows = await ctx.store.model(Channels).find({ wabaId }).sort({ _id: 1 }).lean<ChannelRow[]>().exec();
  return rows.find(({ status }) => status === 'active') ?? rows[0];
}

/** Runs work with the account, in the tenant's scope; undefined when the tenant has no number on it. */
export async function withAccount<Result>(
  ctx: Context,
  wabaId: string,
  work: (account: TemplateAccount) => Promise<Result>,
): Promise<Result | undefined> {
  const channel = await channelOn(ctx, wabaId);
  if (!channel) return undefined;
  const { _id: id, tenantId } = channel;
  const place = { tenantId, collection: 'channels', id, field: 'token' };
  const token = await ctx.store.keyring.open<string>(place, channel.token);
  const client = openAccountClient(ctx.settings);
  const path = `${encodeURIComponent(wabaId)}/message_templates`;
  const counted = async <Data>(ask: () => Promise<AccountAnswer<Data>>): Promise<AccountAnswer<Data>> => {
    const waitMs = await takeCallMs(ctx, wabaId, true);
    return waitMs > 0 ? { kind: 'unknown', cause: 'our-limit' } : ask();
  };
  const call = (of: Omit<AccountCall, 'token'>) => counted(() => client.call({ ...of, token }));
  try {
    return await work({
      tenantId,
      wabaId,
      list: (name) =>
        counted(() =>
          callPages(client, {
            method: 'GET',
            path,
            token,
            query: { fields: FIELDS, limit: '250', ...(name === undefined ? {} : { name }) },
          }),
        ),
      create: (body) => call({ method: 'POST', path, body }),
      edit: (metaId, body) => call({ method: 'POST', path: encodeURIComponent(metaId), body }),
      remove: (name, metaId) => call({ method: 'DELETE', path, query: { name, hsm_id: metaId } }),
    });
  } finally {
    client.close();
  }
}
