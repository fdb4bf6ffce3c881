/** The privacy policy at `/policy` and the terms at `/terms`, for whoever follows a link to them: no script, no cookie. */
import type { RequestHandler } from 'express';

import { currentPolicy, currentTerms, type LegalText } from '../accounts/legal-texts.ts';
import type { Context } from '../context.ts';
import { escapeHtml } from '../mail/html.ts';
import { requestState } from './request-log.ts';

/** Path, title and text of each page. Another text begins with a restart. */
export function legalPages({ settings }: Pick<Context, 'settings'>): [path: string, page: string][] {
  return [
    ['/policy', pageOf('Privacy policy', currentPolicy(settings))],
    ['/terms', pageOf('Terms of service', currentTerms(settings))],
  ];
}

/** The text in each language in which there is one. */
function pageOf(title: string, { version, text }: LegalText): string {
  const part = (lang: string, dir: string, words: string) =>
    `<article lang="${lang}" dir="${dir}">${words
      .split(/\n{2,}/)
      .map((lines) => `<p>${escapeHtml(lines).replaceAll('\n', '<br>')}</p>`)
      .join('')}</article>`;
  const parts =
    text.he === text.en
      ? `<main dir="auto">${part('', 'auto', text.en)}</main>`
      : `<main>${part('en', 'ltr', text.en)}<hr>${part('he', 'rtl', text.he)}</main>`;
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    `<meta name="viewport" content="width=device-width"><title>${title}</title></head>` +
    `<body><p>Version ${escapeHtml(version)}</p>${parts}</body></html>`
  );
}

export function servePage(path: string, page: string): RequestHandler {
  return (_request, response) => {
    requestState(response).route = path;
    response.setHeader('Cache-Control', 'no-cache');
    response.type('html').send(page);
  };
}
