import { exampleTemplates } from './templates/examples.ts';

/** Who is there when no settings file says otherwise: one business, and each kind of client that Meta shows. */

export const demoNumbers = [
  {
    phoneNumberId: '106540352242922',
    wabaId: '102290129340398',
    displayNumber: '+972 3-555-0100',
    accessToken: 'simulator-token',
    name: 'קפה לב · Heart Café',
  },
];

export const demoTemplates = exampleTemplates('102290129340398');

/** `manual`: the phone page reads a chat when somebody looks at it. */
export const demoPeople = [
  { name: 'Dana Levi', phone: '972500000001', userId: 'IL.1000000000000001', reading: 'manual' },
  {
    name: 'יואב כהן',
    phone: '972500000002',
    userId: 'IL.1000000000000002',
    username: 'yoav.k',
    reading: 'manual',
  },
  { name: 'Maya', userId: 'IL.1000000000000003', username: 'maya_writes', reading: 'manual' },
  { name: 'סבתא רותי', phone: '972500000004', reading: 'manual' },
];
