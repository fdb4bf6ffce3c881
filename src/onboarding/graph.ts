/** What onboarding asks the Graph API, read into our own words. Each call is counted against the account's limit. */
import type { Context } from '../context.ts';
import { takeCallMs } from '../outbox/limits.ts';
import type { HealthValues } from '../tenants/channel-health.ts';
import type { TokenFacts } from '../tenants/model.ts';
import { type AccountAnswer, type AccountCall, type AccountClient, callPages } from '../whatsapp/account.ts';
import { id, isJson, type Json, list, part, present, text, timeOf } from '../whatsapp/payload/json.ts';

/** Our limit, in the words of WhatsApp's own (Cloud API: rate limits). */
const ACCOUNT_LIMIT = 80007;

export interface SeenToken extends Omit<TokenFacts, 'checkedAt' | 'warnedDays'> {
  valid: boolean;
  appId?: string;
  /** Accounts that the token may manage; empty: Meta named none. */
  accounts: string[];
}

export interface SeenNumber {
  phoneNumberId: string;
  /** Digits with country code. */
  displayNumber: string;
  health: HealthValues;
  /** Where its messages go: its own, else its account's, else its app's address. */
  callback?: string;
}

export interface SeenAccount {
  review?: string;
  /** Meta's own opinion: may the app, the account, the business send? */
  health: { entity: string; canSend: string; todo?: string }[];
}

const NUMBER_FIELDS = [
  'display_phone_number',
  'verified_name',
  'quality_rating',
  'throughput',
  'code_verification_status',
  'platform_type',
  'name_status',
  'status',
  'account_mode',
  'webhook_configuration',
];
/** Left out when this version of the Graph API does not know them. */
const NEWER_FIELDS = ['is_on_biz_app', 'whatsapp_business_manager_messaging_limit'];

/** Calls in the name of one account. `isRegistered` decides how many an hour may have. */
export class AccountGraph {
  readonly #ctx: Context;
  readonly #client: AccountClient;
  readonly #token: string;

  constructor(ctx: Context, client: AccountClient, token: string) {
    this.#ctx = ctx;
    this.#client = client;
    this.#token = token;
  }

  /** What Meta says of the token, asked in the name of the app where its id is known, else of the token itself. */
  async inspectToken(): Promise<AccountAnswer<SeenToken>> {
    const { META_APP_ID: appId, META_APP_SECRET: [secret] = [] } = this.#ctx.settings;
    const asApp = appId !== undefined && secret !== undefined ? `${appId}|${secret}` : undefined;
    const ask = (token: string) =>
      this.#client.call({ method: 'GET', path: 'debug_token', token, query: { input_token: this.#token } });
    const answer = await ask(asApp ?? this.#token);
    // A token of another app than ours can only be asked about itself.
    const again = asApp !== undefined && answer.kind === 'refused' ? await ask(this.#token) : answer;
    return mapped(again, (data) => tokenIn(part(data, 'data')));
  }

  async readNumber(wabaId: string, phoneNumberId: string): Promise<AccountAnswer<SeenNumber>> {
    const ask = (fields: string[]) =>
      this.#counted(wabaId, {
        method: 'GET',
        path: encodeURIComponent(phoneNumberId),
        token: this.#token,
        query: { fields: fields.join(',') },
      });
    const whole = await ask([...NUMBER_FIELDS, ...NEWER_FIELDS]);
    const unknownField = whole.kind === 'refused' && whole.code === 100;
    return mapped(unknownField ? await ask(NUMBER_FIELDS) : whole, (data) =>
      numberIn({ id: phoneNumberId, ...data }),
    );
  }

  async listNumbers(wabaId: string): Promise<AccountAnswer<SeenNumber[]>> {
    const path = `${encodeURIComponent(wabaId)}/phone_numbers`;
    const waitMs = await takeCallMs(this.#ctx, wabaId, true);
    if (waitMs > 0) return limited(waitMs);
    const answer = await callPages(this.#client, { method: 'GET', path, token: this.#token });
    return mapped(answer, (items) => items.map(numberIn));
  }

  async readAccount(wabaId: string): Promise<AccountAnswer<SeenAccount>> {
    const answer = await this.#counted(wabaId, {
      method: 'GET',
      path: encodeURIComponent(wabaId),
      token: this.#token,
      query: { fields: 'account_review_status,health_status' },
    });
    return mapped(answer, accountIn);
  }

  async register(wabaId: string, phoneNumberId: string, pin: string): Promise<AccountAnswer<Json>> {
    return this.#counted(wabaId, {
      method: 'POST',
      path: `${encodeURIComponent(phoneNumberId)}/register`,
      token: this.#token,
      body: { messaging_product: 'whatsapp', pin },
    });
  }

  /** Apps that hear of the account, with the address that overrides theirs. */
  async subscriptions(wabaId: string): Promise<AccountAnswer<{ appId?: string; override?: string }[]>> {
    const path = `${encodeURIComponent(wabaId)}/subscribed_apps`;
    const answer = await this.#counted(wabaId, { method: 'GET', path, token: this.#token });
    return mapped(answer, (data) =>
      list(data.data)
        .filter(isJson)
        .map((item) =>
          present({
            appId: id(part(item, 'whatsapp_business_api_data').id),
            override: text(item.override_callback_uri),
          }),
        ),
    );
  }

  /** Subscribes the token's app; without an override an earlier one ends. */
  async subscribe(
    wabaId: string,
    override?: { callbackUrl: string; verifyToken: string },
  ): Promise<AccountAnswer<Json>> {
    return this.#counted(wabaId, {
      method: 'POST',
      path: `${encodeURIComponent(wabaId)}/subscribed_apps`,
      token: this.#token,
      ...(override === undefined
        ? {}
        : { body: { override_callback_uri: override.callbackUrl, verify_token: override.verifyToken } }),
    });
  }

  /** A template to one phone, past conversations: only to see that the way there and back is open. */
  async sendTest(
    phoneNumberId: string,
    body: { to: string; template: string; language: string },
  ): Promise<AccountAnswer<string | undefined>> {
    const answer = await this.#client.call({
      method: 'POST',
      path: `${encodeURIComponent(phoneNumberId)}/messages`,
      token: this.#token,
      body: {
        messaging_product: 'whatsapp',
        to: body.to,
        type: 'template',
        template: { name: body.template, language: { code: body.language } },
      },
    });
    return mapped(
      answer,
      (data) =>
        list(data.messages)
          .filter(isJson)
          .map((sent) => text(sent.id))[0],
    );
  }

  async #counted(wabaId: string, call: AccountCall): Promise<AccountAnswer<Json>> {
    const waitMs = await takeCallMs(this.#ctx, wabaId, true);
    return waitMs > 0 ? limited(waitMs) : this.#client.call(call);
  }
}

/**
 * The token behind a code of Embedded Signup, which lives for minutes and works once.
 * @param app id and secret of the Meta app that showed the dialog
 */
export async function exchangeCode(
  client: AccountClient,
  app: { id: string; secret: string },
  code: string,
): Promise<AccountAnswer<string>> {
  const query = { client_id: app.id, client_secret: app.secret, code };
  const answer = await client.call({ method: 'GET', path: 'oauth/access_token', token: null, query });
  if (answer.kind !== 'ok') return answer;
  const token = text(answer.data.access_token);
  return token === undefined
    ? { kind: 'unknown', cause: 'no token in the answer' }
    : { kind: 'ok', data: token };
}

function limited(waitMs: number): AccountAnswer<never> {
  const words = `This account has asked too often; the next call is free in ${Math.ceil(waitMs / 1000)} s`;
  return { kind: 'refused', code: ACCOUNT_LIMIT, httpStatus: 429, words };
}

function mapped<From, To>(answer: AccountAnswer<From>, read: (data: From) => To): AccountAnswer<To> {
  return answer.kind === 'ok' ? { kind: 'ok', data: read(answer.data) } : answer;
}

/** `expires_at` 0: it does not expire. Scopes of single accounts stand apart from the others. */
function tokenIn(data: Json): SeenToken {
  const granular = list(data.granular_scopes).filter(isJson);
  const accounts = granular
    .filter(
      ({ scope }) => scope === 'whatsapp_business_management' || scope === 'whatsapp_business_messaging',
    )
    .flatMap(({ target_ids: ids }) => list(ids).map(id))
    .filter((one) => one !== undefined);
  const ends = [data.expires_at, data.data_access_expires_at]
    .map(timeOf)
    .filter((at) => at !== undefined && at.getTime() > 0)
    .map(Number);
  const scopes = [...list(data.scopes), ...granular.map(({ scope }) => scope)].map(text);
  return {
    valid: data.is_valid === true,
    accounts: [...new Set(accounts)],
    scopes: [...new Set(scopes.filter((scope) => scope !== undefined))],
    ...present({
      appId: id(data.app_id),
      kind: text(data.type),
      expiresAt: ends.length === 0 ? undefined : new Date(Math.min(...ends)),
    }),
  };
}

function numberIn(data: Json): SeenNumber {
  const callbacks = part(data, 'webhook_configuration');
  const callback =
    text(callbacks.phone_number) ?? text(callbacks.whatsapp_business_account) ?? text(callbacks.application);
  return {
    phoneNumberId: id(data.id) ?? '',
    displayNumber: (text(data.display_phone_number) ?? '').replace(/\D/g, ''),
    health: {
      verifiedName: text(data.verified_name),
      nameStatus: text(data.name_status),
      quality: text(data.quality_rating),
      messagingLimit: id(data.whatsapp_business_manager_messaging_limit),
      throughput: text(part(data, 'throughput').level),
      codeVerification: text(data.code_verification_status),
      platform: text(data.platform_type),
      numberStatus: text(data.status),
      onBusinessApp: typeof data.is_on_biz_app === 'boolean' ? String(data.is_on_biz_app) : undefined,
      accountMode: text(data.account_mode),
    },
    ...present({ callback }),
  };
}

function accountIn(data: Json): SeenAccount {
  const entities = list(part(data, 'health_status').entities).filter(isJson);
  const health = entities.map((entity) => {
    const [error] = list(entity.errors).filter(isJson);
    return {
      entity: text(entity.entity_type) ?? '',
      canSend: text(entity.can_send_message) ?? '',
      ...present({ todo: error && (text(error.possible_solution) ?? text(error.error_description)) }),
    };
  });
  return { health, ...present({ review: text(data.account_review_status) }) };
}
