/** A fixture of test/fixtures/whatsapp: what WhatsApp and a business do, step by step, and what is to be seen then. */
import { readdir, readFile } from 'node:fs/promises';

import type { Json } from '../../src/whatsapp/payload/json.ts';

/** One step: a notification in one of three depths, a request without signature, or a message of the business. */
export interface Step {
  /** `value` of a change of the field `messages`. */
  value?: Json;
  change?: Json;
  /** Query of the handshake. */
  get?: Record<string, string>;
  /** Expected of the answer. */
  status?: number;
  text?: string;
  type?: string;
  /** So often at the same moment. */
  times?: number;
  /** A text that the business sends and WhatsApp accepts. */
  sent?: { to: string; text: string; wamid: string; answer?: { userId?: string; waId?: string } };
  /** The same, while the answer of WhatsApp is not known yet. */
  accepted?: { to: string; text: string };
  /** With `value`: the POST is filled up to so many bytes. */
  bytes?: number;
  /** Several `value`s, each in a POST of its own, all at the same moment. */
  atOnce?: Json[];
  /** With `value`: first its message is handled with the first, second, … write failing, up to so many. */
  cutOff?: number;
  /** The file of the client's last message is fetched; WhatsApp no longer has it. */
  fetched?: 'gone';
  /** A text that the business sends; it goes so much later, and WhatsApp refuses it so. */
  refused?: { to: string; text: string; code?: number; minutesLater?: number; calls: number };
  /** The channel is checked; Meta answers to `GET` of a path that ends so with this. */
  checked?: { answers: Record<string, Json>; points: Record<string, string> };
  /** A page of the docs says this. */
  document?: { path: string; says: string[] };
}

export interface ExpectedMessage extends Json {
  /** Keys that must not be there. */
  $absent?: string[];
  /** A text that stands nowhere in the message. */
  $without?: string;
  /** Keys whose values are exactly these. */
  $exactly?: Json;
}

export interface Expected {
  /** How many contacts there are. */
  contacts?: number;
  conversations: {
    contact?: Json | null;
    group?: true;
    windowExpiresAt?: string | null;
    /** Of the last message. */
    preview?: string;
    messages: ExpectedMessage[];
  }[];
  /** Reasons of what waits for a person; none by default. */
  parked?: string[];
  costs?: Json;
}

export interface Fixture {
  about: string;
  /** Page or topic of Meta's documentation. */
  source: string;
  steps: Step[];
  expect: Expected;
}

const ROOT = new URL('../fixtures/whatsapp/', import.meta.url);

/** All fixtures by name, sorted. */
export async function readFixtures(): Promise<[string, Fixture][]> {
  const names = (await readdir(ROOT, { recursive: true })).filter((name) => /\/.*\.json$/.test(name)).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, Fixture]> => [
      name.replace(/\.json$/, ''),
      JSON.parse(await readFile(new URL(name, ROOT), 'utf8')) as Fixture,
    ]),
  );
}

export interface NumberRow {
  stored: string[];
  incoming: string;
  finds: string | null;
  why: string;
}

/** Rows of the table of numbers. */
export async function readNumbers(): Promise<NumberRow[]> {
  const table = JSON.parse(await readFile(new URL('numbers.json', ROOT), 'utf8')) as { rows: NumberRow[] };
  return table.rows;
}

/** Fills in what only the run knows: `$now` in seconds, `$sent1` for the id of the first message that was sent. */
export function filledIn<Value>(value: Value, sent: string[], now: number): Value {
  const json = JSON.stringify(value)
    .replaceAll(/"\$now"/g, `"${Math.floor(now / 1000)}"`)
    .replaceAll(/\$sent(\d)/g, (_match, place: string) => sent[Number(place) - 1] ?? '');
  return JSON.parse(json) as Value;
}
