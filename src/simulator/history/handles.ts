import { appleDate } from '../apple-time.ts';
import type { MessagesDatabase } from '../database.ts';
import type { Random } from '../random.ts';
import type { Address } from './model.ts';

/** The owner of the history. `account` as message.account has it, `login` as chat.account_login. */
export type Owner = {
  phone: string;
  email: string;
  account: string;
  login: string;
  accountGuid: string;
  region: 'US';
};

export function makeOwner(random: Random): Owner {
  const phone = '+14155550100';
  return {
    phone,
    email: 'owner@example.com',
    account: `p:${phone}`,
    login: `P:${phone}`,
    accountGuid: random.uuid(),
    region: 'US',
  };
}

/** The rows of `handle`, made when an address is first used on a service. */
export class Handles {
  readonly owner: Owner;
  readonly #database: MessagesDatabase;
  readonly #random: Random;
  readonly #rows = new Map<string, number>();
  readonly #persons = new Map<string, string>();
  readonly #isLive: boolean;

  /**
   * `live`: the file may hold handles from before, and its triggers may take one away that nobody uses any more, so each
   * is looked up in the file.
   */
  constructor(database: MessagesDatabase, random: Random, owner: Owner, options: { live?: boolean } = {}) {
    this.#database = database;
    this.#random = random;
    this.owner = owner;
    this.#isLive = options.live ?? false;
  }

  /** Says that these addresses belong to one contact: their handles get one person_centric_id. */
  unite(normals: readonly string[]): void {
    const id = this.#random.uuid();
    for (const normal of normals) this.#persons.set(normal, id);
  }

  /** The ROWID of the handle of this address on this service. */
  of(address: Address, service: string): number {
    const key = `${service} ${address.id}`;
    const known = this.#isLive ? this.#find(address, service) : this.#rows.get(key);
    if (known !== undefined) return known;
    const rowId = this.#database.insertHandle({
      ROWID: null,
      id: address.id,
      country: address.country,
      service,
      uncanonicalized_id: address.uncanonical,
      person_centric_id: this.#persons.get(address.normal) ?? null,
    });
    this.#rows.set(key, rowId);
    return rowId;
  }

  #find(address: Address, service: string): number | undefined {
    const sql = 'SELECT ROWID FROM handle WHERE id = ? AND service = ?';
    return this.#database.db.value<number>(sql, address.id, service) ?? undefined;
  }

  get count(): number {
    return this.#rows.size;
  }

  /** A date in whole seconds, whatever the unit of the generation. */
  seconds(atMs: number): number | bigint {
    return appleDate(atMs, 's');
  }
}

/** An ordinary address: stored as it is normalised. */
export function address(normal: string): Address {
  const country = normal.startsWith('+1') ? 'us' : normal.startsWith('+44') ? 'gb' : null;
  return { id: normal, normal, country, uncanonical: null };
}
