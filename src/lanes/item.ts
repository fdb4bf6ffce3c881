/** What stands in a lane that carries items: one message, one status, one thing we can't read, a stored message still to be forwarded; or an entry of the audit log. */
export interface LaneItem {
  kind: 'message' | 'status' | 'errors' | 'other' | 'unreadable' | 'forward' | 'audit';
  /** Meta app whose secret signed the notification. */
  app: string;
  /** `entry.id`. */
  wabaId: string | null;
  /** Webhook field: `messages`, … */
  field: string | null;
  phoneNumberId: string | null;
  /** Microseconds since 1970 of receipt, unique in one receiver: the order of its lane. */
  position: number;
  /** The item as it came, with what of the notification belongs to it. */
  body: Record<string, unknown>;
  /** Redis did not take it at once: it waited on the receiver's disk. */
  spooled?: true;
  /** Set when a dead letter was put back: what it comes back as, and what it has cost so far. */
  retried?: { deadLetterId: string; attempts: number; retries: number };
}
