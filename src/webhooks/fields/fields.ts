/** What is done with each webhook field besides `messages` (docs/webhook-fields.md). What is not here is kept. */
import type { Context } from '../../context.ts';
import { applyTemplateEvent, TEMPLATE_FIELDS } from '../../templates/events.ts';
import { text } from '../../whatsapp/payload/json.ts';
import { accountFields } from './account.ts';
import { echoFields } from './echoes.ts';
import { type AccountUpdate, type Handler, onAccount, unreadable } from './field.ts';
import { historyFields } from './history.ts';
import { numberFields } from './numbers.ts';
import { peopleFields } from './people.ts';
import { threadFields } from './threads.ts';

/** Templates are the account's: each tenant on it has its own view of them. */
const template = onAccount(async (ctx: Context, update: AccountUpdate) => {
  if (!(await applyTemplateEvent(ctx, update))) throw unreadable('no template is named');
  return true;
});

/** Of a partner's portfolio, not of an account. */
const partners: Handler = {
  of: 'operator',
  handle(ctx, value) {
    ctx.log.info(
      { event: text(value.event), status: text(value.solution_status) },
      'webhook.partner-solution',
    );
  },
};

export const FIELDS: Record<string, Handler> = {
  ...accountFields,
  ...numberFields,
  ...peopleFields,
  ...echoFields,
  ...historyFields,
  ...threadFields,
  ...Object.fromEntries(TEMPLATE_FIELDS.map((field) => [field, template])),
  partner_solutions: partners,
};
