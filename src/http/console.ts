/** The console at `/`: files that the build left in dist/console. */
import { fileURLToPath } from 'node:url';

import express, { type Express } from 'express';

import { requestState } from './request-log.ts';

/** Seen from src/http/ when it runs from sources, from dist/src/http/ when it is built. */
const FOLDER = import.meta.url.endsWith('.ts') ? '../../dist/console/' : '../../console/';

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>WHATSPER</title></head>
  <body><h1>The console is not built</h1><p>Run <code>npm run build</code>, then load this page again.</p></body>
</html>
`;

/** Names with a hash in them never change; the page that names them is asked for each time. */
export function mountConsole(app: Express, folder = fileURLToPath(new URL(FOLDER, import.meta.url))): void {
  app.use(
    express.static(folder, {
      etag: true,
      setHeaders(response, path) {
        const isHashed = path.startsWith(`${folder}assets/`);
        response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    }),
  );
  // The sign-in page of one business: its account number, remembered by the browser afterwards.
  app.get('/t/:accountNumber', (request, response, next) => {
    requestState(response).route = 'console';
    const { accountNumber } = request.params;
    if (/^\d{10}$/.test(accountNumber)) response.redirect(302, `/#/t/${accountNumber}`);
    else next();
  });
  app.get('/', (_request, response) => {
    requestState(response).route = 'console';
    response.status(503).type('html').send(NOT_BUILT);
  });
}
