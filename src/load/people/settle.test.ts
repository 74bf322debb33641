import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card } from '../../sources/address-book/index.ts';
import { openWritable } from '../../sqlite/index.ts';
import { contactConflicts, createTables, INDEXES } from '../../store/index.ts';
import { keyCard, normaliseAddress } from '../../transform/index.ts';
import { renameChat } from '../chat-names.ts';
import {
  addOwnAddresses,
  loadParty,
  mergeContacts,
  planPeople,
  settleNow,
  undoMerge,
  unsettled,
  writeCards,
} from './index.ts';

/** As in test/support/effort.ts. */
const EFFORT = process.env.CHATSTATS_TEST_EFFORT === 'full' ? 20 : 1;

/** A store without a source's rows: contacts, and what addresses said. */
const NOW = Date.UTC(2026, 10, 24);
const PHONES = ['+14155550101', '+14155550102', '+14155550103', '+14155550104', '+14155550105'];
const MAILS = ['ann@example.com', 'ben@example.com'];
const ADDRESSES = [...PHONES, ...MAILS, 'AMAZON', '22000'];

type Sketch = {
  uid: number;
  name: number;
  identifiers: number[];
  isMe?: boolean;
};
const NAMES = [
  ['Anna', 'Smith'],
  ['Ben', 'Smith'],
  ['Anna', 'Smith'],
  ['Anna', null],
  [null, null],
] as const;

function card({ uid, name, identifiers, isMe }: Sketch, source = 'local'): Card {
  const [firstName, lastName] = NAMES[name] ?? [null, null];
  const values = identifiers.map((at) => ({ value: ADDRESSES[at] ?? '', label: null }));
  return {
    ...{ source, uid: `U${uid}`, firstName, lastName, middleName: null, nickname: null, organization: null },
    ...{ isOrganization: false, isMe: isMe ?? false, linkId: null },
    phones: values.filter(({ value }) => !value.includes('@')),
    emails: values.filter(({ value }) => value.includes('@')),
  };
}

class Store implements Disposable {
  readonly db = openWritable(':memory:');
  #rowid = 0;

  constructor() {
    createTables(this.db);
    for (const index of INDEXES) this.db.exec(index);
    this.db.exec('PRAGMA foreign_keys = ON');
    this.db.exec(
      `INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'chat.db', 'x', 0, 0)`,
    );
    this.db.exec(`INSERT INTO chats (id, identifier, kind, source_id) VALUES (1, 'chat1', 'group', 1)`);
    settleNow(this.db, NOW);
  }

  /** An address says something, which begins a conversation of its own. */
  say(at: number): void {
    const address = normaliseAddress(ADDRESSES[at] ?? '', null);
    const { party } = loadParty(this.db, address);
    this.#rowid += 1;
    const { lastId } = this.db.run(
      `INSERT INTO messages (guid, chat_id, sender_id, handle_id, kind, is_from_me, source_id, source_rowid)
       VALUES (?, 1, ?, ?, 'text', 0, 1, ?)`,
      `m${this.#rowid}`,
      party.contact,
      party.handle,
      this.#rowid,
    );
    this.db.run(
      `INSERT INTO reactions (guid, target_guid, kind, is_removal, sender_id, handle_id, is_from_me, source_id, source_rowid)
       VALUES (?, 'm1', 'loved', 0, ?, ?, 0, 1, ?)`,
      `r${this.#rowid}`,
      party.contact,
      party.handle,
      this.#rowid,
    );
    this.db.run(
      `INSERT INTO conversations (chat_id, started_at, ended_at, message_count, first_message_id, initiator_id, state)
       VALUES (1, 0, 0, 1, ?, ?, 'ready')`,
      lastId,
      party.contact,
    );
    this.db.run('INSERT OR IGNORE INTO chat_participants (chat_id, handle_id) VALUES (1, ?)', party.handle);
    renameChat(this.db, 1);
  }

  sync(sketches: readonly Sketch[], source = 'local'): void {
    const cards = sketches.map((sketch) => keyCard(card(sketch, source), ['US']));
    this.db.transaction(() => {
      writeCards(this.db, source, cards, true);
      settleNow(this.db, NOW);
    });
  }

  /** Everything about contacts, ids left out: who they are, and what each address's contact is called. */
  canonical(): unknown {
    const contacts = this.db.all<Record<string, unknown>>(
      `SELECT c.name, c.is_me, c.is_organization, c.origin,
         (SELECT json_group_array(value ORDER BY position) FROM contact_identifiers WHERE contact_id = c.id) AS identifiers,
         (SELECT json_group_array(card ORDER BY card) FROM contact_cards WHERE contact_id = c.id) AS cards,
         (SELECT json_group_array(address ORDER BY address) FROM handles WHERE contact_id = c.id) AS addresses
       FROM contacts c`,
    );
    return [contacts.map((row) => JSON.stringify(row)).sort(), this.db.value('SELECT name FROM chats')];
  }

  /** With ids. */
  exact(): unknown {
    return [
      'contacts',
      'contact_identifiers',
      'contact_cards',
      'handles',
      'chats',
      'messages',
      'reactions',
      'conversations',
    ].map((table) => this.db.all(`SELECT * FROM ${table}`));
  }

  /** What is true of any store, whatever happened. */
  faults(): unknown[] {
    const wrong = (table: string) =>
      this.db.all(
        `SELECT '${table}' AS what, t.id FROM ${table} t JOIN handles h ON h.id = t.handle_id WHERE t.sender_id <> h.contact_id`,
      );
    return [
      ...wrong('messages'),
      ...wrong('reactions'),
      ...this.db.all(
        `SELECT 'initiator' AS what, c.id FROM conversations c JOIN messages m ON m.id = c.first_message_id
         WHERE c.initiator_id <> m.sender_id`,
      ),
      ...this.db.all('PRAGMA foreign_key_check'),
      ...this.db.all(`SELECT 'owners' AS what WHERE (SELECT count(*) FROM contacts WHERE is_me = 1) <> 1`),
      ...this.db.all(`SELECT 'no contact' AS what FROM contact_cards WHERE contact_id IS NULL`),
      ...unsettled(this.db, planPeople(this.db)),
    ];
  }

  contactOf(address: string): number {
    return Number(this.db.value('SELECT contact_id FROM handles WHERE address = ?', address));
  }

  nameOf(address: string): string | null {
    return this.db.value(
      'SELECT c.name FROM handles h JOIN contacts c ON c.id = h.contact_id WHERE h.address = ?',
      address,
    );
  }

  contactOfCard(one: string): number | null {
    return this.db.value('SELECT contact_id FROM contact_cards WHERE card = ?', one);
  }

  sides(merge: number): Record<'into' | 'from', { cards: string[]; addresses: string[] }> {
    const read = (column: string) =>
      JSON.parse(this.db.value<string>(`SELECT ${column} FROM contact_merges WHERE id = ?`, merge) ?? '{}') as {
        cards: string[];
        addresses: string[];
      };
    return { into: read('into_was'), from: read('from_was') };
  }

  merges(): { id: number; reason: string }[] {
    return this.db.all('SELECT id, reason FROM contact_merges WHERE undone_at IS NULL ORDER BY id');
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  uid: fc.integer({ min: 1, max: 6 }),
  name: fc.integer({ min: 0, max: NAMES.length - 1 }),
  identifiers: fc.uniqueArray(fc.integer({ min: 0, max: ADDRESSES.length - 1 }), { maxLength: 4 }),
  isMe: fc.option(fc.boolean(), { freq: 8, nil: false }),
});
const book = fc.uniqueArray(sketch, { maxLength: 6, selector: ({ uid }) => uid });
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('say' as const), at: fc.nat(ADDRESSES.length - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('sync' as const), book, source: fc.constantFrom('local', 'A-1') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('own' as const), at: fc.nat(ADDRESSES.length - 1) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function perform(store: Store, one: Act): void {
  if (one.do === 'say') store.say(one.at);
  else if (one.do === 'sync') store.sync(one.book, one.source);
  else {
    addOwnAddresses(store.db, [normaliseAddress(ADDRESSES[one.at] ?? '', null)], 1);
    settleNow(store.db, NOW);
  }
}

describe('R32 contacts', () => {
  it('depend on the cards there are now, not on what was before, in what order, or how often it was looked at', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 14 }), (acts) => {
        using store = new Store();
        for (const one of acts) {
          perform(store, one);
          expect(store.faults()).toEqual([]);
        }
        using fresh = new Store();
        const final = new Map<string, Act & { do: 'sync' }>();
        for (const one of acts) if (one.do === 'sync') final.set(one.source, one);
        for (const one of final.values()) fresh.sync(one.book, one.source);
        for (const one of acts) if (one.do !== 'sync') perform(fresh, one);
        expect(store.canonical()).toEqual(fresh.canonical());
        const before = store.exact();
        expect(settleNow(store.db, NOW)).toMatchObject({
          created: [],
          updated: [],
          merged: [],
          removed: [],
          moved: [],
        });
        expect(store.exact(), 'settling what is settled changes nothing').toEqual(before);
      }),
      { numRuns: 100 * EFFORT },
    );
  });

  it('that the user merges and takes apart again are what they were, ids and all', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 10 }),
        fc.nat(),
        fc.nat(),
        fc.array(fc.nat(8), { maxLength: 3 }),
        (acts, a, b, said) => {
          using store = new Store();
          for (const one of acts) perform(store, one);
          const ids = store.db.all<{ id: number }>('SELECT id FROM contacts ORDER BY id').map(({ id }) => id);
          const [first, second] = [ids[a % ids.length] ?? 0, ids[b % ids.length] ?? 0];
          fc.pre(first !== second);
          using unmerged = new Store();
          for (const one of acts) perform(unmerged, one);
          const { merge } = store.db.transaction(() => mergeContacts(store.db, first, second, NOW));
          expect(store.faults()).toEqual([]);
          for (const at of said) {
            store.say(at);
            unmerged.say(at);
          }
          settleNow(store.db, NOW);
          expect(store.faults()).toEqual([]);
          store.db.transaction(() => undoMerge(store.db, merge, NOW));
          expect(store.faults()).toEqual([]);
          expect(store.canonical()).toEqual(unmerged.canonical());
          if (said.length === 0) expect(store.exact()).toEqual(unmerged.exact());
        },
      ),
      { numRuns: 50 * EFFORT },
    );
  });

  it('that cards merged, and the user took apart, stay apart whatever the next syncs see', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 4, maxLength: 14 }), fc.nat(), (acts, which) => {
        using store = new Store();
        for (const one of acts) perform(store, one);
        const merges = store.merges().filter(({ reason }) => reason !== 'own');
        fc.pre(merges.length > 0);
        const merge = merges[which % merges.length]?.id ?? 0;
        store.db.transaction(() => undoMerge(store.db, merge, NOW));
        expect(store.faults()).toEqual([]);
        const before = store.exact();
        settleNow(store.db, NOW);
        expect(store.exact()).toEqual(before);
        const { into, from } = store.sides(merge);
        const contactsOf = (cards: string[]) => cards.flatMap((one) => store.contactOfCard(one) ?? []);
        for (const contact of contactsOf(into.cards)) expect(contactsOf(from.cards)).not.toContain(contact);
      }),
      { numRuns: 50 * EFFORT },
    );
  });

  it('L31 whose cards share an address though their names disagree stay apart, and are reported once for each address', () => {
    using store = new Store();
    store.sync([
      { uid: 1, name: 0, identifiers: [0, 5] },
      { uid: 2, name: 1, identifiers: [0, 5] },
      { uid: 3, name: 1, identifiers: [1, 7] },
      { uid: 4, name: 0, identifiers: [7] },
    ]);
    const [anna, ben] = ['local|U1', 'local|U2'].map((one) => store.contactOfCard(one));
    expect(anna).not.toBe(ben);
    // A sender that everybody has is no conflict.
    expect(contactConflicts(store.db)).toEqual([
      { identifier: '+14155550101', contacts: [anna, ben] },
      { identifier: 'ann@example.com', contacts: [anna, ben] },
    ]);
  });
});
