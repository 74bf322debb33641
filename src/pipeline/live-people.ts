import { type LoadedChats, loadChats, loadParty } from '../load/index.ts';
import { countSmallTables, digestSmallTables, type MessagesSchema, readChats } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { ChatIdentity, Party, RowContext } from '../transform/index.ts';
import { findSelfChats, type PeopleOptions, participantsOf, preparePeople, readIdentities } from './lookups.ts';
import { SourceAddresses } from './source-addresses.ts';

/** The names of chats are read again at most this often, in milliseconds, while nothing was added or taken away. */
const RENAMES_EVERY_MS = 250;

/** What came of a look at the small tables. */
export type PeopleChange = Pick<LoadedChats, 'created' | 'updated' | 'united'> & { contacts: number[] };

const NOTHING: PeopleChange = { created: [], updated: [], united: new Set(), contacts: [] };

/**
 * People and chats of a source that is followed: what the rules for rows look up, kept in memory and brought up to date
 * when the small tables have changed. `refresh` writes, so it belongs inside a batch's transaction; after a rollback
 * everything has to be loaded anew.
 */
export class LivePeople {
  readonly #db: Database;
  readonly #schema: MessagesSchema;
  readonly #context: RowContext;
  readonly #options: PeopleOptions;
  readonly #sourceId: number;
  readonly #byAddress = new Map<string, Party>();
  readonly #known = new Map<string, string>();
  readonly chatOfRow = new Map<number, number>();
  #counts = '';
  #digest = '';
  #digestAtMs = Number.NEGATIVE_INFINITY;
  #isStale = false;
  lookUps = 0;
  misses = 0;

  constructor(db: Database, schema: MessagesSchema, context: RowContext, options: PeopleOptions, sourceId: number) {
    this.#db = db;
    this.#schema = schema;
    this.#context = context;
    this.#options = options;
    this.#sourceId = sourceId;
  }

  /** Everything from the beginning, address books included. */
  load(nowMs: number): PeopleChange & { problems: string[] } {
    const newest = this.#db.value<number>('SELECT max(id) FROM contacts') ?? 0;
    const prepared = preparePeople(this.#db, this.#schema, this.#context, this.#options, this.#sourceId);
    this.#byAddress.clear();
    this.#known.clear();
    this.chatOfRow.clear();
    for (const [address, party] of prepared.loaded.byAddress) this.#byAddress.set(address, party);
    for (const [rowid, chat] of prepared.chats.chatOfRow) this.chatOfRow.set(rowid, chat);
    for (const identity of prepared.identities) this.#known.set(keyOf(identity), JSON.stringify(identity));
    this.#note(nowMs);
    const contacts = this.#db.all<{ id: number }>('SELECT id FROM contacts WHERE id > ? ORDER BY id', newest);
    return { ...prepared.chats, contacts: contacts.map(({ id }) => id), problems: prepared.problems };
  }

  /** True when chats may have been renamed since the names were last read: there is something to look at soon. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Brings everything up to date, if anything has changed; `urgent`: something has just happened to a group. */
  refresh(nowMs: number, urgent: boolean): PeopleChange {
    this.lookUps += 1;
    const counts = countSmallTables(this.#db, this.#schema);
    if (counts === this.#counts) {
      if (!urgent && nowMs - this.#digestAtMs < RENAMES_EVERY_MS) {
        this.#isStale = true;
        return NOTHING;
      }
      const digest = digestSmallTables(this.#db, this.#schema);
      this.#digestAtMs = nowMs;
      this.#isStale = false;
      if (digest === this.#digest) return NOTHING;
    }
    this.misses += 1;
    const change = this.#readAgain();
    this.#note(nowMs);
    return change;
  }

  #note(nowMs: number): void {
    this.#counts = countSmallTables(this.#db, this.#schema);
    this.#digest = digestSmallTables(this.#db, this.#schema);
    this.#digestAtMs = nowMs;
    this.#isStale = false;
  }

  #readAgain(): PeopleChange {
    const rows = readChats(this.#db, this.#schema);
    const addresses = new SourceAddresses(this.#db, this.#schema, rows, this.#options);
    const identities = readIdentities(this.#db, this.#schema, rows, addresses);
    const contacts: number[] = [];
    const party = (address: Parameters<typeof loadParty>[1]) => {
      const known = this.#byAddress.get(address.value);
      if (known !== undefined) return known;
      const loaded = loadParty(this.#db, address);
      this.#byAddress.set(address.value, loaded.party);
      if (loaded.placeholder) contacts.push(loaded.party.contact);
      return loaded.party;
    };
    for (const { rowid, address } of addresses.handles) this.#context.parties.set(rowid, party(address));
    for (const address of participantsOf(identities, addresses)) party(address);
    const fresh = identities.filter((identity) => this.#known.get(keyOf(identity)) !== JSON.stringify(identity));
    const chats = loadChats(this.#db, fresh, this.#byAddress, this.#sourceId);
    for (const [rowid, chat] of chats.chatOfRow) this.chatOfRow.set(rowid, chat);
    for (const identity of fresh) this.#known.set(keyOf(identity), JSON.stringify(identity));
    findSelfChats(this.#context, identities, this.chatOfRow, this.#byAddress, addresses.own);
    return { created: chats.created, updated: chats.updated, united: chats.united, contacts };
  }
}

/** Chats are known by their first row; one that is united with another changes what it says. */
function keyOf(identity: ChatIdentity): string {
  return `${identity.kind} ${identity.rowids[0]}`;
}
