/** The command's words. */
import { parseArgs } from 'node:util';

import { SIDE_NAMES, type SideName } from './sides/side.ts';

export const SECTIONS = ['ingest', 'end-to-end', 'stored', 'tenants', 'flood', 'feeds'] as const;
export type Section = (typeof SECTIONS)[number];

export interface Options {
  only: Section[];
  sides: SideName[];
  rounds: number;
  /** Measured time of each run. */
  seconds: number;
  quick: boolean;
  json: boolean;
  /** Folder for plots and the result. */
  plots: string | undefined;
  /** Folder for profiles of our processes. */
  profile: string | undefined;
  /** A database other than the embedded one. */
  mongodbUri: string | undefined;
}

export const HELP = `npm run bench                      everything, on the embedded servers (MONGODB_URI names another database)
npm run bench -- --quick           everything, small: tries the tool, says little
  --only a,b      of ${SECTIONS.join(', ')}
  --sides a,b     of ${SIDE_NAMES.join(', ')}
  --rounds N      rounds in which the sides take turns (3)
  --seconds N     measured time of each run (10)
  --json          one JSON instead of tables
  --plots FOLDER  writes the plots and the result there
  --profile DIR   writes a profile of our web server and worker there`;

/** @throws Error that names what is unknown */
export function readOptions(words: string[], environment: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: words,
    options: {
      only: { type: 'string' },
      sides: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      plots: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const { quick } = values;
  return {
    only: chosen('--only', values.only, SECTIONS),
    sides: chosen('--sides', values.sides, SIDE_NAMES),
    rounds: positive('--rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('--seconds', values.seconds, quick ? 2 : 10),
    quick,
    json: values.json,
    plots: values.plots,
    profile: values.profile,
    mongodbUri: environment.MONGODB_URI === '' ? undefined : environment.MONGODB_URI,
  };
}

function chosen<Word extends string>(flag: string, text: string | undefined, known: readonly Word[]): Word[] {
  if (text === undefined) return [...known];
  return text.split(',').map((word) => {
    const found = known.find((each) => each === word.trim());
    if (found === undefined) throw new Error(`${flag} names "${word}"; known are ${known.join(', ')}.`);
    return found;
  });
}

function positive(flag: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0)) throw new Error(`${flag} must be a number above 0.`);
  return value;
}
