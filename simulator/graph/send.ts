import type { Response } from 'express';

import type { Fault } from '../faults.ts';
import type { Receipts } from '../receipts.ts';
import type { SendCall, SentMessage } from '../sends.ts';
import type { BusinessNumber } from '../settings.ts';
import type { Simulation } from '../simulation.ts';
import type { Filled } from '../templates/filled.ts';
import { accept, acceptedBody, addresseeOf, windowClosed } from './accept.ts';
import { GraphError } from './errors.ts';
import { checkMediaId } from './media.ts';
import { parseSend } from './message-body.ts';
import { checkTemplate } from './templates.ts';

const PROXY_PAGE = '<html><body><h1>Sorry, something went wrong.</h1></body></html>';

/** Answers as the fault says instead of with the accepted message; true when it did. */
function answerByFault(response: Response, fault: Fault | undefined): boolean {
  switch (fault?.kind) {
    case 'http':
      response.status(fault.status).type('html').send(PROXY_PAGE);
      return true;
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'hang':
      // The connection stays open without an answer until the caller or the simulator ends it.
      return true;
    default:
      return false;
  }
}

const isAccepted = (fault: Fault | undefined): boolean =>
  fault === undefined || !('accepted' in fault) || fault.accepted;

/** Notes the request as one that Meta refused; what comes of it is written over that. */
function noteCall({ sends, clock }: Simulation, rawBody: unknown, response: Response): SendCall {
  const data: unknown =
    typeof rawBody === 'object' && rawBody !== null
      ? Reflect.get(rawBody, 'biz_opaque_callback_data')
      : undefined;
  const callbackData = typeof data === 'string' ? data : null;
  const call: SendCall = { callbackData, at: clock(), outcome: 'refused', answered: false };
  const inItsWords = (): boolean => String(response.getHeader('content-type')).includes('json');
  response.once('finish', () => (call.answered = inItsWords()));
  sends.calls.push(call);
  return call;
}

/**
 * `POST /{phone-number-id}/messages`: checks, meets an ordered fault, accepts, answers, and starts the statuses.
 * @throws GraphError for what Meta refuses
 */
export async function send(
  simulation: Simulation,
  receipts: Receipts,
  number: BusinessNumber,
  rawBody: unknown,
  response: Response,
): Promise<void> {
  const call = noteCall(simulation, rawBody, response);
  const body = parseSend(rawBody);
  checkMediaId(simulation, number.phoneNumberId, body);
  const who = addresseeOf(simulation, number, body);
  const fault = simulation.faults.take(number.phoneNumberId, who.waId ?? who.recipient ?? who.to ?? '');
  if (fault?.kind === 'error') {
    throw new GraphError(fault.code, { httpStatus: fault.httpStatus, details: fault.details });
  }
  simulation.throttle.take(number.phoneNumberId, who.group?.id ?? who.waId ?? who.recipient ?? '');
  if (body.type === 'template') {
    checkTemplate(simulation, number, body['template'] as Filled, who.person);
  }
  const closed = windowClosed(simulation, number, who, body);
  if (closed && simulation.settings.window === 'http') throw new GraphError(131047);
  if (!isAccepted(fault)) {
    call.outcome = 'dropped';
    answerByFault(response, fault);
    return;
  }
  const sent = accept(simulation, number, who, body);
  call.outcome = 'accepted';
  const course: Fault | undefined = closed ? { kind: 'failedStatus', code: 131047, afterSent: false } : fault;
  const begin = (): void => {
    if (!who.lost) receipts.start(sent, course);
  };
  await answer(simulation, response, sent, fault, begin);
}

/** Statuses begin once the answer is out, unless the fault delays or loses it. */
async function answer(
  { tasks }: Simulation,
  response: Response,
  sent: SentMessage,
  fault: Fault | undefined,
  begin: () => void,
): Promise<void> {
  if (answerByFault(response, fault)) return begin();
  if (fault?.kind === 'slow') {
    begin();
    if (await tasks.pause(fault.milliseconds)) response.json(acceptedBody(sent));
    return;
  }
  response.once('finish', begin);
  response.json(acceptedBody(sent));
}
