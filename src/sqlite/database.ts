import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Reading } from './reading.ts';

/**
 * The one gate through which every statement of ours passes: prepared statements are cached by their text, errors
 * carry the statement (never its parameters, which may be private), and tests can watch or cut the power here.
 */
export type Value = SQLInputValue;
export type Row = Record<string, unknown>;
export type Gate = (sql: string) => void;

/** An error of SQLite: `code` is the primary result code (sqlite.org/rescode.html), `sql` the statement. */
export class SqliteError extends Error {
  readonly code: number;
  readonly sql: string;

  constructor(message: string, code: number, sql: string, cause: unknown) {
    super(`${message} [${sql.replace(/\s+/g, ' ').slice(0, 120)}]`, { cause });
    this.name = 'SqliteError';
    this.code = code;
    this.sql = sql;
  }
}

const STATEMENT_CACHE_LIMIT = 256;

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #readings = new Map<string, Reading>();
  static #gate: Gate | null = null;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Calls `gate` before every statement of every connection, until told otherwise; a test may throw from it. */
  static watch(gate: Gate | null): void {
    Database.#gate = gate;
  }

  get driver(): DatabaseSync {
    return this.#db;
  }

  get isTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Runs one or more statements that return nothing. */
  exec(sql: string): void {
    this.#guard(sql, () => this.#db.exec(sql));
  }

  run(sql: string, ...params: Value[]): { changes: number; lastId: number } {
    return this.#guard(sql, () => {
      const result = this.#statement(sql).run(...params);
      return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
    });
  }

  all<T = Row>(sql: string, ...params: Value[]): T[] {
    return this.#guard(sql, () => this.#reading(sql).all<T>(params));
  }

  get<T = Row>(sql: string, ...params: Value[]): T | undefined {
    return this.#guard(sql, () => this.#reading(sql).get<T>(params));
  }

  /** The first column of the first row, or null. */
  value<T = unknown>(sql: string, ...params: Value[]): T | null {
    return this.#guard(sql, () => this.#reading(sql).value<T>(params));
  }

  /** Rows one by one, with a statement of its own, so that two iterations of one text can be open. */
  *iterate<T = Row>(sql: string, ...params: Value[]): Generator<T> {
    const rows = this.#guard(sql, () => new Reading(this.#db.prepare(sql)).iterate<T>(params));
    try {
      while (true) {
        const next = this.#guard(sql, () => rows.next());
        if (next === undefined) return;
        yield next;
      }
    } finally {
      // Whoever stops early must not keep the statement, and its snapshot, open.
      rows.return();
    }
  }

  /** Registers a JavaScript function. It must be total: an exception from it would end the statement. */
  function(
    name: string,
    // biome-ignore lint/suspicious/noExplicitAny: SQLite passes whatever the column holds.
    fn: (...args: any[]) => string | number | bigint | Uint8Array | null,
    options: { deterministic?: boolean; bigInts?: boolean; variadic?: boolean } = {},
  ): void {
    this.#db.function(
      name,
      {
        deterministic: options.deterministic ?? false,
        useBigIntArguments: options.bigInts ?? false,
        varargs: options.variadic ?? false,
      },
      fn,
    );
  }

  /** Attaches another database under `name`; a URI of `foreignUri` keeps it read-only. */
  attach(uri: string, name: string): void {
    this.run(`ATTACH ? AS ${name}`, uri);
  }

  detach(name: string): void {
    // A cached statement would keep the database busy.
    this.#forget();
    this.exec(`DETACH ${name}`);
  }

  /** Runs `work` in one transaction: all of it or nothing. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Runs `work` with one view of the database: whatever is written meanwhile is seen after it. */
  snapshot<T>(work: () => T): T {
    this.exec('BEGIN DEFERRED');
    try {
      return work();
    } finally {
      if (this.#db.isTransaction) this.#db.exec('COMMIT');
    }
  }

  close(): void {
    this.#forget();
    if (this.#db.isOpen) this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #forget(): void {
    this.#statements.clear();
    this.#readings.clear();
  }

  #statement(sql: string): StatementSync {
    return this.#cached(this.#statements, sql, () => this.#db.prepare(sql));
  }

  #reading(sql: string): Reading {
    return this.#cached(this.#readings, sql, () => new Reading(this.#db.prepare(sql)));
  }

  #cached<S>(cache: Map<string, S>, sql: string, prepare: () => S): S {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    if (cache.size >= STATEMENT_CACHE_LIMIT) cache.clear();
    const statement = prepare();
    cache.set(sql, statement);
    return statement;
  }

  #guard<T>(sql: string, work: () => T): T {
    Database.#gate?.(sql);
    try {
      return work();
    } catch (error) {
      throw toSqliteError(error, sql);
    }
  }
}

function toSqliteError(error: unknown, sql: string): unknown {
  const { errcode, message } = error as { errcode?: unknown; message?: string };
  if (typeof errcode !== 'number') return error;
  return new SqliteError(message ?? 'SQLite error', errcode & 0xff, sql, error);
}
