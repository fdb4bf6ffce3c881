/** What a command prints: one JSON document with --json, else a table or a list of fields for people. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

type Cell = string | number | boolean | null | undefined | Date | readonly string[];
export type Fields = Record<string, Cell>;

function shown(value: Cell): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Date) return value.toLocaleString();
  return Array.isArray(value) ? value.join(',') : String(value);
}

export class Output {
  readonly #terminal: Terminal;
  readonly #json: boolean;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  /** One thing; `note` is for people only. */
  one(fields: Fields, note?: string): void {
    if (this.#json) return this.#document(fields);
    const width = Math.max(...Object.keys(fields).map((name) => name.length));
    for (const [name, value] of Object.entries(fields))
      this.#terminal.out(`${name.padEnd(width)}  ${shown(value)}`);
    if (note) this.#terminal.out(`\n${note}`);
  }

  /** Many things with the same fields; `empty` says what to do when there are none. */
  many(rows: Fields[], empty: string): void {
    if (this.#json) return this.#document({ items: rows });
    const names = Object.keys(rows[0] ?? {});
    if (names.length === 0) return this.#terminal.out(empty);
    const lines = [names, ...rows.map((row) => names.map((name) => shown(row[name])))];
    const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    for (const line of lines) {
      this.#terminal.out(
        line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    }
  }

  /** What `whatsper status` knows: a table of queues and a few facts. */
  status({ queues, ...facts }: { queues: Fields[] } & Record<string, unknown>): void {
    if (this.#json) return this.#document({ queues, ...facts });
    this.many(queues, 'No queues.');
    this.#terminal.out('');
    this.one(facts as Fields);
  }

  #document(value: unknown): void {
    this.#terminal.out(JSON.stringify(value, null, 2));
  }
}
