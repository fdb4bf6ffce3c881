/** Looks at the result from outside: REST with each tenant's key, the operator's command, Meta's own record. */
import type { Api, ConversationView, MessageView, Page } from '../../scripts/quickstart/rest.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { Accepted, Call, Parked, Probe, Shown } from './record.ts';
import type { Stack } from './stack.ts';

const PAGE = 100;
/** Of each tenant so many things are asked for with the other's key. */
const PROBES = 5;

/** Every message of every conversation of every tenant; a conversation's in its order, oldest first. */
export async function shownByRest(apis: Record<string, Api>): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const [tenant, api] of Object.entries(apis)) {
    const conversations = await pagesOf<ConversationView>(api, '/v1/conversations');
    for (const { id } of conversations) {
      const messages = await pagesOf<MessageView & { late?: true; position: number }>(
        api,
        `/v1/conversations/${id}/messages`,
      );
      for (const message of messages.reverse()) {
        const attemptedAt = message.status === 'unconfirmed' ? await attemptOf(api, message.id) : undefined;
        shown.push({
          tenant,
          conversationId: id,
          id: message.id,
          direction: message.direction,
          wamid: message.wamid,
          status: message.status,
          text: message.type === 'text' ? String(message.content.body) : null,
          late: message.late === true,
          position: message.position,
          ...(attemptedAt === undefined ? {} : { attemptedAt }),
        });
      }
    }
  }
  return shown;
}

async function pagesOf<Item>(api: Api, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<Item> = await api.get(`${path}?limit=${PAGE}${after}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

interface TimelineView {
  items: { step: string; at: string }[];
}

async function attemptOf(api: Api, messageId: string): Promise<number | undefined> {
  const { items } = await api.get<TimelineView>(`/v1/messages/${messageId}/timeline`);
  const attempt = items.find(({ step }) => step === 'attempted');
  return attempt && Date.parse(attempt.at);
}

/** Asks for some of each tenant's conversations and messages with the keys of the others. */
export async function probeOthers(apis: Record<string, Api>, shown: Shown[]): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const [stranger, api] of Object.entries(apis)) {
    const others = shown.filter(({ tenant }) => tenant !== stranger);
    const step = Math.max(1, Math.floor(others.length / PROBES));
    for (const { id, conversationId } of others.filter((_, index) => index % step === 0).slice(0, PROBES)) {
      const paths = [
        `/v1/messages/${id}`,
        `/v1/messages/${id}/timeline`,
        `/v1/conversations/${conversationId}`,
        `/v1/conversations/${conversationId}/messages`,
      ];
      for (const path of paths) probes.push({ path, status: (await api.ask(path)).status });
    }
  }
  return probes;
}

export async function deadLetters(stack: Stack): Promise<Parked[]> {
  const { items } = await stack.cli<{ items: Parked[] }>('dead-letters', 'list', '--limit', '1000');
  return items;
}

interface Status {
  queues: { queue: string; oldestSeconds: number | null }[];
}

/** Queues with something that nobody has handled. */
export async function busyQueues(stack: Stack): Promise<string[]> {
  const { queues } = await stack.cli<Status>('status');
  return queues
    .filter(({ oldestSeconds }) => oldestSeconds !== null)
    .map(({ queue, oldestSeconds }) => `${queue}: oldest item ${oldestSeconds} s`);
}

export function callsOf({ calls }: Simulator): Call[] {
  return calls.map(({ callbackData, outcome, answered }) => ({ messageId: callbackData, outcome, answered }));
}

const RUNGS = ['sent', 'failed', 'delivered', 'read'] as const;

export function acceptedBy({ sent, deliveries }: Simulator): Accepted[] {
  const posts = new Map(deliveries.map((delivery) => [delivery.id, delivery.state]));
  return sent.map(({ callbackData, body, statuses }) => {
    const told = statuses
      .filter(({ deliveryId }) => posts.get(deliveryId) === 'accepted')
      .map(({ status }) => RUNGS.findIndex((rung) => rung === status));
    const { body: text } = (body.text ?? {}) as { body?: string };
    return { messageId: callbackData, text: text ?? '', status: RUNGS[Math.max(...told)] ?? null };
  });
}
