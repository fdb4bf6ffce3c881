import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { RequestHandler } from 'express';
import express from 'express';

/** Where the build puts the page, seen from the built code and from the sources. */
const PLACES = [
  join(import.meta.dirname, '..', 'phone'),
  join(import.meta.dirname, '..', '..', 'dist', 'simulator', 'phone'),
];

/** Serves the built phone page, or says how to build it. */
export function phonePage(): RequestHandler {
  const folder = PLACES.find(
    (place) => existsSync(join(place, 'index.html')) && existsSync(join(place, 'assets')),
  );
  if (folder !== undefined) return express.static(folder);
  return (_request, response) => {
    response.status(404).type('text').send('The phone page is not built yet: npm run build\n');
  };
}
