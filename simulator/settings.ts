import { z } from 'zod';

import { templateInput } from './templates/definition.ts';

/** A business number that lives in this simulator. Several numbers may share a WABA or a token. */
const businessNumber = z.strictObject({
  phoneNumberId: z.string().min(1),
  wabaId: z.string().min(1),
  /** As Meta prints it in `metadata.display_phone_number`; may hold `+`, blanks and dashes. */
  displayNumber: z.string().min(1),
  /** Bearer token that the gateway must present for this number. */
  accessToken: z.string().min(1),
  name: z.string().min(1),
  /** Business portfolio. A person has another BSUID in each portfolio; unset: the BSUID as given. */
  portfolioId: z.string().min(1).optional(),
  /** False: it must be registered before it sends. */
  registered: z.boolean().optional(),
  /** Two-step PIN that a registration must name; unset: any is taken and becomes its PIN. */
  pin: z
    .string()
    .regex(/^[0-9]{6}$/)
    .optional(),
});

/** Business-scoped user id (Cloud API: business-scoped user ids). */
export const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

/** `auto` reads by itself after the delay, `manual` when told, `off` has read receipts switched off. */
const reading = z.enum(['auto', 'manual', 'off']);

const hasAddress = ({
  phone,
  userId,
}: {
  phone?: string | undefined;
  userId?: string | undefined;
}): boolean => phone !== undefined || userId !== undefined;

const dialect = z.enum(['current', 'draft', 'misplaced']);

/** A WhatsApp user: phone only (payloads of before 2026), phone and BSUID, or BSUID only. */
export const personInput = z
  .strictObject({
    name: z.string(),
    phone: z
      .string()
      .transform((phone) => phone.replace(/[^0-9]/g, ''))
      .pipe(z.string().regex(/^[0-9]{5,15}$/, 'give the phone with country code, 5 to 15 digits'))
      .optional(),
    userId: z.string().regex(BSUID, 'a BSUID looks like US.13491208655302741918').optional(),
    username: z.string().min(3).max(35).optional(),
    /** True: webhooks leave out the phone, as with a username and no contact in 30 days. */
    hidesPhone: z.boolean().default(false),
    reading: reading.default('auto'),
    /** Form of the payloads; see people.ts. */
    dialect: dialect.default('current'),
  })
  .refine(hasAddress, 'a person needs a phone, a userId, or both');

/** What may change about a person later. */
export const personChange = z.strictObject({
  name: z.string().optional(),
  hidesPhone: z.boolean().optional(),
  reading: reading.optional(),
  dialect: dialect.optional(),
});

const milliseconds = z.number().int().min(0);

/** Delays in ms after the send was accepted. */
const statusDelays = z.strictObject({ sent: milliseconds, delivered: milliseconds, read: milliseconds });

/** Cloud API: throughput, pair rate limits. */
const META_LIMITS = { perSecond: 80, pairBurst: 45, pairSeconds: 6 };

/** Everything about a simulator that a JSON file can say. */
export const settingsSchema = z.strictObject({
  /** 0: any free port. */
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  /** The gateway's callback address. */
  webhookUrl: z.url(),
  /** Signs the webhooks. */
  appSecret: z.string('set META_APP_SECRET, or appSecret in the settings file, as the gateway has it').min(1),
  /** For the handshake. */
  verifyToken: z
    .string('set META_VERIFY_TOKEN, or verifyToken in the settings file, as the gateway has it')
    .min(1),
  numbers: z.array(businessNumber).min(1),
  people: z.array(personInput).default([]),
  /** `immediate`: all delays 0. `manual`: only what the script asks for. */
  statuses: z
    .union([z.literal('immediate'), z.literal('manual'), statusDelays])
    .default({ sent: 100, delivered: 300, read: 800 }),
  /** How a free-form message outside the 24 h window fails: HTTP 400, a `failed` status, or not at all. */
  window: z.enum(['http', 'status', 'off']).default('http'),
  /** `meta`: 80 messages a second from a number, 45 at once to one person and then one every 6 s. */
  limits: z
    .union([
      z.literal('off'),
      z.literal('meta').transform(() => META_LIMITS),
      z.strictObject({
        perSecond: z.number().positive(),
        pairBurst: z.number().int().min(1),
        pairSeconds: z.number().positive(),
      }),
    ])
    .default('off'),
  /** `known`: only templates that were made here may be sent; `any`: also names that nobody made. */
  templates: z.enum(['any', 'known']).default('any'),
  /** Templates that an account (WABA) has from the start, reviewed long ago. */
  approvedTemplates: z.array(templateInput.extend({ wabaId: z.string().min(1) })).default([]),
  /** A client's next message is posted only after its earlier one was answered 200. */
  ordered: z.boolean().default(true),
  /** Pauses in ms before the 2nd, 3rd, … attempt of a webhook; the last one repeats. */
  retryDelays: z.array(milliseconds).min(1).default([1_000, 2_000, 5_000, 10_000, 30_000, 60_000]),
  /** A webhook that had no answer after this many ms counts as failed. */
  webhookTimeout: milliseconds.default(20_000),
  /** Webhook requests on their way at once. */
  concurrency: z.number().int().min(1).default(64),
});

export type Settings = z.output<typeof settingsSchema>;
export type BusinessNumber = z.output<typeof businessNumber>;
export type PersonInput = z.input<typeof personInput>;
export type PersonChange = z.infer<typeof personChange>;

/** One structured line about one unit of work; never holds content, names, numbers or wamids. */
export type Log = (line: Record<string, unknown>) => void;

/** What `startSimulator` takes: the settings and what only a program can give. */
export type SimulatorOptions = z.input<typeof settingsSchema> & {
  /** Time of messages, statuses and the 24 h window; delays and retries run in real time. */
  clock?: () => Date;
  /** Source of ids; give a seeded one for repeatable wamids. */
  randomBytes?: (size: number) => Buffer;
  log?: Log;
};

/**
 * Checks settings and fills in defaults.
 * @throws Error that names each wrong setting
 */
export function parseSettings(input: unknown): Settings {
  const result = settingsSchema.safeParse(input);
  if (result.success) return result.data;
  throw new Error(`The simulator's settings need a correction:\n${z.prettifyError(result.error)}`);
}
