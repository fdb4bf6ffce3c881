import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NUMBERS } from '../../scripts/quickstart/demo-data.ts';
import { AnswerError, Api, type Person, Phones, until } from '../../scripts/quickstart/rest.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const MESSAGES = 100;
const CLIENTS = 10;
/** The others are written while the victim dies. */
const KILLED_AFTER = 40;
/** A dead worker's lanes are taken over after its lock and one check, 20 s; then the rest is handled. */
const HANDLED_WITHIN_MS = 45_000;

type Victim = 'gateway' | 'worker' | 'redis' | 'mongodb';

const people = Array.from({ length: CLIENTS }, (_, index) => ({
  name: `Client ${index}`,
  phone: `4477009002${String(index).padStart(2, '0')}`,
}));

/** Which process is killed, and how it comes back: ours by the test, a server by its supervisor. */
async function killAndRestart(stack: TestStack, victim: Victim): Promise<void> {
  if (victim === 'gateway' || victim === 'worker') {
    stack.child(victim).kill('SIGKILL');
    await stack.restart(victim);
    return;
  }
  const record = await readFile(join(stack.dataDir, 'embedded', `${victim}.json`), 'utf8');
  const { process: server } = JSON.parse(record) as { process: { pid: number } };
  process.kill(server.pid, 'SIGKILL');
}

/** Messages `from` to `to` of the round, the clients in turn; the phones post them, and again until each got its 200. */
async function write(phones: Phones, round: string, from: number, to: number): Promise<void> {
  const writers = await phones.people();
  for (let index = from; index < to; index += 1) {
    const writer = writers[index % CLIENTS] as Person;
    await phones.write(writer.id, NUMBERS[0].phoneNumberId, textOf(round, Math.floor(index / CLIENTS)));
  }
}

function textOf(round: string, index: number): string {
  return `${round} ${String(index).padStart(2, '0')} שלום`;
}

/** By contact: the texts of this round in the order of the thread. */
async function threads(api: Api, round: string): Promise<Record<string, string[]>> {
  const { items } = await api.conversations();
  const found: Record<string, string[]> = {};
  for (const { id, contact } of items) {
    const texts = (await api.messages(id)).reverse().map(({ content }) => String(content.body));
    found[contact?.name ?? ''] = texts.filter((text) => text.startsWith(round));
  }
  return found;
}

const total = (found: Record<string, string[]>): number => Object.values(found).flat().length;

/** True once all messages of the round are there; an outage of the database is waited out. */
async function complete(api: Api, round: string): Promise<true | undefined> {
  try {
    return total(await threads(api, round)) >= MESSAGES ? true : undefined;
  } catch (error) {
    if (error instanceof AnswerError && error.status === 503) return undefined;
    throw error;
  }
}

function killing(database: 'given or embedded' | 'embedded', victims: Victim[]): void {
  describe(`P1, P2, P3, database ${database}`, () => {
    let stack: TestStack;

    beforeAll(async () => {
      stack = await startTestStack({ people, retryDelays: [100, 200, 400, 800], database });
    }, 120_000);

    afterAll(async () => {
      await stack.close();
    }, 60_000);

    it.each(victims)(
      `keeps all of ${MESSAGES} messages once and in order when the %s is killed amid them`,
      async (victim) => {
        const phones = new Phones(stack.simulatorUrl);
        const api = new Api(stack.gatewayUrl, stack.key);
        await write(phones, victim, 0, KILLED_AFTER);
        await until('the first messages', async () =>
          total(await threads(api, victim)) > 0 ? true : undefined,
        );
        const writing = write(phones, victim, KILLED_AFTER, MESSAGES);
        await Promise.all([writing, killAndRestart(stack, victim)]);
        await until('all messages', () => complete(api, victim), HANDLED_WITHIN_MS);
        const share = Array.from({ length: MESSAGES / CLIENTS }, (_, index) => textOf(victim, index));
        expect(await threads(api, victim)).toEqual(
          Object.fromEntries(people.map(({ name }) => [name, share])),
        );
      },
      90_000,
    );
  });
}

killing('given or embedded', ['gateway', 'worker', 'redis']);
// The database of the run may be somebody's server: that one is not ours to kill.
killing('embedded', ['mongodb']);
