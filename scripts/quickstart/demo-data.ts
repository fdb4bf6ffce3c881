import { exampleTemplates } from '../../simulator/templates/examples.ts';

/**
 * The demo business: two numbers, an owner and an agent, three keys, four clients of every kind that WhatsApp shows, and what
 * they have said. Phones are from the ranges that are kept free for films and examples.
 */

export const TENANT = { name: 'קפה הדגמה · Demo Café', email: 'owner@demo.example' };

export interface Profile {
  firstName: string;
  lastName: string;
  username: string;
  phone: string;
}

/** The owner; their address is the tenant's. */
export const OWNER: Profile = {
  firstName: 'נועה',
  lastName: 'Owner',
  username: 'owner',
  phone: '+442079460103',
};

/** Is invited by the owner, and sets a password by the mailed link. */
export const INVITED: Profile & { email: string } = {
  firstName: 'Dana',
  lastName: 'Agent',
  username: 'dana',
  phone: '+442079460104',
  email: 'dana@demo.example',
};

export const NUMBERS = [
  {
    phoneNumberId: '100000000000001',
    wabaId: '200000000000001',
    displayNumber: '+44 20 7946 0101',
    name: 'הזמנות · Orders',
  },
  {
    phoneNumberId: '100000000000002',
    wabaId: '200000000000001',
    displayNumber: '+44 20 7946 0102',
    name: 'שירות · Support',
  },
] as const;

/** Of the account of both numbers. */
export const TEMPLATES = exampleTemplates(NUMBERS[0].wabaId);

const READING = 'conversations:read,messages:read,contacts:read,channels:read';

/** Programs of the business, each with a key; the console takes a key, too. */
export const AGENTS = [
  { name: 'Program A', scopes: `${READING},messages:send` },
  { name: 'Program B', scopes: `${READING},messages:send` },
  {
    name: 'Program C',
    scopes: `${READING},channels:write,conversations:write,conversations:assign,messages:send,contacts:write,endpoints:read`,
  },
] as const;

/** `manual`: the phone reads a chat when somebody looks at it. */
export const CLIENTS = [
  { name: 'לקוחה א׳', phone: '447700900101', userId: 'GB.1000000000000101', reading: 'manual' as const },
  {
    name: 'Client B',
    phone: '447700900102',
    userId: 'GB.1000000000000102',
    username: 'client.b',
    reading: 'manual' as const,
  },
  { name: 'לקוח ג׳', userId: 'GB.1000000000000103', username: 'client_gimel', reading: 'manual' as const },
  { name: 'Client D', phone: '447700900104', reading: 'manual' as const },
];

export interface DemoConversation {
  /** Index into CLIENTS. */
  client: number;
  /** Index into NUMBERS. */
  number: number;
  lines: { from: 'client' | 'agent'; text?: string; message?: Record<string, unknown> }[];
}

export const CONVERSATIONS: DemoConversation[] = [
  {
    client: 0,
    number: 0,
    lines: [
      { from: 'client', text: 'שלום! אפשר להזמין עוגה ליום שישי?' },
      { from: 'agent', text: 'בשמחה. לכמה אנשים, ויש אלרגיות? 🎂' },
      { from: 'client', text: 'ל-12 אנשים, בלי אגוזים. אפשר לכתוב עליה "Mazal Tov 2026"?' },
      { from: 'agent', text: 'כן. העוגה תהיה מוכנה ביום שישי ב-10:00 😊' },
      { from: 'client', text: 'מעולה, תודה רבה!' },
    ],
  },
  {
    client: 1,
    number: 0,
    lines: [
      { from: 'client', text: 'Hi, are you open on Saturday evening?' },
      { from: 'agent', text: 'Hello! Yes, from 20:30, one hour after Shabbat (שבת) ends.' },
      { from: 'client', text: 'Great, a table for 4 please 🙏' },
    ],
  },
  {
    client: 2,
    number: 1,
    lines: [
      { from: 'client', text: 'ההזמנה שלי לא הגיעה. מספר הזמנה: A-1045/7' },
      {
        from: 'client',
        message: {
          type: 'location',
          location: { latitude: 32.0853, longitude: 34.7818, name: 'כיכר רבין', address: 'Tel Aviv-Yafo' },
        },
      },
    ],
  },
  {
    client: 3,
    number: 1,
    lines: [
      { from: 'client', text: 'Do you deliver to Jaffa?' },
      { from: 'agent', text: 'We do: 25 ₪, about 40 minutes.' },
      { from: 'client', text: 'Perfect, thank you' },
    ],
  },
];
