/** The forms and fields of the operator's command: programs rely on them for ever. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parkItem } from '../../src/lanes/dead-letters.ts';
import type { ParkReason } from '../../src/lanes/model.ts';
import { authenticateKey } from '../../src/tenants/keys.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { run } from './terminal.ts';

describe('whatsper', () => {
  let ctx: TestContext;
  let tenantId: string;
  beforeAll(async () => {
    ctx = await testContext();
    ({ tenantId } = await json(['tenant', 'create', '--name', 'Bakery', '--email', 'owner@bakery.example']));
  });
  afterAll(() => ctx.close());

  async function json<T = Record<string, string>>(args: string[]): Promise<T> {
    const { exitCode, out, err } = await run(ctx, [...args, '--json']);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    return JSON.parse(out) as T;
  }
  const words = (line: string) => line.split(' ');

  describe('tenant', () => {
    it('create prints the new tenant', async () => {
      const made = await json(['tenant', 'create', '--name', 'Florist', '--email', 'owner@florist.example']);
      expect(made).toEqual({
        tenantId: expect.stringMatching(/^ten_/),
        accountNumber: expect.stringMatching(/^\d{10}$/),
        name: 'Florist',
        email: 'owner@florist.example',
        status: 'active',
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    });

    it('list prints one document, and a table for people', async () => {
      const { items } = await json<{ items: { tenantId: string }[] }>(['tenant', 'list']);
      expect(items.map((one) => one.tenantId)).toContain(tenantId);
      const { out } = await run(ctx, ['tenant', 'list']);
      const [head, ...rows] = out.split('\n');
      expect(head).toMatch(/^tenantId +accountNumber +name +email +status +emergencyReachable +createdAt$/);
      expect(rows.find((row) => row.startsWith(tenantId))).toContain('Bakery');
    });

    it('says every fault of refused input', async () => {
      const ran = await run(ctx, ['tenant', 'create', '--name', '', '--email', 'nobody']);
      expect(ran).toEqual({
        exitCode: 2,
        out: '',
        err: 'name must not be empty; email must be an e-mail address.',
      });
    });
  });

  describe('channel', () => {
    const add = (more: string[] = []) => [
      ...words(`channel add --tenant ${tenantId} --phone-number-id 1065 --waba-id 1022 --token EAAG`),
      '--display-number',
      '+972 3 555 0100',
      ...more,
    ];

    it('add prints the channel, a second time the same one', async () => {
      const first = await json(add());
      expect(first).toMatchObject({
        channelId: expect.stringMatching(/^chn_/),
        phoneNumberId: '1065',
        created: true,
      });
      const again = await json(add(['--name', 'Front desk']));
      expect(again).toMatchObject({ channelId: first.channelId, name: 'Front desk', created: false });
    });

    it("refuses another tenant's number", async () => {
      const other = await json(['tenant', 'create', '--name', 'Other', '--email', 'o@other.example']);
      const args = add().map((word) => (word === tenantId ? String(other.tenantId) : word));
      const ran = await run(ctx, args);
      expect(ran).toEqual({ exitCode: 2, out: '', err: 'This phone number id belongs to another tenant.' });
    });

    it('reads the token from standard input, so that it stands in no history', async () => {
      const args = add().map((word) => (word === 'EAAG' ? '-' : word));
      expect(await run(ctx, args, 'EAAG-from-input\n')).toMatchObject({ exitCode: 0 });
      expect(await run(ctx, args, '')).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining('token must be'),
      });
    });

    it('never prints the token', async () => {
      const { out } = await run(ctx, ['channel', 'list', '--tenant', tenantId, '--json']);
      expect(out).toContain('972');
      expect(out).not.toContain('EAAG');
    });
  });

  describe('key', () => {
    it('create prints a key that works, once', async () => {
      const made = await json(words(`key create --tenant ${tenantId} --scopes messages:read,messages:send`));
      await expect(authenticateKey(ctx, String(made.key))).resolves.toMatchObject({
        tenantId,
        scopes: ['messages:read', 'messages:send'],
      });
      const { out } = await run(ctx, ['key', 'list', '--tenant', tenantId, '--json']);
      expect(out).toContain(made.keyId);
      expect(out).not.toContain(made.key);
    });

    it('tells a person that the key is shown only this once', async () => {
      const { out } = await run(
        ctx,
        words(`key create --tenant ${tenantId} --scopes messages:read --name till`),
      );
      expect(out).toMatch(/^key +wsk_/m);
      expect(out).toContain('The key is shown only this once: keep it now.');
    });

    it('names unknown scopes', async () => {
      const ran = await run(ctx, words(`key create --tenant ${tenantId} --scopes messages:read,all`));
      expect(ran).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining('unknown scope "all"; known are'),
      });
    });

    it('revoke ends a key at once', async () => {
      const made = await json(words(`key create --tenant ${tenantId} --scopes messages:read`));
      const revoked = await json(words(`key revoke --tenant ${tenantId} ${made.keyId}`));
      expect(revoked).toMatchObject({ keyId: made.keyId, revokedAt: expect.stringMatching(/Z$/) });
      await expect(authenticateKey(ctx, String(made.key))).resolves.toBeNull();
    });
  });

  describe('endpoint', () => {
    it('add prints the secret once, with a word about that for people', async () => {
      const made = await json(words(`endpoint add --tenant ${tenantId} --url https://hooks.example.com/x`));
      expect(made).toMatchObject({
        endpointId: expect.stringMatching(/^end_/),
        secret: expect.stringMatching(/^whsec_/),
      });
      const { out } = await run(
        ctx,
        words(`endpoint add --tenant ${tenantId} --url https://hooks.example.com/y`),
      );
      expect(out).toContain('shown only this once');
      const listed = await run(ctx, ['endpoint', 'list', '--tenant', tenantId]);
      expect(listed.out).toContain('https://hooks.example.com/x');
      expect(listed.out).not.toContain('whsec_');
    });

    it('refuses an address that may not be called', async () => {
      const ran = await run(ctx, words(`endpoint add --tenant ${tenantId} --url https://10.0.0.1/`));
      expect(ran).toEqual({ exitCode: 2, out: '', err: 'url must be an address of the public internet.' });
    });
  });

  describe('dead-letters', () => {
    const park = (reason: ParkReason, phoneNumberId: string, from?: string) =>
      parkItem(
        ctx,
        {
          kind: 'message',
          app: 'default',
          wabaId: '9',
          field: 'messages',
          phoneNumberId,
          position: ctx.positions.next(),
          body: {
            message: { ...(from === undefined ? {} : { from }), text: { body: 'canary of the client' } },
          },
        },
        { reason, detail: 'Why, in our words.', attempts: 3 },
      );
    const ids = async (args: string) =>
      (await json<{ items: { id: string }[] }>(words(`dead-letters ${args}`))).items.map(({ id }) => id);

    it('list and show say what is needed to decide, never what was said', async () => {
      const id = await park('unrouted', '71');
      expect(await ids('list')).toEqual([id]);
      expect(await ids('list --reason failed')).toEqual([]);
      expect(await ids('list --phone-number-id 71 --limit 1')).toEqual([id]);
      const shown = await json(words(`dead-letters show ${id}`));
      expect(shown).toMatchObject({ id, reason: 'unrouted', detail: 'Why, in our words.', attempts: 3 });
      const { out } = await run(ctx, ['dead-letters', 'show', id]);
      expect(out + JSON.stringify(shown)).not.toContain('canary');
    });

    it('show tells the form of the item', async () => {
      const [id = ''] = await ids('list');
      const shown = await json<{ structure: string[] }>(words(`dead-letters show ${id}`));
      expect(shown.structure).toEqual(['message.text.body: text of 20']);
    });

    it('list comes in pages, and takes a person and a range of time', async () => {
      const person = (phone: string) => park('failed', '75', phone);
      const [one, two] = [await person('972501110001'), await person('972501110002')];
      const first = await json<{ items: { id: string }[]; nextCursor: string }>(
        words('dead-letters list --phone-number-id 75 --limit 1'),
      );
      const rest = await ids(`list --phone-number-id 75 --limit 1 --cursor ${first.nextCursor}`);
      expect([...first.items.map(({ id }) => id), ...rest].sort()).toEqual([one, two].sort());
      expect(await ids('list --person +972501110002')).toEqual([two]);
      const typed = await run(ctx, words('dead-letters list --person - --json'), '972-50-111-0001\n');
      expect(typed.out).toContain(one);
      expect(typed.out).not.toContain(two);
      expect(await ids('list --phone-number-id 75 --to 2020-01-01')).toEqual([]);
      expect(await ids('list --phone-number-id 75 --from 2020-01-01T00:00Z')).toHaveLength(2);
      expect(await json(words('dead-letters retry --person 972501110001'))).toEqual({ replayed: 1 });
      expect(await json(words('dead-letters replay --phone-number-id 75'))).toEqual({ replayed: 1 });
    });

    it('replay takes ids, a filter, or all; exactly one of them', async () => {
      const first = await park('failed', '72');
      await park('failed', '73');
      await park('mismatch', '73');
      expect(await json(words(`dead-letters replay ${first}`))).toEqual({ replayed: 1 });
      expect(await json(words('dead-letters replay --phone-number-id 73 --reason failed'))).toEqual({
        replayed: 1,
      });
      for (const unclear of ['', ` ${first} --all`, ' --all --reason failed']) {
        expect(await run(ctx, words(`dead-letters replay${unclear}`))).toMatchObject({ exitCode: 2 });
      }
      expect(await ids('list --reason mismatch')).toHaveLength(1);
      expect(await json(words('dead-letters replay --all'))).toMatchObject({ replayed: 2 });
      expect(await run(ctx, ['dead-letters', 'list'])).toMatchObject({ out: 'No dead letters.' });
    });

    it('discard needs a reason and removes one for good', async () => {
      const id = await park('unreadable', '74');
      expect(await run(ctx, ['dead-letters', 'discard', id])).toMatchObject({ exitCode: 2 });
      expect(await json(['dead-letters', 'discard', id, '--reason', 'a test'])).toEqual({
        id,
        discarded: true,
      });
      expect(await run(ctx, ['dead-letters', 'show', id])).toEqual({
        exitCode: 3,
        out: '',
        err: 'No such dead letter.',
      });
    });

    it.each([
      'list --limit 0',
      'list --limit 1001',
      'list --limit 1e2',
      'list --limit x',
      'list --reason because',
      'list --cursor x',
      'list --from yesterday',
      'list --to 2026-11-22T09:30',
      'list --person nobody',
      'discard dlt_1 --reason 972501110001',
      'discard dlt_1 --reason a@b.example',
    ])('refuses %s', async (args) => {
      expect(await run(ctx, words(`dead-letters ${args}`))).toMatchObject({ exitCode: 2, out: '' });
    });
  });

  it.each([
    'channel list --tenant ten_none',
    'key list --tenant ten_none',
    'key create --tenant ten_none --scopes messages:read',
    'endpoint list --tenant ten_none',
    'endpoint add --tenant ten_none --url https://a.example/',
  ])('%s: no such tenant, exit code 3', async (args) => {
    expect(await run(ctx, words(args))).toEqual({ exitCode: 3, out: '', err: 'No such tenant.' });
  });

  it.each([
    'dead-letters show dlt_none',
    'dead-letters replay dlt_none',
    'dead-letters discard dlt_none --reason x',
  ])('%s: no such dead letter, exit code 3', async (args) => {
    expect(await run(ctx, words(args))).toEqual({ exitCode: 3, out: '', err: 'No such dead letter.' });
  });

  it.each([
    ['', 'Usage: whatsper'],
    ['tenant', 'Usage: whatsper tenant'],
    ['tenants list', "unknown command 'tenants'"],
    ['tenant create --name x', "required option '--email <address>' not specified"],
    ['tenant list --all', "unknown option '--all'"],
    ['tenant list extra', 'too many arguments'],
    ['status --jsn', "unknown option '--jsn'"],
  ])('"%s" is wrong use: exit code 2, nothing on standard output', async (args, message) => {
    const ran = await run(ctx, args === '' ? [] : words(args));
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
    expect(ran.err).toContain(message);
  });

  it('--help documents commands, exit codes and --json', async () => {
    const { exitCode, out, err } = await run(ctx, ['--help']);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    for (const word of [
      'tenant',
      'channel',
      'key',
      'endpoint',
      'dead-letters',
      'status',
      'config',
      '--json',
    ]) {
      expect(out).toContain(word);
    }
    expect(out).toContain('0 done; 1 a server is away or something failed here; 2 wrong use');
    expect((await run(ctx, ['channel', 'add', '--help'])).out).toContain('--phone-number-id <id>');
  });

  it('shows no control characters of what was stored', async () => {
    const name = 'Bakery \u{9b}31mred';
    const ran = await run(ctx, ['tenant', 'create', '--name', name, '--email', 'a@b.example']);
    expect(ran).toMatchObject({ exitCode: 2, err: expect.stringContaining('control characters') });
  });
});
