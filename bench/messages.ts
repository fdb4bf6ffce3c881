/** Signed notifications as WhatsApp sends them, as bytes of whole HTTP requests. */
import { createHmac } from 'node:crypto';

export interface Sender {
  phoneNumberId: string;
  wabaId: string;
  /** Digits. */
  phone: string;
}

/** Where a message's number stands in its text, and so in everything that is made of it. */
const MARK = /#bench-(\d+)#/;

/** The number of the message that this text carries. */
export function markIn(text: string): number | undefined {
  const found = MARK.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** `count` people who write to each of these numbers. */
export function sendersFor(numbers: { phoneNumberId: string; wabaId: string }[], count: number): Sender[] {
  // One person of each number after the other, so that neighbours in the list are of different tenants.
  return Array.from({ length: count }, (_, person) =>
    numbers.map((number, index) => ({
      ...number,
      phone: `4477${String(index * count + person).padStart(8, '0')}`,
    })),
  ).flat();
}

export interface Target {
  path: string;
  secret: string;
}

/** Makes requests; every message has an id and a text of its own. */
export class Notifications {
  readonly #target: Target;
  readonly #run: string;

  constructor(target: Target, run: string) {
    this.#target = target;
    this.#run = run;
  }

  /** A text message: headers and body of one POST. */
  request(number: number, sender: Sender): Buffer {
    const body = Buffer.from(JSON.stringify(notification(this.#run, number, sender)).replaceAll('/', '\\/'));
    const signature = createHmac('sha256', this.#target.secret).update(body).digest('hex');
    const head =
      `POST ${this.#target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `X-Hub-Signature-256: sha256=${signature}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), body]);
  }
}

function notification(run: string, number: number, { phoneNumberId, wabaId, phone }: Sender) {
  const id = `wamid.${Buffer.from(`HBgM${phone}FQIAEhgg${run}${String(number).padStart(12, '0')}`).toString('base64')}`;
  const message = {
    from: phone,
    id,
    timestamp: String(Math.floor(Date.now() / 1000)),
    text: { body: `Hello, is the order #bench-${number}# on its way? It should have come this morning.` },
    type: 'text',
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '442079460101', phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: `Client ${phone.slice(-4)}` }, wa_id: phone }],
    messages: [message],
  };
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: wabaId, changes: [{ value, field: 'messages' }] }],
  };
}
