import { finish, paused } from '../../kernel/index.ts';
import type { Card } from '../../sources/address-book/index.ts';
import type { Database } from '../../sqlite/index.ts';
import type { Address, KeyedCard } from '../../transform/index.ts';
import { peopleChanged } from './version.ts';

/** What a card says, as it is kept: everything but what its key says. */
type Content = Omit<KeyedCard, 'key' | 'source' | 'uid'>;

/** The cards of all address books as they were read last, by key. */
export function storedCards(db: Database): KeyedCard[] {
  return finish(storedCardSlices(db));
}

/** The same, pausing after every so many; what is written meanwhile may or may not be in it. */
export function* storedCardSlices(db: Database): Generator<void, KeyedCard[]> {
  const cards: KeyedCard[] = [];
  for (let last = ''; ; yield) {
    const rows = db.all<{ card: string; source: string; content: string }>(
      'SELECT card, source, content FROM contact_cards WHERE card > ? ORDER BY card LIMIT ?',
      last,
      SLICE_ROWS,
    );
    for (const { card, source, content } of rows) {
      const uid = card.slice(source.length + 1);
      cards.push(Object.assign(JSON.parse(content) as Content, { key: card, source, uid }));
    }
    if (rows.length < SLICE_ROWS) return cards;
    last = cards.at(-1)?.key ?? '';
  }
}

const SLICE_ROWS = 250;

/** Runs what belongs into one transaction. */
export type Transact = (work: () => void) => void;

/**
 * Makes the kept cards of one book those that were read, some hundreds in a transaction. `isComplete`: nothing of the
 * book was unreadable, so that a card that did not come is gone. Whom they stand for is settled afterwards; cut off
 * before the end, the book has to be read again. Answers how many cards are new, different or gone.
 */
export function* writeCardSlices(
  db: Database,
  source: string,
  cards: readonly KeyedCard[],
  { isComplete, transact }: { isComplete: boolean; transact: Transact },
): Generator<void, number> {
  peopleChanged(db);
  const before = new Map(
    db
      .all<{ card: string; content: string }>('SELECT card, content FROM contact_cards WHERE source = ?', source)
      .map(({ card, content }) => [card, content]),
  );
  yield;
  const differing: { key: string; content: string }[] = [];
  yield* paused(cards, SLICE_ROWS, (card) => {
    const content = contentOf(card);
    if (before.get(card.key) !== content) differing.push({ key: card.key, content });
    before.delete(card.key);
  });
  const write = ({ key, content }: { key: string; content: string }) =>
    db.run(
      `INSERT INTO contact_cards (card, source, content) VALUES (?, ?, ?)
         ON CONFLICT (card) DO UPDATE SET content = excluded.content`,
      key,
      source,
      content,
    );
  for (let at = 0; at < differing.length; at += SLICE_ROWS) {
    transact(() => differing.slice(at, at + SLICE_ROWS).forEach(write));
    yield;
  }
  if (!isComplete || before.size === 0) return differing.length;
  transact(() => {
    for (const gone of before.keys()) db.run('DELETE FROM contact_cards WHERE card = ?', gone);
  });
  return differing.length + before.size;
}

/** The same, at once, in the transaction of whoever asks. */
export function writeCards(db: Database, source: string, cards: readonly KeyedCard[], isComplete: boolean): number {
  return finish(writeCardSlices(db, source, cards, { isComplete, transact: (work) => work() }));
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
