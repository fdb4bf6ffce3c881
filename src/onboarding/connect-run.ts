/** The steps by which a number is connected; connect.ts says in which order and why. */
import type { Context } from '../context.ts';
import { withTenant } from '../store/scope.ts';
import { DEFAULT_APP } from '../tenants/apps.ts';
import { noteHealth } from '../tenants/channel-health.ts';
import { addChannel, type Channel } from '../tenants/channels.ts';
import { type ChannelRow, Channels } from '../tenants/model.ts';
import type { AccountClient, AccountFailure } from '../whatsapp/account.ts';
import { ownCallback } from './callback.ts';
import { channelToken, keepTokenFacts } from './channel-token.ts';
import { isTokenRefused, NEEDED_SCOPES } from './findings.ts';
import { AccountGraph, exchangeCode, type SeenNumber, type SeenToken } from './graph.ts';
import { explainFailure } from './refusals.ts';
import type { Choice, Step, StepName, Wanted } from './steps.ts';

/** Ends the run: the step has failed. */
export class Stop extends Error {}

/** One run over the steps, and how far it came. */
export class ConnectRun {
  readonly steps: Step[] = [];
  channel: Channel | null = null;
  choices: Choice[] = [];

  readonly #ctx: Context;
  readonly #client: AccountClient;
  readonly #wanted: Wanted;
  readonly #onStep: (step: Step) => void;

  constructor(ctx: Context, client: AccountClient, wanted: Wanted, onStep: (step: Step) => void) {
    this.#ctx = ctx;
    this.#client = client;
    this.#wanted = wanted;
    this.#onStep = onStep;
  }

  async all(): Promise<void> {
    const token = await this.#token();
    const graph = new AccountGraph(this.#ctx, this.#client, token);
    const seen = await this.#inspect(graph);
    const { wabaId, number } = await this.#find(graph, seen);
    const channel = await this.#claim(token, wabaId, number);
    const { tenantId } = this.#wanted;
    if (seen) await keepTokenFacts(this.#ctx, { tenantId, channelId: channel.channelId }, seen);
    await this.#register(graph, wabaId, number);
    await this.#subscribe(graph, wabaId, number, seen);
    await this.#facts(graph, channel);
  }

  #say(step: StepName, outcome: Step['outcome'], text: string, todo: string | null = null): void {
    const said = { step, outcome, text, todo };
    this.steps.push(said);
    this.#onStep(said);
  }

  #stop(step: StepName, text: string, todo: string): Stop {
    this.#say(step, 'failed', text, todo);
    return new Stop();
  }

  #failed(step: StepName, failure: AccountFailure): Stop {
    const { text, todo } = explainFailure(failure);
    return this.#stop(step, text, todo);
  }

  /** The token that was given, that a code stands for, or that the number already has. */
  async #token(): Promise<string> {
    const { token, code, phoneNumberId, app } = this.#wanted;
    if (token !== undefined) return token;
    if (code === undefined) {
      const row = await this.#known(phoneNumberId ?? '');
      if (row) return channelToken(this.#ctx, row);
      throw this.#stop(
        'token',
        'This number has no token yet.',
        'Give --token, or --code of Embedded Signup.',
      );
    }
    const { META_APP_ID: id, META_APP_SECRET: [secret] = [] } = this.#ctx.settings;
    if (app !== DEFAULT_APP || id === undefined || secret === undefined) {
      const todo = 'Set META_APP_ID and META_APP_SECRET to the app that shows the dialog, or give --token.';
      throw this.#stop('token', 'A code can only be exchanged for a token by the app of the settings.', todo);
    }
    const answer = await exchangeCode(this.#client, { id, secret }, code);
    if (answer.kind === 'ok') return answer.data;
    const row = await this.#known(phoneNumberId ?? '');
    // The code works once; a run before this one has had the token for it.
    if (row) return channelToken(this.#ctx, row);
    const { text } = explainFailure(answer);
    throw this.#stop(
      'token',
      `The code was not exchanged for a token. ${text}`,
      'A code lives for some minutes and works once: go through the dialog again and give the new code.',
    );
  }

  async #known(phoneNumberId: string): Promise<ChannelRow | null> {
    return withTenant(this.#wanted.tenantId, () =>
      this.#ctx.store.model(Channels).findOne({ phoneNumberId }).lean<ChannelRow>().exec(),
    );
  }

  /** Null: Meta would not say; the steps after this one show whether the token is good for anything. */
  async #inspect(graph: AccountGraph): Promise<SeenToken | null> {
    const answer = await graph.inspectToken();
    if (answer.kind === 'unknown' || (answer.kind === 'refused' && isTokenRefused(answer))) {
      throw this.#failed('token', answer);
    }
    if (answer.kind === 'refused') {
      this.#say('token', 'skipped', 'Meta does not say what this token may do; the next steps will show.');
      return null;
    }
    const { valid, scopes = [], appId, kind, expiresAt } = answer.data;
    const { META_APP_ID } = this.#ctx.settings;
    if (!valid) {
      throw this.#stop(
        'token',
        'The token is not valid or has run out.',
        'Make a new token of a system user and give that one.',
      );
    }
    if (this.#wanted.app === DEFAULT_APP && META_APP_ID && appId !== undefined && appId !== META_APP_ID) {
      throw this.#stop(
        'token',
        'The token is of another Meta app than META_APP_ID, so its webhooks would be signed with another secret.',
        'Make a token of that app, or add the other app (whatsper app add) and name it with --app.',
      );
    }
    const missing = scopes.length === 0 ? [] : NEEDED_SCOPES.filter((scope) => !scopes.includes(scope));
    if (missing.length > 0) {
      const todo = `Make a token that also has ${missing.join(' and ')}.`;
      throw this.#stop('token', `The token lacks ${missing.join(' and ')}.`, todo);
    }
    const end =
      expiresAt === undefined
        ? 'it does not expire'
        : `it expires on ${expiresAt.toISOString().slice(0, 10)}, and you are told before`;
    this.#say('token', 'done', `Valid (${kind ?? 'kind unknown'}); ${end}.`);
    return answer.data;
  }

  /** The number as an account of the token lists it: nobody else's token does. */
  async #find(graph: AccountGraph, seen: SeenToken | null): Promise<{ wabaId: string; number: SeenNumber }> {
    const { wabaId: named, phoneNumberId } = this.#wanted;
    const accounts = named === undefined ? (seen?.accounts ?? []) : [named];
    if (accounts.length === 0) {
      throw this.#stop(
        'number',
        'Meta names no account for this token.',
        'Give --waba-id: the id of the WhatsApp Business Account in the WhatsApp Manager.',
      );
    }
    const found: { wabaId: string; number: SeenNumber }[] = [];
    for (const wabaId of accounts) {
      const answer = await graph.listNumbers(wabaId);
      if (answer.kind !== 'ok') throw this.#failed('number', answer);
      found.push(...answer.data.map((number) => ({ wabaId, number })));
    }
    const fitting = found.filter(({ number }) => [undefined, number.phoneNumberId].includes(phoneNumberId));
    const [only] = fitting;
    if (fitting.length === 1 && only) {
      const { wabaId, number } = only;
      const whole = await graph.readNumber(wabaId, number.phoneNumberId);
      if (whole.kind !== 'ok') throw this.#failed('number', whole);
      this.#say('number', 'done', `+${whole.data.displayNumber} in account ${wabaId}.`);
      return { wabaId, number: whole.data };
    }
    this.choices = found.map(({ wabaId, number: { phoneNumberId: id, displayNumber, health } }) => ({
      phoneNumberId: id,
      wabaId,
      displayNumber,
      name: health.verifiedName ?? null,
    }));
    if (found.length === 0) {
      throw this.#stop(
        'number',
        'The account has no number.',
        'Add one in the WhatsApp Manager, then repeat the command.',
      );
    }
    const list = this.choices.map((one) => `--phone-number-id ${one.phoneNumberId} (+${one.displayNumber})`);
    throw this.#stop(
      'number',
      phoneNumberId === undefined
        ? `The token has ${found.length} numbers.`
        : 'This number is in no account that the token may manage.',
      `Name one of them: ${list.join(', ')}.`,
    );
  }

  async #claim(
    token: string,
    wabaId: string,
    { phoneNumberId, displayNumber, health }: SeenNumber,
  ): Promise<Channel> {
    const { tenantId, app, name, callbackUrl } = this.#wanted;
    const row = await this.#known(phoneNumberId);
    const added = await addChannel(this.#ctx, {
      tenantId,
      phoneNumberId,
      wabaId,
      displayNumber,
      token,
      app,
      name: name ?? (row === null ? health.verifiedName : undefined),
    });
    const { created, replayed, waiting, ...channel } = added;
    if (callbackUrl !== undefined) {
      await withTenant(tenantId, () =>
        this.#ctx.store
          .model(Channels)
          .updateOne({ _id: channel.channelId }, { $set: { callbackUrl } })
          .exec(),
      );
    }
    const came = replayed > 0 ? ` ${replayed} items that came before are being handled.` : '';
    const left = waiting > 0 ? `${waiting} items that came before wait: whatsper dead-letters list` : null;
    const text = created
      ? `It is channel ${channel.channelId} now.`
      : `It is channel ${channel.channelId} already.`;
    this.channel = channel;
    this.#say('channel', created ? 'done' : 'already', `${text}${came}`, left);
    return channel;
  }

  async #register(graph: AccountGraph, wabaId: string, { phoneNumberId, health }: SeenNumber): Promise<void> {
    if (health.onBusinessApp === 'true') {
      return this.#say(
        'register',
        'skipped',
        'The number lives in the WhatsApp Business app, too, which has registered it.',
      );
    }
    if (health.numberStatus === 'CONNECTED') return this.#say('register', 'already', 'Registered already.');
    const { pin } = this.#wanted;
    if (pin === undefined) {
      throw this.#stop(
        'register',
        `The number is not registered for the Cloud API (${health.numberStatus ?? 'status unknown'}).`,
        'Repeat the command with --pin: the number’s two-step PIN, or six digits of your choice if it has none yet. Keep it.',
      );
    }
    const answer = await graph.register(wabaId, phoneNumberId, pin);
    if (answer.kind !== 'ok') throw this.#failed('register', answer);
    this.#say('register', 'done', 'Registered; the PIN is its two-step PIN from now on.');
  }

  async #subscribe(
    graph: AccountGraph,
    wabaId: string,
    number: SeenNumber,
    seen: SeenToken | null,
  ): Promise<void> {
    const { tenantId, app } = this.#wanted;
    const row = await this.#known(number.phoneNumberId);
    const own = await ownCallback(this.#ctx, { app, tenantId, callbackUrl: row?.callbackUrl });
    const answer = await graph.subscriptions(wabaId);
    if (answer.kind !== 'ok') throw this.#failed('subscribe', answer);
    const mine = answer.data.find(
      ({ appId }) => appId === undefined || [undefined, appId].includes(seen?.appId),
    );
    if (own.url === undefined) {
      if (mine === undefined) {
        const answer = await graph.subscribe(wabaId);
        if (answer.kind !== 'ok') throw this.#failed('subscribe', answer);
      }
      const todo = `Set the callback address in the App Dashboard to https://<your address>${own.path}, or set BASE_URL to the public https address and repeat the command.`;
      return this.#say(
        'subscribe',
        mine === undefined ? 'done' : 'already',
        'The app hears of the account; Meta was told no address of this installation, since BASE_URL is not a public one.',
        todo,
      );
    }
    const goesTo = mine?.override ?? number.callback;
    if (mine !== undefined && goesTo === own.url) {
      return this.#say('subscribe', 'already', `Webhooks come to ${own.url} already.`);
    }
    if (own.verifyToken === undefined) {
      throw this.#stop(
        'subscribe',
        'Meta checks the address by a verify token, and this app has none here.',
        app === DEFAULT_APP ? 'Set META_VERIFY_TOKEN.' : `whatsper app verify-token --name ${app} --token …`,
      );
    }
    const done = await graph.subscribe(wabaId, { callbackUrl: own.url, verifyToken: own.verifyToken });
    if (done.kind === 'refused' && done.code === 100) {
      throw this.#stop(
        'subscribe',
        `Meta could not verify ${own.url}. Meta says: ${done.words} (code 100).`,
        'Check that the gateway runs and that the address is reached from the internet with a valid certificate, then repeat.',
      );
    }
    if (done.kind !== 'ok') throw this.#failed('subscribe', done);
    this.#say('subscribe', 'done', `Webhooks of the account come to ${own.url}.`);
  }

  async #facts(graph: AccountGraph, { channelId, wabaId, phoneNumberId }: Channel): Promise<void> {
    const answer = await graph.readNumber(wabaId, phoneNumberId);
    if (answer.kind !== 'ok') throw this.#failed('facts', answer);
    const account = await graph.readAccount(wabaId);
    const { health } = answer.data;
    const accountReview = account.kind === 'ok' ? account.data.review : undefined;
    const { tenantId } = this.#wanted;
    await withTenant(tenantId, () =>
      noteHealth(this.#ctx, { tenantId, channelId }, { ...health, accountReview }),
    );
    const words = [health.verifiedName, health.quality, health.throughput].filter(
      (word) => word !== undefined,
    );
    this.#say('facts', 'done', `${words.join(', ')}. Connected.`);
  }
}
