/** The privacy policy at `/policy`, for whoever follows the link of a mail or of the sign-in page: no script, no cookie. */
import type { RequestHandler } from 'express';

import { currentPolicy } from '../accounts/policy.ts';
import type { Context } from '../context.ts';
import { escapeHtml } from '../mail/html.ts';
import { requestState } from './request-log.ts';

export const POLICY_PATH = '/policy';

/** The policy in each language in which there is one. */
export function policyPage({ settings }: Pick<Context, 'settings'>): string {
  const { version, text } = currentPolicy(settings);
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
    '<meta name="viewport" content="width=device-width"><title>Privacy policy</title></head>' +
    `<body><p>Version ${escapeHtml(version)}</p>${parts}</body></html>`
  );
}

export function servePolicy(ctx: Context): RequestHandler {
  const page = policyPage(ctx); // another policy begins with a restart
  return (_request, response) => {
    requestState(response).route = POLICY_PATH;
    response.setHeader('Cache-Control', 'no-cache');
    response.type('html').send(page);
  };
}
