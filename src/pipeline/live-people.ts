import {
  addOwnAddresses,
  type ContactChanges,
  isKnownAddress,
  knownParty,
  type LoadedChats,
  loadChats,
  loadParty,
  meContact,
  noContactChanges,
  noteHandles,
  settleNow,
  writeNewest,
} from '../load/index.ts';
import {
  countSmallTables,
  digestSmallTables,
  type MessagesSchema,
  OwnAccounts,
  readChats,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { Address, ChatIdentity, Party, RowContext } from '../transform/index.ts';
import { noteRegions } from './address-books.ts';
import type { ContactLookUp } from './contact-look-up.ts';
import { findSelfChats, type PeopleOptions, participantsOf, readIdentities } from './lookups.ts';
import { newestIn } from './newest-row.ts';
import { SourceAddresses } from './source-addresses.ts';
import { contactsByHandle, isChatGone } from './who-is-there.ts';

/** The names of chats are read again at most this often, in milliseconds, while nothing was added or taken away. */
const RENAMES_EVERY_MS = 250;

/** What came of a look at the small tables. */
export type PeopleChange = Pick<LoadedChats, 'created' | 'updated' | 'united'> & { contacts: ContactChanges };

export function nobodyChanged(): PeopleChange {
  return { created: [], updated: [], united: new Set(), contacts: noContactChanges() };
}

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
  readonly #lookUp: ContactLookUp;
  readonly #accounts: OwnAccounts;
  readonly #byAddress = new Map<string, Party>();
  readonly #known = new Map<string, string>();
  readonly #noted = new Set<string>();
  /** Chats as they were read last. */
  #identities: readonly ChatIdentity[] = [];
  readonly chatOfRow = new Map<number, number>();
  #counts = '';
  #digest = '';
  #digestAtMs = Number.NEGATIVE_INFINITY;
  #isStale = false;
  lookUps = 0;
  misses = 0;

  constructor(options: {
    db: Database;
    schema: MessagesSchema;
    context: RowContext;
    people: PeopleOptions;
    sourceId: number;
    lookUp: ContactLookUp;
  }) {
    this.#db = options.db;
    this.#schema = options.schema;
    this.#context = options.context;
    this.#options = options.people;
    this.#sourceId = options.sourceId;
    this.#lookUp = options.lookUp;
    this.#accounts = new OwnAccounts(options.db, options.schema);
  }

  /** Everything from the beginning. The address books are read by whoever keeps the contacts. */
  load(nowMs: number): PeopleChange {
    // What was learned may have been rolled back.
    this.#lookUp.forget();
    this.#byAddress.clear();
    this.#known.clear();
    this.#noted.clear();
    this.chatOfRow.clear();
    writeNewest(this.#db, this.#sourceId, newestIn(this.#db, this.#schema, nowMs));
    const change = this.#readAgain(nowMs);
    this.#note(nowMs);
    return change;
  }

  /** Whether what is held here is still so in the store, after others have written who is who. */
  isCurrent(): boolean {
    const contacts = contactsByHandle(this.#db);
    return (
      this.#context.meContact === meContact(this.#db) &&
      [...this.#byAddress.values()].every(({ handle, contact }) => contacts.get(handle) === contact) &&
      !isChatGone(this.#db, new Set(this.chatOfRow.values()))
    );
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
        return nobodyChanged();
      }
      const digest = digestSmallTables(this.#db, this.#schema);
      this.#digestAtMs = nowMs;
      this.#isStale = false;
      if (digest === this.#digest) return nobodyChanged();
    }
    this.misses += 1;
    const change = this.#readAgain(nowMs);
    this.#note(nowMs);
    return change;
  }

  /** Whether what was just staged is of somebody whom no card names, and who has not been looked up of late. */
  metStrangers(nowMs: number): boolean {
    const strangers = this.#db.all<{ address: string }>(
      `SELECT DISTINCT h.address FROM temp.staged_messages s CROSS JOIN handles h ON h.id = s.handle_id
         CROSS JOIN contacts c ON c.id = h.contact_id WHERE c.origin = 'placeholder'`,
    );
    return this.#lookUp.isAnyDue(
      strangers.map(({ address }) => address),
      nowMs,
    );
  }

  /** After contacts were settled anew: addresses may stand for others than before. */
  moveContacts({ moved }: ContactChanges): void {
    if (moved.length === 0) return;
    for (const { address, contact } of moved) {
      const party = this.#byAddress.get(address);
      // The rules hold the same object.
      if (party !== undefined) party.contact = contact;
    }
    findSelfChats(this.#context, this.#identities, this.chatOfRow, this.#byAddress);
  }

  #note(nowMs: number): void {
    this.#counts = countSmallTables(this.#db, this.#schema);
    this.#digest = digestSmallTables(this.#db, this.#schema);
    this.#digestAtMs = nowMs;
    this.#isStale = false;
  }

  #readAgain(nowMs: number): PeopleChange {
    const rows = readChats(this.#db, this.#schema);
    const addresses = new SourceAddresses(this.#db, this.#schema, rows, this.#options, this.#accounts);
    const identities = readIdentities(this.#db, this.#schema, rows, addresses);
    const wanted = [
      ...addresses.handles.map(({ address }) => address),
      ...participantsOf(identities, addresses),
      ...addresses.own,
    ];
    const contacts = this.#whoIsWho(addresses, wanted, nowMs);
    this.#context.meContact = meContact(this.#db);
    for (const address of wanted) this.#party(address, contacts);
    for (const { rowid, address } of addresses.handles) {
      this.#context.parties.set(rowid, this.#party(address, contacts));
    }
    noteHandles(
      this.#db,
      this.#sourceId,
      wanted.flatMap(({ value }) => this.#takeNew(value)),
    );
    const fresh = identities.filter((identity) => this.#known.get(keyOf(identity)) !== JSON.stringify(identity));
    const chats = loadChats(this.#db, fresh, this.#byAddress, this.#sourceId);
    for (const [rowid, chat] of chats.chatOfRow) this.chatOfRow.set(rowid, chat);
    for (const identity of fresh) this.#known.set(keyOf(identity), JSON.stringify(identity));
    this.#identities = identities;
    this.moveContacts(contacts);
    findSelfChats(this.#context, identities, this.chatOfRow, this.#byAddress);
    return { created: chats.created, updated: chats.updated, united: chats.united, contacts };
  }

  /** Before a placeholder is made of an address that nobody knows, the address books are asked, if they have changed. */
  #whoIsWho(addresses: SourceAddresses, wanted: readonly Address[], nowMs: number): ContactChanges {
    const isOther = [
      addOwnAddresses(this.#db, addresses.own, this.#sourceId),
      this.#options.addressBook !== null && noteRegions(this.#db, addresses.regions) > 0,
      this.#lookUp.now(this.#db, this.#unknown(wanted), nowMs),
      // A store that holds no source yet has no owner either.
      this.#db.value('SELECT 1 FROM contacts WHERE is_me = 1') === null,
    ].includes(true);
    return isOther ? settleNow(this.#db, nowMs) : noContactChanges();
  }

  #unknown(wanted: readonly Address[]): string[] {
    return wanted
      .map(({ value }) => value)
      .filter(
        (value) =>
          !this.#byAddress.has(value) && knownParty(this.#db, value) === null && !isKnownAddress(this.#db, value),
      );
  }

  /** The party of an address that this source was not known to have. */
  #takeNew(address: string): Party[] {
    const party = this.#byAddress.get(address);
    if (party === undefined || this.#noted.has(address)) return [];
    this.#noted.add(address);
    return [party];
  }

  #party(address: Address, contacts: ContactChanges): Party {
    const known = this.#byAddress.get(address.value);
    if (known !== undefined) return known;
    const { party, created } = loadParty(this.#db, address);
    this.#byAddress.set(address.value, party);
    if (created !== null) contacts.created.push(created);
    return party;
  }
}

/** Chats are known by their first row; one that is united with another changes what it says. */
function keyOf(identity: ChatIdentity): string {
  return `${identity.kind} ${identity.rowids[0]}`;
}
