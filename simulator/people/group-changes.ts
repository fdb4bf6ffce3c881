/** What happens to groups, and the webhooks that tell of it. */
import { numberOf, type Simulation } from '../simulation.ts';
import { valueFor } from '../webhooks/envelope.ts';
import { postField } from '../webhooks/other-fields.ts';
import type { Group } from './groups.ts';
import { type Person, userIdFor, visiblePhone } from './people.ts';

/** Makes a group and tells the gateway of it and of who joined. @throws Error when the number does not live here */
export function makeGroup(
  simulation: Simulation,
  { phoneNumberId, subject, members }: { phoneNumberId: string; subject: string; members: Person[] },
): Group {
  const { groups, ids } = simulation;
  numberOf(simulation, phoneNumberId);
  const group = groups.create({ id: `Y2FwaV9ncm91c${ids.hex(8)}`, phoneNumberId, subject, members });
  tell(simulation, group, 'group_lifecycle_update', {
    type: 'group_create',
    request_id: ids.hex(8),
    subject,
    invite_link: `https://chat.whatsapp.com/${ids.hex(11)}`,
    join_approval_mode: 'auto_approve',
  });
  tell(simulation, group, 'group_participants_update', {
    type: 'group_participants_add',
    reason: 'invite_link',
    added_participants: members.map((member) => participant(simulation, group, member)),
  });
  return group;
}

/** Takes a member out, who left by themselves. @throws Error for who is not in it */
export function leaveGroup(simulation: Simulation, group: Group, person: Person): void {
  const place = group.members.indexOf(person);
  if (place < 0) throw new Error('Only a member can leave a group.');
  group.members.splice(place, 1);
  tell(simulation, group, 'group_participants_update', {
    type: 'group_participants_remove',
    initiated_by: 'participant',
    removed_participants: [participant(simulation, group, person)],
  });
}

function participant(simulation: Simulation, group: Group, person: Person): Record<string, string> {
  const phone = visiblePhone(person);
  const userId = userIdFor(person, numberOf(simulation, group.phoneNumberId));
  return {
    ...(phone === null ? {} : { input: phone, wa_id: phone }),
    ...(userId === null ? {} : { user_id: userId }),
  };
}

function tell(simulation: Simulation, group: Group, field: string, what: Record<string, unknown>): void {
  const number = numberOf(simulation, group.phoneNumberId);
  const timestamp = String(Math.floor(simulation.clock().getTime() / 1_000));
  const value = { ...valueFor(number), groups: [{ timestamp, group_id: group.id, ...what }] };
  simulation.tasks.own(postField(simulation, number.wabaId, field, value).posted);
}
