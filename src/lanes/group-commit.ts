/**
 * What arrives while a write is in flight goes together with the next one, as does what arrives in the same turn of
 * the event loop. No timer: when it is quiet nothing waits. Each caller gets the result of its own item, or the failure of the write that carried it.
 */
export class GroupCommit<Item, Result> {
  readonly #write: (items: Item[]) => Promise<Result[]>;
  readonly #limit: number;
  #waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #writing = false;

  /** `write` returns one result per item, in order; `limit` caps a write's items. */
  constructor(write: (items: Item[]) => Promise<Result[]>, limit: number) {
    this.#write = write;
    this.#limit = limit;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#writing) return;
      this.#writing = true;
      setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#limit);
      try {
        const results = await this.#write(group.map(({ item }) => item));
        if (results.length !== group.length) throw new Error('A group write must give one result per item.');
        group.forEach(({ resolve }, index) => resolve(results[index] as Result));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = false;
  }
}
