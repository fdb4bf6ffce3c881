/** By which words messages and contacts are found: digests under the tenant's key, so that no row says a word. */
import { fieldsOf, tenantCollection, type TenantRow } from '../store/collection.ts';

const held = fieldsOf('processor');

/** `_id` is that of the message or contact. */
export interface SearchWordsRow extends TenantRow {
  kind: 'message' | 'contact';
  /** Whose words they are: what erases the contact erases these, too. */
  contactId: string;
  /** Keyed digests of words. */
  words: string[];
  /** Microseconds since 1970: a message's position, a contact's first coming. */
  at: number;
}

export const SearchWords = tenantCollection<SearchWordsRow>('searchWords', {
  retention: 'client-content',
  derived: true,
  fields: {
    kind: held.technical({ type: String, required: true }),
    contactId: held.technical({ type: String, required: true }),
    words: held.technical({ type: [String], required: true }),
    at: held.technical({ type: Number, required: true }),
  },
  indexes: [{ keys: { words: 1, at: -1, _id: -1 } }, { keys: { contactId: 1 } }],
});
