import { exampleBytes, MIME_TYPES } from '../media/examples.ts';
import { MEDIA_LIFE } from '../media/store.ts';
import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import type { Person } from './people.ts';
import { userIdFor } from './people.ts';
import type { SampleFacts } from './samples/facts.ts';
import type { BusinessEntry } from './threads.ts';

const digitsOf = (displayNumber: string): string => displayNumber.replace(/[^0-9]/g, '');

/** What the person's samples to this number refer to: the chat so far, and files that can be fetched. */
export function factsFor(simulation: Simulation, person: Person, phoneNumberId: string): SampleFacts {
  const { ids, threads, media, door } = simulation;
  const number = numberOf(simulation, phoneNumberId);
  const { entries } = threads.get(person, phoneNumberId);
  const quoted = entries.findLast((entry): entry is BusinessEntry => entry.author === 'business');
  const own = entries.findLast(({ author, type }) => author === 'client' && type === 'text');
  return {
    ids,
    quoted: quoted?.wamid ?? ids.wamid(digitsOf(number.displayNumber), 'business'),
    businessPhone: digitsOf(number.displayNumber),
    userId: userIdFor(person, number) ?? 'IL.1000000000000000',
    ...(own === undefined ? {} : { own: own.wamid }),
    ...(person.phone === null ? {} : { phone: person.phone }),
    upload(name) {
      const file = media.put(exampleBytes(name), MIME_TYPES[name], number.phoneNumberId, MEDIA_LIFE.received);
      const url = `${door.url}/attachments/${media.newLink(file)}`;
      return { mime_type: file.mimeType, sha256: file.sha256.toString('base64'), id: file.id, url };
    },
  };
}
