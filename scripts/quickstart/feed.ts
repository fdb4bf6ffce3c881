/** The live feed as a console reads it: server-sent events over fetch, remembered from the first one on. */

interface FeedEvent {
  /** Id in the tenant's Redis stream. */
  id: string;
  type: string;
  messageId: string | undefined;
}

export interface Feed {
  /** Every `message.received` of this message so far. @throws Error when the feed broke off */
  received(messageId: string): FeedEvent[];
  close(): void;
}

interface EventData {
  message?: { id: string };
}

/** Opens the feed. @throws Error when it is refused */
export async function openFeed(gatewayUrl: string, key: string): Promise<Feed> {
  const ending = new AbortController();
  const answer = await fetch(`${gatewayUrl}/v1/feed`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: ending.signal,
  });
  if (answer.status !== 200 || !answer.body) throw new Error(`the feed answered ${answer.status}`);
  const events: FeedEvent[] = [];
  let broken: unknown;
  read(answer.body, events).catch((error: unknown) => {
    broken = error;
  });
  return {
    received(messageId) {
      if (broken !== undefined) throw new Error('the feed broke off', { cause: broken });
      return events.filter((event) => event.type === 'message.received' && event.messageId === messageId);
    },
    close: () => ending.abort(),
  };
}

async function read(body: ReadableStream<Uint8Array>, events: FeedEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event) events.push(event);
    }
  }
  throw new Error('the server ended it');
}

/** One block of `field: value` lines; comments (keep-alives) give nothing. */
function parse(block: string): FeedEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^([a-z]+):\s?(.*)$/.exec(line) ?? [];
    if (name) fields.set(name, value);
  }
  const type = fields.get('event');
  if (type === undefined) return undefined;
  const data = JSON.parse(fields.get('data') ?? '{}') as EventData;
  return { id: fields.get('id') ?? '', type, messageId: data.message?.id };
}
