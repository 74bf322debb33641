import { must } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import type { Address, Party } from '../../transform/index.ts';
import { peopleChanged } from './version.ts';

/**
 * The party of one more address, of a store whose people are settled: the handle that is there, or a new one for whomever
 * it stands by the order of `identifierIndex`, or else for a placeholder, whose id is then told as `created`.
 */
export function loadParty(db: Database, address: Address): { party: Party; created: number | null } {
  const { value, kind } = address;
  const known = knownParty(db, value);
  if (known !== null) return { party: known, created: null };
  peopleChanged(db);
  const owner = ownerOf(db, value);
  const contact = owner ?? addPlaceholder(db, address);
  const handle = db.run(
    'INSERT INTO handles (address, kind, contact_id) VALUES (?, ?, ?)',
    value,
    kind,
    contact,
  ).lastId;
  return { party: { handle, contact, address: value }, created: owner === null ? contact : null };
}

export function knownParty(db: Database, address: string): Party | null {
  const known = db.get<{ handle: number; contact: number }>(
    'SELECT id AS handle, contact_id AS contact FROM handles WHERE address = ?',
    address,
  );
  return known === undefined ? null : { ...known, address };
}

/** Whether anybody is known to have this address; where not, a look at the address books may help. */
export function isKnownAddress(db: Database, address: string): boolean {
  return ownerOf(db, address) !== null;
}

function ownerOf(db: Database, address: string): number | null {
  if (db.value('SELECT 1 FROM own_addresses WHERE address = ?', address) !== null) return meContact(db);
  return db.value<number>(
    `SELECT c.id FROM contact_identifiers i JOIN contacts c ON c.id = i.contact_id
     WHERE i.value = ? AND c.origin <> 'placeholder'
     ORDER BY c.is_organization, c.name IS NULL, (SELECT min(card) FROM contact_cards WHERE contact_id = c.id) LIMIT 1`,
    address,
  );
}

export function meContact(db: Database): number {
  return must(
    db.value<number>('SELECT id FROM contacts WHERE is_me = 1'),
    'the owner is there once people are settled',
  );
}

function addPlaceholder(db: Database, { value, kind }: Address): number {
  const { lastId } = db.run(`INSERT INTO contacts (name, origin) VALUES (?, 'placeholder')`, value);
  db.run(
    'INSERT INTO contact_identifiers (contact_id, position, value, kind) VALUES (?, 0, ?, ?)',
    lastId,
    value,
    kind,
  );
  return lastId;
}

/** Notes the addresses that occur in a source. */
export function noteHandles(db: Database, sourceId: number, parties: Iterable<Party>): void {
  for (const { handle } of parties) {
    db.run('INSERT OR IGNORE INTO source_handles (handle_id, source_id) VALUES (?, ?)', handle, sourceId);
  }
}
