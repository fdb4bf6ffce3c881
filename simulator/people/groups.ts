import type { Person } from './people.ts';

/** A business's group with people (Cloud API: groups). */
export interface Group {
  readonly id: string;
  readonly phoneNumberId: string;
  readonly subject: string;
  readonly members: Person[];
  /** wamid of what stands on top. */
  pinned: string | null;
  /** Last word of a member: opens the window of all. */
  lastMemberMessageAt: Date | null;
}

/** Besides the business (Cloud API: groups, limits). */
const MOST_MEMBERS = 8;

export class Groups {
  readonly #groups = new Map<string, Group>();

  /** @throws Error for no member, or too many */
  create(group: Pick<Group, 'id' | 'phoneNumberId' | 'subject' | 'members'>): Group {
    if (group.members.length === 0 || group.members.length > MOST_MEMBERS) {
      throw new Error(`A group has 1 to ${MOST_MEMBERS} members besides the business.`);
    }
    const made: Group = { ...group, pinned: null, lastMemberMessageAt: null };
    this.#groups.set(group.id, made);
    return made;
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  list(): Group[] {
    return [...this.#groups.values()];
  }
}
