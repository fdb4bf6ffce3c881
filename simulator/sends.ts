import type { Group } from './people/groups.ts';
import type { Person } from './people/people.ts';
import type { Price } from './prices.ts';
import type { BusinessNumber } from './settings.ts';

export type StatusName = 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** A send of the gateway that the simulator accepted (gave a wamid), whether or not the answer arrived. */
export interface SentMessage {
  readonly wamid: string;
  readonly number: BusinessNumber;
  /** null: it goes to a group, or nobody has this address, so the message will fail. */
  readonly person: Person | null;
  readonly group: Group | null;
  /** `to` and `recipient` as given; `to` wins, so only one is set. */
  readonly to: string | null;
  readonly recipient: string | null;
  /** Receiver as known when accepted. */
  readonly waId: string | null;
  readonly userId: string | null;
  readonly username: string | null;
  readonly visiblePhone: string | null;
  readonly type: string;
  /** The request as it came. */
  readonly body: Record<string, unknown>;
  /** `biz_opaque_callback_data`. */
  readonly callbackData: string | null;
  readonly at: Date;
  readonly price: Price;
  /** Statuses in the order in which they were handed to delivery. */
  readonly statuses: { status: StatusName; at: Date; deliveryId: string }[];
}

/** One request of the gateway to send something, accepted or not. */
export interface SendCall {
  readonly callbackData: string | null;
  readonly at: Date;
  /** `dropped`: it did not count as sent, and no Graph error said so. */
  outcome: 'accepted' | 'refused' | 'dropped';
  /** The whole answer, in Meta's own words, went out on a connection that still stood. */
  answered: boolean;
}

/** Every accepted send, and every request for one. */
export class Sends {
  readonly list: SentMessage[] = [];
  readonly calls: SendCall[] = [];
  readonly #byWamid = new Map<string, SentMessage>();

  add(sent: SentMessage): void {
    this.list.push(sent);
    this.#byWamid.set(sent.wamid, sent);
  }

  get(wamid: string): SentMessage | undefined {
    return this.#byWamid.get(wamid);
  }
}
