import type { Card } from '../../sources/address-book/index.ts';
import type { Database } from '../../sqlite/index.ts';
import type { Address, KeyedCard } from '../../transform/index.ts';
import { peopleChanged } from './version.ts';

/** What a card says, as it is kept: everything but what its key says. */
type Content = Omit<KeyedCard, 'key' | 'source' | 'uid'>;

/** The cards of all address books as they were read last, by key. */
export function storedCards(db: Database): KeyedCard[] {
  const rows = db.all<{ card: string; source: string; content: string }>(
    'SELECT card, source, content FROM contact_cards ORDER BY card',
  );
  return rows.map(({ card, source, content }) => ({
    ...(JSON.parse(content) as Content),
    ...{ key: card, source, uid: card.slice(source.length + 1) },
  }));
}

export type CardChanges = { written: number; removed: number };

/**
 * Makes the kept cards of one book those that were read. `isComplete`: nothing of the book was unreadable, so that a
 * card that did not come is gone. Who they stand for is settled afterwards, in the same transaction.
 */
export function writeCards(
  db: Database,
  source: string,
  cards: readonly KeyedCard[],
  isComplete: boolean,
): CardChanges {
  const before = new Map(
    db
      .all<{ card: string; content: string }>('SELECT card, content FROM contact_cards WHERE source = ?', source)
      .map(({ card, content }) => [card, content]),
  );
  const changes = { written: 0, removed: 0 };
  peopleChanged(db);
  for (const card of cards) {
    const content = contentOf(card);
    const known = before.get(card.key);
    before.delete(card.key);
    if (known === content) continue;
    changes.written += 1;
    db.run(
      `INSERT INTO contact_cards (card, source, content) VALUES (?, ?, ?)
         ON CONFLICT (card) DO UPDATE SET content = excluded.content`,
      card.key,
      source,
      content,
    );
  }
  if (!isComplete) return changes;
  for (const gone of before.keys()) db.run('DELETE FROM contact_cards WHERE card = ?', gone);
  changes.removed = before.size;
  return changes;
}

/** Reads the addresses of all kept cards again, by other rules. Answers how many cards say something else now. */
export function renormaliseCards(db: Database, key: (card: Card) => KeyedCard): number {
  let written = 0;
  for (const card of storedCards(db)) {
    const content = contentOf(key(card));
    if (content === contentOf(card)) continue;
    db.run('UPDATE contact_cards SET content = ? WHERE card = ?', content, card.key);
    written += 1;
  }
  return written;
}

function contentOf({ key: _key, source: _source, uid: _uid, ...content }: KeyedCard): string {
  const fields: Content = content;
  return JSON.stringify(fields, Object.keys(SHAPE));
}

/** The fields in the order in which they are kept, so that equal cards are equal texts; those of their lists too. */
const SHAPE: Record<keyof Content | keyof Address | 'label', true> = {
  firstName: true,
  middleName: true,
  lastName: true,
  nickname: true,
  organization: true,
  isOrganization: true,
  isMe: true,
  linkId: true,
  phones: true,
  emails: true,
  identifiers: true,
  value: true,
  kind: true,
  label: true,
};
