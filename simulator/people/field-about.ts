import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import { fieldSample } from '../webhooks/field-samples.ts';
import type { Posted } from '../webhooks/other-fields.ts';
import { postField } from '../webhooks/other-fields.ts';
import type { Person } from './people.ts';
import { userIdFor, visiblePhone } from './people.ts';

/** Posts a webhook of another field than `messages`: an example about the person, or the value given. */
export function postFieldAbout(
  simulation: Simulation,
  person: Person,
  phoneNumberId: string,
  name: string,
  value?: Record<string, unknown>,
): Posted {
  const number = numberOf(simulation, phoneNumberId);
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  const made = (): Record<string, unknown> =>
    fieldSample(name, {
      ids: simulation.ids,
      number,
      now: Math.floor(simulation.clock().getTime() / 1_000),
      client: {
        name: person.name,
        ...(phone === null ? {} : { phone }),
        ...(userId === null ? {} : { userId }),
      },
    });
  return postField(simulation, number.wabaId, name, value ?? made());
}
