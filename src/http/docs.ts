/** `/docs`: Swagger UI from its own package, under our content security policy (no inline script, no other host). */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { Express } from 'express';

import { requestState } from './request-log.ts';

const require = createRequire(import.meta.url);
const FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));
/** What the page needs; the package's own start page would load an example from elsewhere. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>WHATSPER API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** The key typed under "Authorize" stays in the page's memory. */
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

export function mountDocs(app: Express): void {
  app.get('/docs', (_request, response) => {
    requestState(response).route = '/docs';
    response.type('html').send(PAGE);
  });
  app.get('/docs/start.js', (_request, response) => {
    requestState(response).route = '/docs';
    response.type('js').send(START);
  });
  for (const file of FILES) {
    app.get(`/docs/${file}`, (_request, response) => {
      requestState(response).route = '/docs';
      response.sendFile(join(FOLDER, file), { maxAge: '1h' });
    });
  }
}
