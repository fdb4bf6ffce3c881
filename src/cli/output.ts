/** What a command prints: one JSON document with --json, else a table or a list of fields for people. */

export interface Terminal {
  /** Prints a line of the answer. */
  out(text: string): void;
  /** Prints a line about the command itself: errors, progress. */
  err(text: string): void;
  /** Standard input to its end. */
  input(): Promise<string>;
}

export type Cell = string | number | boolean | null | undefined | Date | readonly string[];

export class Output {
  readonly #terminal: Terminal;
  readonly #json: boolean;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  /** One thing; `note` is for people only. */
  one<Fields extends { [Name in keyof Fields]: Cell }>(fields: Fields, note?: string): void {
    if (this.#json) return this.document(fields);
    this.#fields(fields);
    if (note !== undefined) this.#terminal.out(`\n${note}`);
  }

  /**
   * Many things with the same fields. `columns`: those that people see; `empty`: what to do when there are none;
   * `nextCursor`: of a list that comes in pages, null at its end.
   */
  many<Row extends { [Name in keyof Row]: Cell }>(
    rows: Row[],
    options: { columns: (keyof Row & string)[]; empty?: string; nextCursor?: string | null },
  ): void {
    const { columns, empty = 'None.', nextCursor } = options;
    if (this.#json) {
      return this.document({ items: rows, ...(nextCursor === undefined ? {} : { nextCursor }) });
    }
    if (rows.length === 0) return this.#terminal.out(empty);
    this.#table(
      columns,
      rows.map((row) => columns.map((name) => row[name])),
    );
    if (nextCursor) this.#terminal.out(`\nThere are more: --cursor ${nextCursor}`);
  }

  /** A document of several parts, a table or fields each; people see their names as titles. */
  parts(parts: Record<string, Record<string, Cell>[] | Record<string, Cell>>): void {
    if (this.#json) return this.document(parts);
    for (const [index, [name, part]] of Object.entries(parts).entries()) {
      this.#terminal.out(index === 0 ? name : `\n${name}`);
      if (!Array.isArray(part)) this.#fields(part);
      else {
        this.#table(
          Object.keys(part[0] ?? {}),
          part.map((row) => Object.values(row)),
        );
      }
    }
  }

  #fields(fields: Record<string, Cell>): void {
    const width = Math.max(...Object.keys(fields).map((name) => name.length));
    for (const [name, value] of Object.entries(fields)) {
      this.#terminal.out(`${name.padEnd(width)}  ${shown(value)}`);
    }
  }

  #table(columns: string[], rows: Cell[][]): void {
    const lines = [columns, ...rows.map((row) => row.map(shown))];
    const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    for (const line of lines) {
      this.#terminal.out(
        line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    }
  }

  /** One JSON document, whoever reads it. */
  document(value: unknown): void {
    this.#terminal.out(JSON.stringify(value, null, 2));
  }
}

/** Cells hold what tenants wrote: control characters would move the operator's cursor. */
function shown(value: Cell): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Date) return value.toISOString();
  return (Array.isArray(value) ? value.join(',') : String(value)).replace(/\p{Cc}/gu, '\u{FFFD}');
}
