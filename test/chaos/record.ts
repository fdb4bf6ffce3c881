/** What a run knows from outside: what its clients, Meta and the endpoints did and saw, and what REST shows. */

/** A message that a client wrote. */
export interface Written {
  tenant: string;
  /** One client at one number. */
  chat: string;
  /** Place among the chat's messages. */
  turn: number;
  wamid: string;
  /** Null for what is no text. */
  text: string | null;
  /** The gateway answered 200 to a notification that holds it. */
  acknowledged: boolean;
}

/** A message as REST shows it with a tenant's key; a conversation's messages in its order, oldest first. */
export interface Shown {
  tenant: string;
  conversationId: string;
  id: string;
  direction: 'in' | 'out';
  wamid: string | null;
  status: string;
  text: string | null;
  late: boolean;
  /** Time of receipt that decided its place, in microseconds since 1970. */
  position: number;
  /** When the last attempt to send began, ms since 1970; known of unconfirmed ones. */
  attemptedAt?: number;
}

/** An answer that a tenant's program sent through REST, tried under its key until it was taken. */
export interface Asked {
  tenant: string;
  conversationId: string;
  text: string;
  /** The gateway answered 202, or refused it with this status. */
  outcome: 'taken' | 'open' | number;
  /** Message ids in the 202 answers; one, however often it was tried. */
  ids: string[];
}

/** A request to send, as Meta saw it. */
export interface Call {
  messageId: string | null;
  outcome: 'accepted' | 'refused' | 'dropped';
  /** Meta's own word went out on a connection that stood. */
  answered: boolean;
}

/** A sent message as Meta has it. */
export interface Accepted {
  messageId: string | null;
  text: string;
  /** Highest status that the gateway acknowledged, none yet: null. */
  status: 'sent' | 'delivered' | 'read' | 'failed' | null;
}

/** An event that an endpoint answered with 2xx, in the order of arrival. */
export interface Arrival {
  tenant: string;
  endpoint: string;
  eventId: string;
  messageId: string;
  conversationId: string;
  /** The signature was the endpoint's own. */
  signed: boolean;
}

export interface Parked {
  id: string;
  reason: string;
  detail: string;
  phoneNumberId: string | null;
}

/** What must be parked, and how often at least. */
export interface ToPark {
  reason: string;
  phoneNumberId: string | null;
  times: number;
}

/** One tenant's key asked for another's things. */
export interface Probe {
  path: string;
  status: number;
}

/** When a process, a server or a connection was away: ms since 1970. */
export interface Trouble {
  kind: string;
  from: number;
  to: number;
}

export interface RunRecord {
  written: Written[];
  shown: Shown[];
  asked: Asked[];
  calls: Call[];
  accepted: Accepted[];
  arrivals: Arrival[];
  /** Names of the endpoints by tenant. */
  endpoints: Record<string, string[]>;
  parked: Parked[];
  toPark: ToPark[];
  probes: Probe[];
  troubles: Trouble[];
  /** What was still to be done when the wait for quiet ended; empty when it was quiet. */
  unquiet: string[];
}
