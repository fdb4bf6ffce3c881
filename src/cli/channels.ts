/** Commands about a tenant's numbers: connecting, checking, tokens. */
import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { replaceToken } from '../onboarding/channel-token.ts';
import { checkChannel, type Checked, type TestSend } from '../onboarding/check.ts';
import { inWords } from '../onboarding/check-words.ts';
import { connectChannel } from '../onboarding/connect.ts';
import type { Step } from '../onboarding/steps.ts';
import { notFound, Reject } from '../ops/errors.ts';
import { CANARY_TENANT } from '../ops/metrics.ts';
import { asOperator } from '../store/scope.ts';
import { addChannel, listChannels } from '../tenants/channels.ts';
import { type RouteRow, Routes } from '../tenants/model.ts';
import { findTenant } from '../tenants/tenants.ts';
import { openAccountClient } from '../whatsapp/account.ts';
import type { Bind, Call } from './bind.ts';
import { Told } from './explain.ts';
import type { Terminal } from './output.ts';

interface OfTenant {
  tenant: string;
}

export function channelCommands(root: Command, bind: Bind): void {
  const channel = root.command('channel').description('WhatsApp numbers of a tenant');
  addCommand(channel, bind);
  connectCommand(channel, bind);
  checkCommand(channel, bind);
  tokenCommand(channel, bind);
  bind<OfTenant>(
    channel.command('list').description('numbers of a tenant').requiredOption('--tenant <id>', 'its id'),
    async ({ ctx, output, options }) =>
      output.many(await listChannels(ctx, options.tenant), {
        columns: [
          'channelId',
          'displayNumber',
          'name',
          'phoneNumberId',
          'wabaId',
          'app',
          'status',
          'quality',
          'messagingLimit',
        ],
        empty: 'No channels yet: whatsper channel connect --tenant … --token -',
      }),
  );
}

interface AddOptions extends OfTenant {
  phoneNumberId: string;
  wabaId: string;
  displayNumber: string;
  token: string;
  name?: string;
  app?: string;
}

function addCommand(channel: Command, bind: Bind): void {
  bind<AddOptions>(
    channel
      .command('add')
      .description('give a number to a tenant, or renew what is known of it; a paused number goes on')
      .requiredOption('--tenant <id>', 'its id')
      .requiredOption('--phone-number-id <id>', 'id of the number in the WhatsApp manager')
      .requiredOption('--waba-id <id>', 'id of the WhatsApp Business Account')
      .requiredOption('--display-number <number>', 'the number itself, with its country code')
      .requiredOption('--token <token>', 'Graph API token; - reads it from standard input')
      .option('--name <name>', 'what people call the number')
      .option('--app <app>', 'Meta app, as in its webhook address'),
    async ({ ctx, output, terminal, options }) => {
      const { tenant: tenantId, phoneNumberId, wabaId, displayNumber, name, app } = options;
      const token = await given(terminal, options.token);
      const wanted = { tenantId, phoneNumberId, wabaId, displayNumber, token, name, app };
      const added = await addChannel(ctx, wanted);
      output.one(added, noteOf(added));
    },
  );
}

/** What became of what had come for the number before. */
function noteOf({ replayed, waiting, phoneNumberId }: Awaited<ReturnType<typeof addChannel>>) {
  if (replayed > 0) return `${replayed} items that came before are being handled now.`;
  if (waiting === 0) return undefined;
  return (
    `${waiting} items that came before wait for your decision, since another tenant once held this number:\n` +
    `whatsper dead-letters list --phone-number-id ${phoneNumberId}`
  );
}

interface ConnectOptions extends OfTenant {
  token?: string;
  code?: string;
  wabaId?: string;
  phoneNumberId?: string;
  pin?: string;
  callbackUrl?: string;
  app?: string;
  name?: string;
  json?: true;
}

function connectCommand(channel: Command, bind: Bind): void {
  bind<ConnectOptions>(
    channel
      .command('connect')
      .description('connect a number step by step; a repeat goes on where it stopped')
      .requiredOption('--tenant <id>', 'its id')
      .option('--token <token>', 'Graph API token; - reads it from standard input')
      .option('--code <code>', 'of Embedded Signup, instead of a token')
      .option('--waba-id <id>', 'id of the WhatsApp Business Account')
      .option('--phone-number-id <id>', 'id of the number, when the account has several')
      .option('--pin <digits>', 'two-step PIN of the number, for its registration')
      .option('--callback-url <url>', 'public address of the webhook; default: from BASE_URL')
      .option('--name <name>', 'what people call the number')
      .option('--app <app>', 'Meta app, as in its webhook address'),
    async ({ ctx, output, terminal, options }) => {
      const { tenant: tenantId, json, token, ...rest } = options;
      const client = openAccountClient(ctx.settings);
      try {
        const wanted = {
          ...rest,
          tenantId,
          ...(token === undefined ? {} : { token: await given(terminal, token) }),
        };
        const onStep = (step: Step) => (json ? undefined : terminal.out(stepLine(step)));
        const {
          connected,
          steps,
          channel: made,
          choices,
        } = await connectChannel(ctx, client, wanted, onStep);
        if (json) {
          output.document({ connected, channelId: made?.channelId ?? null, channel: made, steps, choices });
        } else if (connected) {
          terminal.out(`\nwhatsper channel check --tenant ${tenantId} ${made?.channelId}`);
        }
        if (!connected) throw new Told(2);
      } finally {
        client.close();
      }
    },
  );
}

const STEP_SIGNS = { done: '✓', already: '✓', skipped: '-', failed: '✗' };

function stepLine({ step, outcome, text, todo }: Step): string {
  const line = `${STEP_SIGNS[outcome]} ${step.padEnd(10)} ${text}`;
  return todo === null ? line : `${line}\n  ${''.padEnd(10)} → ${todo}`;
}

interface CheckOptions {
  tenant?: string;
  sendTo?: string;
  template: string;
  json?: true;
}

function checkCommand(channel: Command, bind: Bind): void {
  bind<CheckOptions>(
    channel
      .command('check')
      .description('whether numbers can send and receive, point by point; exit code 1 when a point failed')
      .argument('[channel id]', 'one channel; default: all of the tenant')
      .option('--tenant <id>', 'its id; default: whose channel it is, or all')
      .option('--send-to <number>', 'also send a template to this phone, and wait for its status')
      .option('--template <name/language>', 'the template for that', 'hello_world/en_US'),
    async (call) => {
      const checked = await checkAll(call);
      const { output, terminal, options } = call;
      const shown = checked.map(({ points, ...one }) => ({
        ...one,
        points: points.map((point) => ({ ...point, ...inWords(point.code, point.values) })),
      }));
      if (options.json) output.document({ items: shown });
      else for (const one of shown) terminal.out(pointLines(one));
      if (checked.some(({ state }) => state === 'failed')) throw new Told(1);
    },
  );
}

async function checkAll({ ctx, terminal, options, args: [only] }: Call<CheckOptions>): Promise<Checked[]> {
  const channels = await channelsOf(ctx, options.tenant, only);
  if (channels.length === 0) terminal.err('No channels yet: whatsper channel connect --tenant … --token -');
  const client = openAccountClient(ctx.settings);
  try {
    const checked: Checked[] = [];
    const send = testSend(options);
    for (const one of channels) checked.push(await checkChannel(ctx, client, { ...one, send }));
    return checked;
  } finally {
    client.close();
  }
}

/** A route for each number says whose it is. @throws Reject (404) */
async function channelsOf(
  ctx: Context,
  tenantId: string | undefined,
  channelId: string | undefined,
): Promise<{ tenantId: string; channelId: string }[]> {
  if (tenantId !== undefined) await findTenant(ctx, tenantId);
  const filter = {
    tenantId: tenantId ?? { $ne: CANARY_TENANT },
    ...(channelId === undefined ? {} : { channelId }),
  };
  const routes = await asOperator('channels to check', () =>
    ctx.store.model(Routes).find(filter).sort({ channelId: 1 }).lean<RouteRow[]>().exec(),
  );
  if (channelId !== undefined && routes.length === 0) throw notFound('channel');
  return routes.map((route) => ({ tenantId: route.tenantId, channelId: route.channelId }));
}

function testSend({ sendTo, template }: CheckOptions): TestSend | undefined {
  if (sendTo === undefined) return undefined;
  const to = `+${sendTo.replace(/\D/g, '')}`;
  const [name = '', language = ''] = template.split('/');
  if (!/^\+\d{5,15}$/.test(to)) {
    throw new Reject(422, 'invalid-request', 'send-to must be a phone number with its country code.');
  }
  if (!/^[a-z0-9_]+$/.test(name) || !/^[a-z]{2,3}(_[A-Z]{2})?$/.test(language)) {
    throw new Reject(422, 'invalid-request', 'template must look like hello_world/en_US.');
  }
  return { to, template: name, language };
}

const SIGNS = { ok: '✓', warn: '!', failed: '✗', unknown: '?' };

function pointLines({
  channelId,
  state,
  points,
}: {
  channelId: string;
  state: Checked['state'];
  points: { state: keyof typeof SIGNS; title: string; means: string; todo: string | null }[];
}): string {
  const width = Math.max(...points.map(({ title }) => title.length));
  const lines = points.map(({ state: one, title, means, todo }) => {
    const line = `${SIGNS[one]} ${title.padEnd(width)}  ${means}`;
    return todo === null ? line : `${line}\n  ${''.padEnd(width)}  → ${todo}`;
  });
  return [`${channelId}: ${state}`, ...lines, ''].join('\n');
}

function tokenCommand(channel: Command, bind: Bind): void {
  bind<Partial<OfTenant> & { channel: string; token: string }>(
    channel
      .command('token')
      .description('give a channel another access token; a paused one goes on')
      .option('--tenant <id>', 'its tenant, to make sure whose channel it is')
      .requiredOption('--channel <id>', 'id of the channel')
      .requiredOption('--token <token>', 'Graph API token; - reads it from standard input'),
    async ({ ctx, output, terminal, options }) => {
      const client = openAccountClient(ctx.settings);
      try {
        const token = await given(terminal, options.token);
        const [of] = await channelsOf(ctx, options.tenant, options.channel);
        if (!of) throw notFound('channel');
        output.one(await replaceToken(ctx, client, { ...of, token }));
      } finally {
        client.close();
      }
    },
  );
}

/** `-` stands for standard input, so that a secret need not stand in the list of processes. */
async function given(terminal: Terminal, value: string): Promise<string> {
  return value === '-' ? (await terminal.input()).trim() : value;
}
