/**
 * The lanes in two parts with a write of its own each: while one is on its way to Redis, what came for the other is made
 * ready. All of a lane is in one part, and a part's writes go one after the other, so that a lane's items keep their
 * order, whatever becomes of a write. What needs quiet has a turn of all parts.
 */
import { GroupCommit } from '../lanes/group-commit.ts';
import type { Placed } from '../lanes/item-lanes.ts';

const PARTS = 2;
/** Requests whose items share a write. */
const GROUP_LIMIT = 500;

/** Makes the items of several requests durable. @returns for each request nothing, or why its items are not */
type Write = (groups: Placed[][]) => Promise<(Error | undefined)[]>;

interface Part {
  commit: GroupCommit<Placed[], Error | undefined>;
  /** The end of its last turn. */
  turn: Promise<unknown>;
}

export class IntakeParts {
  readonly #parts: Part[];

  constructor(write: Write) {
    this.#parts = Array.from({ length: PARTS }, () => {
      const part: Part = {
        commit: new GroupCommit((groups) => inTurn([part], () => write(groups)), GROUP_LIMIT),
        turn: Promise.resolve(),
      };
      return part;
    });
  }

  /** Writes items, together with what else comes for their parts. @returns why not, when they are not durable */
  async add(items: Placed[]): Promise<Error | undefined> {
    const [first] = items;
    if (items.length === 1 && first) return this.#parts[partOf(first)]?.commit.add(items);
    const adding = this.#parts.flatMap(({ commit }, part) => {
      const some = items.filter((item) => partOf(item) === part);
      return some.length === 0 ? [] : [commit.add(some)];
    });
    return (await Promise.all(adding)).find((outcome) => outcome !== undefined);
  }

  /** Works while nothing is written. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return inTurn(this.#parts, work);
  }
}

function inTurn<Result>(parts: Part[], work: () => Promise<Result>): Promise<Result> {
  const turn = Promise.all(parts.map((part) => part.turn)).then(work);
  const ended = turn.catch(() => undefined);
  for (const part of parts) part.turn = ended;
  return turn;
}

function partOf({ lane }: Placed): number {
  return lane.charCodeAt(0) % PARTS;
}
