import type { Database } from '../../sqlite/index.ts';
import { ROWID_RANGE } from './scan.ts';
import type { MessagesSchema } from './schema.ts';

/**
 * What the messages of a source say about whose it is, as it stands in them, without repetition. It may be anything.
 * `accounts`: the account of a message, either way. `received`: the address at which a message of somebody else came
 * in. `sent`: what own messages have in that column. Their own address, mostly; whether it can be that of the
 * recipient is disputed, so it wants to be compared with the addresses of others.
 */
export type OwnClaims = { accounts: string[]; received: string[]; sent: string[] };

/** No owner has so many addresses, nor one so long; a column full of something else must not fill the memory. */
const CLAIMS_MAX = 1_000;
const CLAIM_MAX_LENGTH = 320;
/** Rows looked at once more: Messages makes a row first and fills it in after. */
const NEWEST_ROWS = 200;

/**
 * Reads those claims, every message once: the first `read` costs as much as a look at every row (0.1 s for 300,000
 * messages), a later one only as much as the rows that have come since. A claim once made stays.
 */
export class OwnAccounts {
  readonly #db: Database;
  readonly #schema: MessagesSchema;
  readonly #accounts = new Set<string>();
  readonly #received = new Set<string>();
  readonly #sent = new Set<string>();
  /** The highest row id that has been looked at. */
  #highest: number | null = null;

  constructor(db: Database, schema: MessagesSchema) {
    this.#db = db;
    this.#schema = schema;
  }

  read(): OwnClaims {
    const { name } = this.#schema;
    const column = (column: string) => this.#schema.column('m', 'message', column);
    // Before the rows: what is written meanwhile is looked at again next time.
    const highest = this.#db.value<number>(
      `SELECT ROWID FROM ${name}.message WHERE ROWID ${ROWID_RANGE} ORDER BY ROWID DESC LIMIT 1`,
    );
    const rows = this.#db.all<{ account: unknown; address: unknown; received: unknown }>(
      `SELECT DISTINCT ${column('account')} AS account, ${column('destination_caller_id')} AS address,
         ${column('is_from_me')} = 0 AND ${column('handle_id')} > 0 AS received
       FROM ${name}.message m NOT INDEXED WHERE ${this.#highest === null ? '?1 IS NULL' : 'm.ROWID > ?1'} LIMIT ?2`,
      this.#highest === null ? null : this.#highest - NEWEST_ROWS,
      CLAIMS_MAX,
    );
    for (const { account, address, received } of rows) {
      keep(this.#accounts, account);
      keep(received === 1 ? this.#received : this.#sent, address);
    }
    this.#highest = highest;
    return { accounts: [...this.#accounts], received: [...this.#received], sent: [...this.#sent] };
  }
}

function keep(claims: Set<string>, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.length > CLAIM_MAX_LENGTH || claims.size >= CLAIMS_MAX) return;
  claims.add(value);
}
