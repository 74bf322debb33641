import type { Avatar } from '../../sources/address-book/index.ts';
import type { Database } from '../../sqlite/index.ts';

/** The cards of one book, and what its file calls them. */
export function cardsOfBook(db: Database, source: string): { card: string; uid: string }[] {
  return db.all<{ card: string; uid: string }>(
    'SELECT card, substr(card, length(source) + 2) AS uid FROM contact_cards WHERE source = ? ORDER BY card',
    source,
  );
}

/** Keeps the picture of a card, or forgets it. */
export function writePicture(db: Database, card: string, picture: Avatar | null): void {
  if (picture === null) {
    db.run('DELETE FROM card_pictures WHERE card = ?', card);
    return;
  }
  db.run(
    `INSERT INTO card_pictures (card, mime_type, bytes) VALUES (?, ?, ?)
     ON CONFLICT (card) DO UPDATE SET mime_type = excluded.mime_type, bytes = excluded.bytes
       WHERE excluded.bytes IS NOT bytes`,
    card,
    picture.mimeType,
    picture.bytes,
  );
}
