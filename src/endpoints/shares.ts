/** How many lanes of one endpoint are worked at a time, so that one that hangs does not hold every slot. */
export class Shares {
  readonly #held = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** @returns false when this one holds its share already. */
  take(id: string): boolean {
    const held = this.#held.get(id) ?? 0;
    if (held >= this.most) return false;
    this.#held.set(id, held + 1);
    return true;
  }

  release(id: string): void {
    const held = (this.#held.get(id) ?? 0) - 1;
    if (held > 0) this.#held.set(id, held);
    else this.#held.delete(id);
  }
}
