/** The OpenAPI document is whole, and says what the server does. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiDocument } from '../../src/http/openapi.ts';
import { routes } from '../../src/http/routes.ts';
import { type TestContext, testContext } from '../support/context.ts';
import { openGateway, type TestGateway } from '../support/fixtures.ts';

type Json = Record<string, unknown>;
interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Json };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

const document = JSON.parse(JSON.stringify(openApiDocument(routes, 'https://gateway.example.com'))) as {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Json;
  components: { schemas: Json; securitySchemes: Json };
};

/** Every value under a key of this name, anywhere. */
function valuesOf(name: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([key, value]: [string, unknown]) => [
    ...(key === name ? [value] : []),
    ...valuesOf(name, value),
  ]);
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the document', () => {
  it('is OpenAPI 3.1 and names its server', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: 'https://gateway.example.com' }]);
  });

  it('has every route of the table and the feed, and nothing else', () => {
    const described = operations.map(({ method, path }) => `${method} ${path}`).sort();
    const served = [...routes.map(({ method, path }) => `${method} ${path}`), 'get /v1/feed'].sort();
    expect(described).toEqual(served);
  });

  it('refers only to what it has', () => {
    const references = valuesOf('$ref', document) as string[];
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      const found = reference
        .split('/')
        .slice(1)
        .reduce<unknown>((within, name) => (within as Json | undefined)?.[name], document);
      expect({ reference, found: found !== undefined }).toEqual({ reference, found: true });
    }
  });

  const publicPaths = new Set(
    routes.filter(({ scope }) => scope === 'public').map(({ method, path }) => `${method} ${path}`),
  );

  it('gives every operation a name of its own, a summary, the key, and its problems', () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { method, path, operation } of operations) {
      expect(operation.summary).not.toBe('');
      const isPublic = publicPaths.has(`${method} ${path}`);
      expect(operation.security).toEqual(isPublic ? [] : [{ apiKey: [] }, { session: [] }]);
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining(isPublic ? ['403', '503'] : ['401', '503']),
      );
    }
  });

  it.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))(
    '%s declares each parameter of its path, and a schema for each answer',
    (_name, { path, operation }) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required === true)).toBe(true);
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(description).not.toBe('');
        const type = Number(status) < 400 ? /json|event-stream/ : /^application\/problem\+json$/;
        const [[media = '', body] = []] = Object.entries(content ?? {});
        expect(media).toMatch(type);
        expect(body?.schema).toBeDefined();
      }
    },
  );

  it('says that unknown fields of bodies are refused', () => {
    const bodies = operations.flatMap(
      ({ operation }) => valuesOf('schema', operation.requestBody?.content?.['application/json']) as Json[],
    );
    expect(bodies).toHaveLength(routes.filter(({ body }) => body).length);
    const alternatives = bodies.flatMap(({ oneOf, ...schema }) => (oneOf as Json[] | undefined) ?? [schema]);
    for (const schema of alternatives) expect(schema.additionalProperties).toBe(false);
  });

  it('has examples that fit their schemas', () => {
    for (const schema of Object.values(document.components.schemas) as Json[]) {
      for (const property of Object.values((schema.properties ?? {}) as Record<string, Json>)) {
        if (property.example === undefined || typeof property.type !== 'string') continue;
        expect(typeof property.example).toBe(property.type);
        if (typeof property.pattern === 'string') {
          expect(property.example).toMatch(new RegExp(property.pattern));
        }
      }
    }
  });

  it('describes what endpoints receive', () => {
    expect(Object.keys(document.webhooks)).toEqual(['message.received']);
  });
});

describe('served', () => {
  let ctx: TestContext;
  let gateway: TestGateway;
  beforeAll(async () => {
    ctx = await testContext();
    gateway = await openGateway(ctx);
  });
  afterAll(async () => {
    await gateway.close();
    await ctx.close();
  });

  it('/openapi.json needs no key', async () => {
    const { status, body } = await gateway.ask('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(body).toEqual({ ...document, servers: [{ url: '/' }] });
  });

  it('/docs and its files come from here alone, without inline scripts', async () => {
    const { status, text, headers } = await gateway.ask('GET', '/docs');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(text).not.toMatch(/<script>|<style>|style=|\son\w+=|https?:/);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files).toHaveLength(4);
    for (const file of files) expect((await gateway.ask('GET', file)).status).toBe(200);
  });
});
