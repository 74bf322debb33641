import type { Database } from '../../sqlite/index.ts';
import { pump } from './scan.ts';
import type { MessagesSchema } from './schema.ts';

/**
 * Whether the small tables (people, chats, who is in which) are as they were. The count costs microseconds and sees
 * what was added or taken away; the digest reads every row and sees renames, too.
 */
const COUNTED = ['handle', 'chat', 'chat_handle_join', 'chat_lookup', 'chat_service'] as const;

export function countSmallTables(db: Database, schema: MessagesSchema): string {
  const counts = COUNTED.filter((table) => schema.has(table)).map(
    (table) => `(SELECT count(*) || '/' || coalesce(max(ROWID), 0) FROM ${schema.name}.${table})`,
  );
  return db.value<string>(`SELECT ${counts.join(` || ' ' || `)}`) ?? '';
}

export function digestSmallTables(db: Database, schema: MessagesSchema): string {
  const digest = new Digest();
  const add = (...values: (string | number | null)[]) => digest.add(values);
  const text = (alias: string, table: string, column: string) => `CAST(${schema.column(alias, table, column)} AS TEXT)`;
  const chat = (column: string) => text('c', 'chat', column);
  const columns = ['guid', 'chat_identifier', 'service_name', 'room_name', 'display_name', 'group_id'].map(chat);
  const read = (from: string, ...values: string[]) =>
    pump(db, add, (call) => `SELECT ${call(...values)} FROM ${schema.name}.${from}`);
  read('chat c', 'c.ROWID', `CAST(${schema.column('c', 'chat', 'style')} AS INTEGER)`, ...columns);
  read('handle h', 'h.ROWID', text('h', 'handle', 'id'));
  if (schema.has('chat_handle_join')) read(`chat_handle_join WHERE ${INTEGERS}`, 'chat_id', 'handle_id');
  if (schema.has('chat_lookup')) read('chat_lookup', 'CAST(identifier AS TEXT)', 'CAST(chat AS TEXT)');
  if (schema.has('chat_service')) read('chat_service', 'CAST(service AS TEXT)', 'CAST(chat AS TEXT)');
  return digest.value;
}

const INTEGERS = `typeof(chat_id) = 'integer' AND typeof(handle_id) = 'integer'`;

/** Two running hashes of 32 bits; the order of what is added counts. */
class Digest {
  #a = 0x811c9dc5 | 0;
  #b = 0x1234567 | 0;

  add(values: readonly (string | number | null)[]): void {
    for (const value of values) {
      if (typeof value === 'string') for (let at = 0; at < value.length; at += 1) this.#mix(value.charCodeAt(at));
      else this.#mix(value === null ? -1 : value | 0);
      this.#mix(0x7fff_ffff);
    }
  }

  get value(): string {
    return `${this.#a}/${this.#b}`;
  }

  #mix(unit: number): void {
    this.#a = Math.imul(this.#a ^ unit, 0x01000193);
    this.#b = Math.imul((this.#b + unit) | 0, 0x85ebca6b) ^ (this.#b >>> 13);
  }
}
