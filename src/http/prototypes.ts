/**
 * Express gives every request and response a prototype of its own, and changing a living object's prototype costs
 * more than all the rest it does. Objects that are made with the right prototype need no change. Should a later
 * Express or Node do it differently, Express changes the prototypes itself as before: slower, never wrong.
 */
import { IncomingMessage, ServerResponse } from 'node:http';

import type { Express } from 'express';

export interface RequestClasses {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
}

/** Classes for `http.createServer` whose objects Express finds ready; the application takes their prototypes as its own. */
export function requestClasses(app: Express): RequestClasses {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {}
  adopt(ExpressRequest.prototype, app.request);
  adopt(ExpressResponse.prototype, app.response);
  Object.assign(app, { request: ExpressRequest.prototype, response: ExpressResponse.prototype });
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
}

/** The prototype gets Express' methods and its own properties (`app`) as if Express had made it. */
function adopt(prototype: object, express: object): void {
  Object.setPrototypeOf(prototype, express);
}
