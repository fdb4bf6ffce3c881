/** P7: every route whose answer may hold clients' content says what it shows, so that the audit log can. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import type { TenantRoute } from '../../src/http/route.ts';
import { routes } from '../../src/http/routes.ts';

/** Parts of answers that hold what clients said, or who they are. */
const CONTENT = [
  'Message',
  'Conversation',
  'Contact',
  'Person',
  'Group',
  'Timeline',
  'Timelines',
  'DeadLetterDetail',
];

/** Ids of the schemas that an answer is made of. */
function partsOf({ response }: Pick<TenantRoute, 'response'>): string[] {
  const text = JSON.stringify(z.toJSONSchema(response, { unrepresentable: 'any' }));
  return [...text.matchAll(/"(?:id|\$ref)":"(?:#\/\$defs\/)?(\w+)"/g)].map(([, name = '']) => name);
}

const holdsContent = (route: Pick<TenantRoute, 'response'>) =>
  partsOf(route).some((name) => CONTENT.includes(name));

describe('P7: who looked at what', () => {
  const showing = routes.filter(
    (route): route is TenantRoute => route.scope !== 'public' && holdsContent(route),
  );

  it('finds the routes that show content', () => {
    const paths = showing.map(({ method, path }) => `${method} ${path}`);
    expect(paths).toEqual(
      expect.arrayContaining([
        'get /v1/conversations',
        'get /v1/conversations/{id}/messages',
        'get /v1/contacts/{id}',
        'get /v1/dead-letters/{id}',
        'post /v1/timeline',
      ]),
    );
  });

  it.each(showing.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s says what it shows',
    (_name, { views }) => expect(views).toBeInstanceOf(Function),
  );

  it('a route without would be found', () => {
    const part = z.object({ text: z.string() }).meta({ id: 'Message' });
    expect(
      holdsContent({ response: z.object({ items: z.array(z.object({ deep: part.optional() })) }) }),
    ).toBe(true);
    expect(holdsContent({ response: z.object({ id: z.string() }) })).toBe(false);
  });

  it('nobody who is not signed in is shown content', () => {
    expect(routes.filter((route) => route.scope === 'public' && holdsContent(route))).toEqual([]);
  });
});
