import { createHash } from 'node:crypto';

import type { BusinessNumber, PersonChange, PersonInput } from '../settings.ts';
import { personChange, personInput } from '../settings.ts';

/**
 * `current`: absent keys are left out; `draft`: an unknown phone is an empty text; `misplaced`: the BSUID also stands in `from`
 * and `wa_id`, and the username has an `@`.
 */
export type Dialect = 'current' | 'draft' | 'misplaced';

/** A WhatsApp user of the simulator. */
export interface Person {
  readonly id: string;
  name: string;
  /** Digits with country code. */
  phone: string | null;
  /** BSUID as given; `userIdFor` says which one a business sees. */
  userId: string | null;
  readonly username: string | null;
  hidesPhone: boolean;
  reading: 'auto' | 'manual' | 'off';
  /** In which form of these years Meta names the person. */
  dialect: Dialect;
}

/** The BSUID by which the number's portfolio knows the person; null for a person without one. */
export function userIdFor(person: Person, number: BusinessNumber): string | null {
  if (person.userId === null || number.portfolioId === undefined) return person.userId;
  const digest = createHash('sha256').update(`${person.userId} ${number.portfolioId}`).digest('hex');
  return `${person.userId.slice(0, 3)}${BigInt(`0x${digest.slice(0, 16)}`)}`;
}

/** The phone that webhooks show, null where Meta leaves it out. */
export function visiblePhone(person: Person): string | null {
  return person.hidesPhone ? null : person.phone;
}

const portfolioKey = (number: BusinessNumber, userId: string): string =>
  `${number.portfolioId ?? ''} ${userId}`;

/** All people, found by id, phone, or the BSUID of a portfolio. */
export class People {
  readonly #byId = new Map<string, Person>();
  readonly #byPhone = new Map<string, Person>();
  readonly #byUserId = new Map<string, Person>();

  constructor(private readonly numbers: ReadonlyMap<string, BusinessNumber>) {}

  /** @throws ZodError for a bad address, Error when phone or BSUID belong to somebody else */
  create(input: PersonInput): Person {
    const {
      name,
      phone = null,
      userId = null,
      username = null,
      hidesPhone,
      reading,
      dialect,
    } = personInput.parse(input);
    const id = `person-${this.#byId.size + 1}`;
    const person: Person = { id, name, phone, userId, username, hidesPhone, reading, dialect };
    const addresses = this.#addressesOf(person);
    const owner =
      (phone === null ? undefined : this.#byPhone.get(phone)) ??
      addresses.map((address) => this.#byUserId.get(address)).find((other) => other !== undefined);
    if (owner !== undefined) {
      throw new Error(`${owner.id} has this phone or BSUID already; give another one.`);
    }
    this.#byId.set(id, person);
    if (phone !== null) this.#byPhone.set(phone, person);
    for (const address of addresses) this.#byUserId.set(address, person);
    return person;
  }

  /** @throws ZodError for an unknown or wrong field */
  change(person: Person, change: PersonChange): void {
    const { name, hidesPhone, reading, dialect } = personChange.parse(change);
    if (name !== undefined) person.name = name;
    if (hidesPhone !== undefined) person.hidesPhone = hidesPhone;
    if (reading !== undefined) person.reading = reading;
    if (dialect !== undefined) person.dialect = dialect;
  }

  /**
   * Gives the person another phone, and with it another BSUID, as Meta does (Cloud API: business-scoped user ids). The old ones
   * lead to nobody. @throws Error when the phone is somebody else's
   */
  move(person: Person, phone: string | null, userId: string | null): void {
    if (phone !== null && this.#byPhone.has(phone)) throw new Error('Somebody has this phone already.');
    if (person.phone !== null) this.#byPhone.delete(person.phone);
    for (const address of this.#addressesOf(person)) this.#byUserId.delete(address);
    person.phone = phone;
    person.userId = userId;
    if (phone !== null) this.#byPhone.set(phone, person);
    for (const address of this.#addressesOf(person)) this.#byUserId.set(address, person);
  }

  #addressesOf(person: Person): string[] {
    return [...this.numbers.values()].flatMap((number) => {
      const seen = userIdFor(person, number);
      return seen === null ? [] : [portfolioKey(number, seen)];
    });
  }

  list(): Person[] {
    return [...this.#byId.values()];
  }

  get(id: string): Person | undefined {
    return this.#byId.get(id);
  }

  /** @param phone digits only */
  byPhone(phone: string): Person | undefined {
    return this.#byPhone.get(phone);
  }

  byUserId(userId: string, number: BusinessNumber): Person | undefined {
    return this.#byUserId.get(portfolioKey(number, userId));
  }
}
