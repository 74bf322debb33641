import type { SQLInputValue, StatementSync } from 'node:sqlite';

type Cells = readonly unknown[];
type Template = Readonly<Record<string, unknown>>;

/**
 * A statement that is read from. The driver's own objects have no hidden class, which makes whatever is done with them
 * several times slower: rows are taken as arrays, and each is made a copy of one template, which has one.
 */
export class Reading {
  readonly #statement: StatementSync;
  #names: readonly string[] = [];
  #template: Template = {};

  constructor(statement: StatementSync) {
    statement.setReturnArrays(true);
    this.#statement = statement;
  }

  all<T>(params: readonly SQLInputValue[]): T[] {
    const rows = this.#statement.all(...params) as unknown as Cells[];
    return rows.map((cells) => this.#row(cells) as T);
  }

  get<T>(params: readonly SQLInputValue[]): T | undefined {
    const cells = this.#statement.get(...params) as unknown as Cells | undefined;
    return cells === undefined ? undefined : (this.#row(cells) as T);
  }

  /** The first column of the first row, or null. */
  value<T>(params: readonly SQLInputValue[]): T | null {
    const cells = this.#statement.get(...params) as unknown as T[] | undefined;
    return cells?.[0] ?? null;
  }

  /** Rows one by one. `return` lets go of the statement before they end. */
  iterate<T>(params: readonly SQLInputValue[]): { next(): T | undefined; return(): void } {
    const rows = this.#statement.iterate(...params) as unknown as Iterator<Cells>;
    return {
      next: () => {
        const { done, value } = rows.next();
        return done === true ? undefined : (this.#row(value) as T);
      },
      return: () => void rows.return?.(),
    };
  }

  #row(cells: Cells): Record<string, unknown> {
    // The schema of a foreign database may change under a statement that reads all its columns.
    if (cells.length !== this.#names.length) this.#learnColumns();
    const row: Record<string, unknown> = { ...this.#template };
    const names = this.#names;
    for (let at = 0; at < cells.length; at += 1) row[names[at] as string] = cells[at];
    return row;
  }

  #learnColumns(): void {
    this.#names = this.#statement.columns().map(({ name }) => name);
    // Parsed, because an object that is filled name by name loses its hidden class after a dozen.
    this.#template = JSON.parse(
      JSON.stringify(Object.fromEntries(this.#names.map((name) => [name, null]))),
    ) as Template;
  }
}
