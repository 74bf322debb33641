import type { Database } from '../../sqlite/index.ts';
import type { Anchors, PeopleRules } from '../../transform/index.ts';

/**
 * Why two contacts became one: the user said so; their cards came to be of one person; a card came to name the address
 * that a placeholder stood for; or they turned out to be the owner.
 */
export type MergeReason = 'user' | 'same_card_holder' | 'card_names_address' | 'own';

/** What a contact was before a merge, and had: keys of its cards, and the addresses that stood for it. */
export type ContactWas = {
  name: string | null;
  isMe: boolean;
  isOrganization: boolean;
  origin: string;
  cards: string[];
  addresses: string[];
};

export type MergeRecord = {
  id: number;
  mergedAt: number;
  reason: MergeReason;
  into: number;
  from: number;
  /** Of a merge by the user: the contact whose name is kept. */
  namedBy: number | null;
  intoWas: ContactWas;
  fromWas: ContactWas;
  undoneAt: number | null;
  undoneBy: 'user' | 'cards' | null;
};

type Row = Omit<MergeRecord, 'intoWas' | 'fromWas'> & { intoWas: string; fromWas: string };

const SELECT = `SELECT id, merged_at AS mergedAt, reason, into_id AS "into", from_id AS "from", named_by AS namedBy,
  into_was AS intoWas, from_was AS fromWas, undone_at AS undoneAt, undone_by AS undoneBy FROM contact_merges`;

export function mergeRecords(db: Database): MergeRecord[] {
  return db.all<Row>(`${SELECT} ORDER BY id`).map(parsed);
}

export function mergeRecord(db: Database, id: number): MergeRecord | null {
  const row = db.get<Row>(`${SELECT} WHERE id = ?`, id);
  return row === undefined ? null : parsed(row);
}

function parsed(row: Row): MergeRecord {
  return { ...row, intoWas: JSON.parse(row.intoWas) as ContactWas, fromWas: JSON.parse(row.fromWas) as ContactWas };
}

export function addMergeRecord(db: Database, merge: Omit<MergeRecord, 'id' | 'undoneAt' | 'undoneBy'>): MergeRecord {
  const { lastId } = db.run(
    `INSERT INTO contact_merges (merged_at, reason, into_id, from_id, named_by, into_was, from_was)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    merge.mergedAt,
    merge.reason,
    merge.into,
    merge.from,
    merge.namedBy,
    JSON.stringify(merge.intoWas),
    JSON.stringify(merge.fromWas),
  );
  return { ...merge, id: lastId, undoneAt: null, undoneBy: null };
}

/** What the other side has become meanwhile is what the two have to be kept apart from. */
export function widenInto(record: MergeRecord, cards: readonly string[]): MergeRecord {
  const all = [...new Set([...record.intoWas.cards, ...cards])].filter((card) => !record.fromWas.cards.includes(card));
  return { ...record, intoWas: { ...record.intoWas, cards: all.sort() } };
}

export function markUndone(db: Database, { id, intoWas, undoneAt, undoneBy }: MergeRecord): void {
  db.run(
    'UPDATE contact_merges SET into_was = ?, undone_at = ?, undone_by = ? WHERE id = ?',
    JSON.stringify(intoWas),
    undoneAt,
    undoneBy,
    id,
  );
}

/** Rules, and addresses that are the owner's because the user said so of somebody without a card. */
export type Decisions = PeopleRules & { ownAddresses: readonly string[] };

/**
 * The decisions of the user: whom they merged is one person, and what they undid, though it was not their doing, is not
 * one. One that they merged again after that is one again.
 */
export function decisionsOf(records: readonly MergeRecord[]): Decisions {
  const merged = records.filter(({ reason, undoneAt }) => reason === 'user' && undoneAt === null);
  const undone = records.filter(({ reason, undoneBy }) => reason !== 'user' && undoneBy === 'user');
  const sides = ({ intoWas, fromWas }: MergeRecord): [Anchors, Anchors] => [intoWas, fromWas];
  // The owner, who may have neither card nor address, is always the one that stays.
  const withOwner = (some: readonly MergeRecord[]) => some.filter(({ intoWas }) => intoWas.isMe);
  const cards = (some: readonly MergeRecord[]) => withOwner(some).flatMap(({ fromWas }) => fromWas.cards);
  return {
    joined: merged.map((record) => {
      const [into, from] = sides(record);
      return record.namedBy === record.from ? [from, into] : [into, from];
    }),
    parted: undone.map(sides),
    own: new Set(cards(merged)),
    notOwn: new Set(cards(undone)),
    ownAddresses: withOwner(merged).flatMap(({ fromWas }) => (fromWas.cards.length > 0 ? [] : fromWas.addresses)),
  };
}
