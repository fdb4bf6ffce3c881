/** To which lane an item belongs: its sender's, so that one person's messages keep their order. */
import { createHash } from 'node:crypto';

import { groupOfChange, personOfChange } from '../whatsapp/payload/fields.ts';
import { isJson, text } from '../whatsapp/payload/json.ts';
import { turnOf } from '../whatsapp/payload/people.ts';
import type { LaneItem } from './item.ts';

/** Statuses commute: they go through this many lanes per number. */
const STATUS_LANES = 16;

/** Parts of the lane's name (`ItemLanes.laneName`); the same whenever and wherever the item is placed. */
export function lanePartsOf(item: Omit<LaneItem, 'position'>): string[] {
  const number = item.phoneNumberId ?? item.wabaId ?? item.app;
  const { message, status, messageId } = item.body;
  if (item.kind === 'message' && isJson(message)) {
    const { bsuid, parent, phone } = turnOf(message);
    return [number, text(message.group_id) ?? bsuid ?? parent ?? phone ?? 'unknown-sender'];
  }
  if (item.kind === 'status' && isJson(status)) {
    return [number, `status/${statusLane(text(status.id) ?? '')}`];
  }
  if (item.kind === 'other' && isJson(item.body.value)) {
    const { bsuid, parent, phone } = personOfChange(item.body.value);
    return [number, groupOfChange(item.body.value) ?? bsuid ?? parent ?? phone ?? 'other'];
  }
  if (item.kind === 'forward') return ['forward', text(messageId) ?? ''];
  return [number, 'other'];
}

function statusLane(wamid: string): number {
  return (createHash('sha256').update(wamid).digest()[0] ?? 0) % STATUS_LANES;
}
