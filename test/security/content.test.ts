/** T-CT: what strangers write is shown, never run, never obeyed. Links, names, files, template parameters. */
import { describe, expect, it } from '@jest/globals';

import { contactLabel } from '../../console/inbox/people.ts';
import { webAddress } from '../../console/thread/content-parts.ts';
import { splitLinks } from '../../console/thread/links.ts';
import { plainName } from '../../console/ui/plain-name.ts';
import { routes } from '../../src/http/routes.ts';
import { mayBeShown, mimeOf } from '../../src/media/sniff.ts';
import { render } from '../../src/whatsapp/templates/render.ts';
import { shapeOf } from '../../src/whatsapp/templates/shape.ts';

const RLO = '\u202e';

describe('T-CT: javascript: links', () => {
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    '//example.com',
    ' javascript:/*https*/alert(1)',
  ])('javascript: and others are words: %j', (text) => {
    for (const part of splitLinks(text)) expect(part.kind).toBe('plain');
  });

  it('a link begins with http: or https:, whatever stands before it, and joined the parts are the text', () => {
    const text = 'javascript:https://example.com/a"onclick="x <b>http://b.example</b>';
    const parts = splitLinks(text);
    expect(parts.filter(({ kind }) => kind === 'link').map((part) => part.text)).toEqual([
      'https://example.com/a',
      'http://b.example',
    ]);
    expect(parts.map((part) => part.text).join('')).toBe(text);
  });
});

describe('T-CT: bidi override characters', () => {
  it.each([
    '\u202a',
    '\u202b',
    '\u202c',
    '\u202d',
    RLO,
    '\u2066',
    '\u2067',
    '\u2068',
    '\u2069',
    '\u200e',
    '\u200f',
    '\u061c',
  ])('in file names: exe hidden by %j is seen', (mark) => {
    expect(plainName(`invoice${mark}fdp.exe`)).toBe('invoicefdp.exe');
  });

  it('in names of people', () => {
    const contact = { id: 'con_1', name: `${RLO}nimda`, username: null, phone: null } as never;
    expect(contactLabel(contact)).toEqual({ kind: 'name', text: 'nimda' });
  });

  it('leave Hebrew and Arabic as they are', () => {
    for (const name of ['דנה לוי', 'محمد', 'قائمة (1).pdf']) expect(plainName(name)).toBe(name);
  });
});

describe('T-CT: SVG and HTML are only ever downloaded', () => {
  it.each([
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['image/png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['text/html', '<html><script>alert(1)</script></html>'],
    ['image/jpeg', '<!doctype html><script>alert(1)</script>'],
    ['application/xhtml+xml', '<html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['text/xml', '<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>'],
    ['application/pdf', '%PDF-1.7 /JavaScript'],
    ['audio/mpeg', 'alert(1)//'],
  ])('SVG, HTML and others said to be %s are downloaded, never shown', async (said, content) => {
    expect(mayBeShown(await mimeOf(Buffer.from(content), said))).toBe(false);
  });
});

describe('T-CT: javascript: links in buttons, ads and forms', () => {
  it.each([
    'javascript:alert(1)',
    'JAVASCRIPT://https://x',
    'data:text/html,x',
    ' https://x',
    '//x',
    7,
    null,
  ])('%j is no link', (address) => {
    expect(webAddress(address)).toBeNull();
  });
});

describe('T-CT: notes: there are none', () => {
  it('no route takes or shows a note: when one does, it must be shown that no note is ever sent', () => {
    expect(routes.filter(({ path }) => /\bnotes?\b/.test(path)).map(({ path }) => path)).toEqual([]);
  });
});

describe('T-CT: template variable injection', () => {
  it('what fills a variable is not looked at again', () => {
    const shape = shapeOf([{ type: 'BODY', text: '{{1}} and {{2}}' }], {
      format: 'POSITIONAL',
      category: 'UTILITY',
    });
    const parameters = [
      { type: 'text' as const, text: '{{2}} $& $1 {{1}}' },
      { type: 'text' as const, text: 'secret' },
    ];
    expect(render(shape, { components: [{ type: 'body', parameters }] }).body).toBe(
      '{{2}} $& $1 {{1}} and secret',
    );
  });

  it('prototype pollution: names of every object are no variables', () => {
    const words = '{{constructor}} {{toString}} {{__proto__}}';
    const shape = shapeOf([{ type: 'BODY', text: words }], { format: 'NAMED', category: 'UTILITY' });
    expect(render(shape, { components: [] }).body).toBe(words);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
