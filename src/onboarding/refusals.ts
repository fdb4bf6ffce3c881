/** What the Graph API's refusals mean while a number is connected, and what a person does about each (Cloud API: error codes). */
import type { AccountFailure } from '../whatsapp/account.ts';

const ADVICE: Record<number, [text: string, todo: string]> = {
  0: ['The token is not accepted.', 'Make a new token of a system user and give that one.'],
  3: ['The app lacks a capability.', 'Give the app the use case WhatsApp in the App Dashboard.'],
  4: ['The app asks Meta too often.', 'Wait some minutes and repeat the command.'],
  10: [
    'The token lacks a permission.',
    'Make a token with whatsapp_business_management and whatsapp_business_messaging.',
  ],
  33: ['Meta knows no such number.', 'Check --phone-number-id: it is the id, not the number.'],
  100: [
    'Meta does not know this id, or the token may not see it.',
    'Check the ids, and that the account is assigned to the system user of the token.',
  ],
  190: ['The token is not valid or has run out.', 'Make a new token of a system user and give that one.'],
  200: [
    'The token lacks a permission.',
    'Make a token with whatsapp_business_management and whatsapp_business_messaging.',
  ],
  368: [
    'The account is blocked for policy reasons.',
    'Look into the account’s quality page at Meta and ask for a review there.',
  ],
  80007: ['The account has been asked too often.', 'Wait an hour at most and repeat the command.'],
  131031: ['The account is locked.', 'Ask Meta’s support to unlock it, then repeat the command.'],
  133000: [
    'An earlier deregistration did not end.',
    'Deregister the number in the WhatsApp Manager, wait some minutes, and repeat the command.',
  ],
  133004: ['Meta’s server is away.', 'Repeat the command in some minutes.'],
  133005: [
    'The two-step PIN is wrong.',
    'Give the PIN that was set for this number, or reset it in the WhatsApp Manager (Phone numbers, Two-step verification).',
  ],
  133006: [
    'The number is not verified yet.',
    'Verify it by SMS or call in the WhatsApp Manager, then repeat the command.',
  ],
  133008: [
    'The PIN was guessed wrong too often.',
    'Wait as long as Meta says, then repeat with the right PIN.',
  ],
  133009: ['The PIN was tried too quickly.', 'Wait as long as Meta says, then repeat with the right PIN.'],
  133010: ['The number is not registered.', 'Repeat the command with --pin.'],
  133015: ['The number was deleted just now.', 'Wait five minutes and repeat the command.'],
  133016: [
    'The number was registered too often: ten times in 72 hours.',
    'Wait until the block ends, then repeat the command.',
  ],
};

/** Codes of a number that moves from another account or provider. */
const MIGRATION = new Set([2388001, 2388012, 2388091, 2388093, 2388103]);
/** Codes of a call that was not allowed at all: 200 to 299. */
const isPermission = (code: number) => code >= 200 && code <= 299;

/** In words: what happened, and what to do. Meta's own words follow, since they sometimes say more. */
export function explainFailure(failure: AccountFailure): { text: string; todo: string } {
  if (failure.kind === 'unknown') {
    return {
      text: `Meta did not answer (${failure.cause}).`,
      todo: 'Check the network and GRAPH_API_URL, then repeat the command.',
    };
  }
  const { code, words } = failure;
  const [text, todo] = known(code);
  return { text: `${text} Meta says: ${words} (code ${code}).`, todo };
}

function known(code: number): [string, string] {
  if (MIGRATION.has(code)) {
    return [
      'The number is still with another account or provider.',
      'Have its two-step verification switched off there, or migrate it in the WhatsApp Manager, then repeat the command.',
    ];
  }
  return (
    ADVICE[isPermission(code) ? 200 : code] ?? [
      'Meta refused.',
      'Do what Meta says, then repeat the command.',
    ]
  );
}
