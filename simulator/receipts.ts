import type { Fault } from './faults.ts';
import type { Person } from './people/people.ts';
import { quotedId } from './people/threads.ts';
import type { SentMessage, StatusName } from './sends.ts';
import type { Settings } from './settings.ts';
import type { Simulation } from './simulation.ts';
import { type Filled, shownTemplate } from './templates/filled.ts';
import type { DeliveryRecord } from './webhooks/deliveries.ts';
import { envelope } from './webhooks/envelope.ts';
import { encodeWebhook } from './webhooks/json.ts';
import { statusItem } from './webhooks/status-message.ts';

/** What a send's statuses meet on their way. */
interface Course {
  /** Posts of each status. */
  times: number;
  reversed: boolean;
  failed: { code: number; afterSent: boolean } | null;
  /** Real ms between what happens and its post. */
  lateMs: number;
  missing: readonly StatusName[];
}

interface StatusPost {
  status: StatusName;
  /** When it happened, which is not when it is posted. */
  at: Date;
  code?: number | undefined;
  times?: number;
  /** In a group: whose status it is. */
  member?: Person;
}

function courseOf(sent: SentMessage, fault: Fault | undefined): Course {
  const course: Course = { times: 1, reversed: false, failed: null, lateMs: 0, missing: [] };
  if (fault?.kind === 'repeatedStatuses') course.times = fault.times;
  if (fault?.kind === 'reversedStatuses') course.reversed = true;
  if (fault?.kind === 'lateStatuses') course.lateMs = fault.milliseconds;
  if (fault?.kind === 'missingStatuses') course.missing = fault.statuses;
  if (fault?.kind === 'failedStatus') course.failed = { code: fault.code, afterSent: fault.afterSent };
  // Meta accepts an address that nobody has and says so later (131026).
  else if (sent.person === null && sent.group === null) course.failed = { code: 131026, afterSent: false };
  return course;
}

/** On whose phones it appears. */
function readersOf({ person, group }: SentMessage): Person[] {
  return group === null ? (person === null ? [] : [person]) : group.members;
}

/** In a group each status names its member. */
function memberOf({ group }: SentMessage, person: Person): { member?: Person } {
  return group === null ? {} : { member: person };
}

function delaysOf(statuses: Exclude<Settings['statuses'], 'manual'>): {
  sent: number;
  delivered: number;
  read: number;
} {
  return statuses === 'immediate' ? { sent: 0, delivered: 0, read: 0 } : statuses;
}

/** Price facts come with `sent` and with the first of delivered and read (Cloud API: status webhook). */
function isPriced(sent: SentMessage, status: StatusName): boolean {
  const shown = (name: StatusName): boolean => name === 'delivered' || name === 'read';
  return status === 'sent' || (shown(status) && !sent.statuses.some((earlier) => shown(earlier.status)));
}

/**
 * Life of a sent message after its acceptance: sent → delivered (it appears on the phone) → read (the person saw it), each a
 * webhook. Statuses of one message are posted in this order, one after the other; messages do not wait for each other.
 */
export class Receipts {
  constructor(private readonly simulation: Simulation) {}

  /** Starts what follows by itself. With manual statuses the message appears on the phone and that is all. */
  start(sent: SentMessage, fault: Fault | undefined): void {
    const course = courseOf(sent, fault);
    const { statuses } = this.simulation.settings;
    if (statuses !== 'manual') this.simulation.tasks.own(this.#run(sent, course, delaysOf(statuses)));
    else if (course.failed === null) for (const person of readersOf(sent)) this.#arrive(sent, person);
  }

  /** Posts one status now. @param code Graph error code of a `failed` */
  post(sent: SentMessage, status: StatusName, code?: number): Promise<DeliveryRecord> {
    const at = this.simulation.clock();
    if (status === 'read' && sent.person !== null) this.#see(sent, sent.person, at);
    return this.#post(sent, { status, at, code });
  }

  /** The person looks at the chat: unread messages become read, with a status each unless receipts are off. */
  readChat(person: Person, phoneNumberId: string): Promise<DeliveryRecord[]> {
    const { threads, sends, settings, clock } = this.simulation;
    const silent = person.reading === 'off' || settings.statuses === 'manual';
    const at = clock();
    const posts: Promise<DeliveryRecord>[] = [];
    for (const { wamid, type } of threads.get(person, phoneNumberId).unread()) {
      const sent = sends.get(wamid);
      if (sent === undefined) continue;
      this.#see(sent, person, at);
      // Reactions produce `sent` only (Cloud API: reaction messages).
      if (!silent && type !== 'reaction') {
        posts.push(this.#post(sent, { status: 'read', at, ...memberOf(sent, person) }));
      }
    }
    return Promise.all(posts);
  }

  async #run(sent: SentMessage, course: Course, delays: ReturnType<typeof delaysOf>): Promise<void> {
    const { tasks } = this.simulation;
    const due: StatusPost[] = [];
    const reach = (status: StatusName, person?: Person): void => {
      if (course.missing.includes(status)) return;
      const member = person === undefined ? {} : memberOf(sent, person);
      const at = this.simulation.clock();
      due.push({ status, at, times: course.times, code: course.failed?.code, ...member });
      if (!course.reversed && course.lateMs === 0) this.#flush(sent, due);
    };
    if (!(await tasks.pause(delays.sent))) return;
    if (course.failed === null || course.failed.afterSent) reach('sent');
    if (course.failed !== null) reach('failed');
    else if (!(await this.#runOnPhones(sent, delays, reach))) return;
    if (!(await tasks.pause(course.lateMs))) return;
    this.#flush(sent, course.reversed ? due.reverse() : due);
  }

  /** From the receipt on, by one phone or those of a group. @returns false when the simulator stopped meanwhile */
  async #runOnPhones(
    sent: SentMessage,
    delays: ReturnType<typeof delaysOf>,
    reach: (status: StatusName, person: Person) => void,
  ): Promise<boolean> {
    const { tasks } = this.simulation;
    if (!(await tasks.pause(Math.max(0, delays.delivered - delays.sent)))) return false;
    const readers = readersOf(sent);
    for (const person of readers) this.#arrive(sent, person);
    // Reactions produce `sent` only (Cloud API: reaction messages).
    if (sent.type === 'reaction') return true;
    for (const person of readers) reach('delivered', person);
    const looking = readers.filter(({ reading }) => reading === 'auto');
    if (looking.length > 0 && (await tasks.pause(Math.max(0, delays.read - delays.delivered)))) {
      for (const person of looking) {
        if (this.#see(sent, person, this.simulation.clock())) reach('read', person);
      }
    }
    return true;
  }

  #flush(sent: SentMessage, due: StatusPost[]): void {
    for (const post of due.splice(0)) this.simulation.tasks.own(this.#post(sent, post));
  }

  #post(sent: SentMessage, { status, at, code, times = 1, member }: StatusPost): Promise<DeliveryRecord> {
    const { deliveries, subscriptions } = this.simulation;
    const facts = {
      status,
      at,
      priced: isPriced(sent, status),
      ...(member === undefined ? {} : { member }),
      ...(status === 'failed' ? { code: code ?? 131000 } : {}),
    };
    const body = encodeWebhook(envelope([statusItem(sent, facts)]));
    const options = { lanes: [`statuses ${sent.wamid}`], url: subscriptions.callbackOf(sent.number) };
    const first = deliveries.post(body, options);
    for (let time = 1; time < times; time += 1) deliveries.post(body, options);
    sent.statuses.push({ status, at, deliveryId: first.record.id });
    return first.posted;
  }

  /** The message appears on a phone. */
  #arrive({ number, group, wamid, type, body }: SentMessage, person: Person): void {
    const { threads, clock } = this.simulation;
    threads.add(threads.get(person, number.phoneNumberId), {
      author: 'business',
      group: group !== null,
      wamid,
      type,
      content: this.#shown(number, type, body[type] ?? null),
      quotes: quotedId(body['context'], 'message_id'),
      at: clock(),
      readAt: null,
    });
    this.#changed(person, number.phoneNumberId, wamid);
  }

  /** A template is shown with its words, where they are known here. */
  #shown({ wabaId }: SentMessage['number'], type: string, content: unknown): unknown {
    if (type !== 'template' || content === null) return content;
    const filled = content as Filled;
    const template = this.simulation.templates.find(wabaId, filled.name, filled.language.code);
    return template === undefined ? content : { ...filled, shown: shownTemplate(template, filled) };
  }

  /** Marks the message as seen. @returns false when it is not on the phone or was seen before */
  #see({ number, wamid }: SentMessage, person: Person, at: Date): boolean {
    const unread = this.simulation.threads.get(person, number.phoneNumberId).unread();
    const entry = unread.find((one) => one.wamid === wamid);
    if (entry === undefined) return false;
    entry.readAt = at;
    this.#changed(person, number.phoneNumberId, wamid);
    return true;
  }

  #changed(person: Person, phoneNumberId: string, wamid: string): void {
    this.simulation.events.emit({ type: 'message', personId: person.id, phoneNumberId, wamid });
  }
}
