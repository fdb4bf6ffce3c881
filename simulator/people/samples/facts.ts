import type { Ids } from '../../ids.ts';
import type { ExampleName } from '../../media/examples.ts';
import type { ClientMessage } from '../../webhooks/client-message.ts';

/** Facts that a sample may refer to. */
export interface SampleFacts {
  ids: Ids;
  /** The last message of the business in the chat, else a made-up one. */
  quoted: string;
  businessPhone: string;
  userId: string;
  /** The last text that the person wrote, else a made-up one: what is edited or taken back. */
  own?: string;
  /** Phone of the person, where it has one. */
  phone?: string;
  /** Puts a file where the gateway can fetch it; without it a made-up id stands in the message. */
  upload?: (name: ExampleName) => Record<string, unknown>;
}

export type Sample = (facts: SampleFacts) => ClientMessage;

/** `context` of an answer to what the business wrote (Cloud API: webhooks, messages, context). */
export const reply = ({ quoted, businessPhone }: SampleFacts): Record<string, unknown> => ({
  context: { from: businessPhone, id: quoted },
});

/** The person's own last text. */
export const ownOf = (facts: SampleFacts): string =>
  facts.own ?? facts.ids.wamid(facts.phone ?? facts.userId, 'client');
