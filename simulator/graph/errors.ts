/** HTTP status and text of an error code (Cloud API: error codes). Details are what an integrator reads first. */
interface KnownError {
  http: number;
  title: string;
  details: string;
}

const known = (http: number, title: string, details = title): KnownError => ({ http, title, details });

const KNOWN: Record<number, KnownError> = {
  0: known(401, 'AuthException', 'The app user could not be authenticated.'),
  1: known(400, 'API Unknown', 'Invalid request or possible server error.'),
  2: known(503, 'API Service', 'Temporary due to downtime or due to being overloaded.'),
  3: known(500, 'API Method', 'Capability or permissions issue.'),
  4: known(400, 'API Too Many Calls', 'The app has reached its API call rate limit.'),
  10: known(403, 'API Permission Denied', 'Permission is either not granted or has been removed.'),
  33: known(400, 'Parameter value is not valid', 'The business phone number has been deleted.'),
  100: known(400, 'Invalid parameter', 'One or more parameters are unsupported or misspelled.'),
  104: known(400, 'An access token is required to request this resource.'),
  190: known(401, 'Invalid OAuth access token - Cannot parse access token'),
  368: known(403, 'Temporarily blocked for policies violations'),
  613: known(429, 'Calls to this api have exceeded the rate limit.'),
  80007: known(400, 'Rate limit issues', 'The WhatsApp Business Account has reached its rate limit.'),
  130403: known(400, 'User blocked', 'The business has blocked this user.'),
  130429: known(400, 'Rate limit hit', 'Cloud API message throughput has been reached.'),
  130472: known(400, "User's number is part of an experiment"),
  130497: known(403, 'Business account is restricted from messaging users in this country.'),
  131000: known(500, 'Something went wrong', 'Message failed to send due to an unknown error.'),
  131005: known(403, 'Access denied', 'Permission is either not granted or has been removed.'),
  131008: known(400, 'Required parameter is missing', 'The request is missing a required parameter.'),
  131009: known(400, 'Parameter value is not valid', 'One or more parameter values are invalid.'),
  131016: known(500, 'Service unavailable', 'A service is temporarily unavailable.'),
  131021: known(400, 'Recipient cannot be sender', 'Sender and recipient phone number is the same.'),
  131026: known(400, 'Message undeliverable', 'Message undeliverable.'),
  131030: known(400, 'Recipient phone number not in allowed list'),
  131031: known(403, 'Account has been locked', 'The account has been restricted or disabled.'),
  131042: known(
    400,
    'Business eligibility payment issue',
    'There was an error related to the payment method.',
  ),
  131045: known(
    500,
    'Incorrect certificate',
    'Message failed to send due to a phone number registration error.',
  ),
  131047: known(
    400,
    'Re-engagement message',
    'More than 24 hours have passed since the customer last replied to this number.',
  ),
  131048: known(400, 'Spam rate limit hit', 'There are restrictions on how many messages can be sent.'),
  131049: known(400, 'Message not delivered to maintain healthy ecosystem engagement.'),
  131050: known(
    400,
    'User has stopped marketing messages',
    'The recipient chose to stop marketing messages.',
  ),
  131051: known(400, 'Message type unknown', 'Message type is currently not supported.'),
  131052: known(400, 'Media download error', 'Unable to download the media sent by the user.'),
  131053: known(400, 'Media upload error', 'Unable to upload the media used in the message.'),
  131056: known(400, '(Business Account, Consumer Account) pair rate limit hit'),
  131057: known(500, 'Account in maintenance mode'),
  132000: known(400, 'Number of parameters does not match the expected number of params'),
  132001: known(404, 'Template name does not exist in the translation'),
  132005: known(400, 'Translated text too long'),
  132007: known(400, 'Template format character policy violated'),
  132012: known(400, 'Parameter format does not match format in the created template'),
  132015: known(400, 'Template is paused', 'Template is paused due to low quality.'),
  132016: known(400, 'Template is disabled', 'Template was paused too many times and is disabled for good.'),
  133004: known(503, 'Server temporarily unavailable', 'Server is temporarily unavailable.'),
  133010: known(400, 'Account not registered', 'The phone number is not registered.'),
  135000: known(400, 'Generic user error', 'Message failed to send because of an unknown parameter problem.'),
  137000: known(400, 'Recipient identity key hash mismatch'),
};

/** Title and details by which Meta names a code, in errors and in `failed` statuses. */
export function graphErrorTitle(code: number): { title: string; details: string } {
  return (
    KNOWN[code] ?? {
      title: 'Something went wrong',
      details: 'An error that this simulator has no words for.',
    }
  );
}

/** A call that is answered with a Graph error object. */
export class GraphError extends Error {
  readonly httpStatus: number;
  readonly details: string;

  constructor(
    readonly code: number,
    options: { details?: string | undefined; httpStatus?: number | undefined; subcode?: number } = {},
  ) {
    const { title, details } = graphErrorTitle(code);
    super(`(#${code}) ${title}`);
    this.httpStatus = options.httpStatus ?? KNOWN[code]?.http ?? 400;
    this.details = options.details ?? details;
    this.subcode = options.subcode;
  }

  readonly subcode: number | undefined;

  /** The body of the answer (Cloud API: error codes, response). */
  toBody(trace: string): Record<string, unknown> {
    const whatsapp = this.code >= 100_000;
    return {
      error: {
        message: whatsapp || this.subcode === undefined ? this.message : this.details,
        type: this.subcode === undefined ? 'OAuthException' : 'GraphMethodException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details },
        fbtrace_id: trace,
      },
    };
  }
}
