import { describe, expect, it } from '@jest/globals';

import { isWhatsappStatus, OPEN_STATES, RANK } from '../../src/conversations/ladder.ts';

describe('the ladder', () => {
  it('has one rung for each state of a message that we send, in this order', () => {
    const { received, ...ours } = RANK;
    const climbed = Object.entries(ours).sort(([, one], [, other]) => one - other);
    expect(climbed.map(([state]) => state)).toEqual([
      'queued',
      'sending',
      'unconfirmed',
      'accepted',
      'sent',
      'failed',
      'delivered',
      'read',
      'played',
    ]);
    expect(new Set(Object.values(ours)).size).toBe(9);
    expect(received).toBe(0);
  });

  it('lets the sender deal only with what is below `accepted`', () => {
    for (const state of OPEN_STATES) expect(RANK[state]).toBeLessThan(RANK.accepted);
  });

  it.each([
    'queued',
    'sending',
    'unconfirmed',
    'accepted',
    'received',
    'deleted',
    'in_orbit',
    'constructor',
    '',
  ])('takes no "%s" from WhatsApp', (status) => {
    expect(isWhatsappStatus(status)).toBe(false);
  });
});
