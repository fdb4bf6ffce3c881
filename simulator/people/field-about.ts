import type { Simulation } from '../simulation.ts';
import { numberOf } from '../simulation.ts';
import type { DeliveryRecord } from '../webhooks/deliveries.ts';
import type { FieldFacts } from '../webhooks/field-facts.ts';
import { fieldSample } from '../webhooks/field-samples.ts';
import type { Posted } from '../webhooks/other-fields.ts';
import { postField } from '../webhooks/other-fields.ts';
import { isOfClient, sceneSteps } from '../webhooks/scenes.ts';
import type { Person } from './people.ts';
import { userIdFor, visiblePhone } from './people.ts';

function factsAbout(simulation: Simulation, person: Person, phoneNumberId: string): FieldFacts {
  const number = numberOf(simulation, phoneNumberId);
  const phone = visiblePhone(person);
  const userId = userIdFor(person, number);
  return {
    ids: simulation.ids,
    number,
    now: Math.floor(simulation.clock().getTime() / 1_000),
    client: {
      name: person.name,
      ...(phone === null ? {} : { phone }),
      ...(userId === null ? {} : { userId }),
    },
  };
}

/** Plays a scene about the person; fulfils when its webhooks were answered 200. */
export async function playScene(
  simulation: Simulation,
  person: Person,
  phoneNumberId: string,
  name: string,
): Promise<DeliveryRecord[]> {
  const { wabaId } = numberOf(simulation, phoneNumberId);
  if (isOfClient(name)) {
    simulation.threads.get(person, phoneNumberId).lastClientMessageAt = simulation.clock();
  }
  const steps = sceneSteps(name, factsAbout(simulation, person, phoneNumberId));
  return Promise.all(steps.map(({ field, value }) => postField(simulation, wabaId, field, value).posted));
}

/** Posts a webhook of another field than `messages`: an example about the person, or the value given. */
export function postFieldAbout(
  simulation: Simulation,
  person: Person,
  phoneNumberId: string,
  name: string,
  value?: Record<string, unknown>,
): Posted {
  const number = numberOf(simulation, phoneNumberId);
  const made = (): Record<string, unknown> =>
    fieldSample(name, factsAbout(simulation, person, phoneNumberId));
  return postField(simulation, number.wabaId, name, value ?? made());
}
