import type { ContactLine } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { exportLines } from './export.ts';

/** A contact with how much it said. */
export type ContactRowLine = ContactLine & { messages: number };

/** All contacts, those who said most first. */
export function contactLines(db: Database): ContactRowLine[] {
  const said = db.all<{ contact: number; messages: number }>(
    `SELECT sender_id AS contact, count(*) AS messages FROM messages
     WHERE kind <> 'event' AND sender_id IS NOT NULL GROUP BY sender_id`,
  );
  const counts = new Map(said.map(({ contact, messages }) => [contact, messages]));
  return [...exportLines(db, 'contacts')]
    .map((line) => ({ ...line, messages: counts.get(line.id) ?? 0 }))
    .sort((a, b) => b.messages - a.messages || a.id - b.id);
}

export type ContactConflict = { identifier: string; contacts: number[] };

/** Addresses on the cards of several people, whose names disagree: they stay apart, and a person may say otherwise. */
export function contactConflicts(db: Database): ContactConflict[] {
  const rows = db.all<{ identifier: string; contacts: string }>(
    `SELECT i.value AS identifier, json_group_array(i.contact_id ORDER BY i.contact_id) AS contacts
     FROM contact_identifiers i JOIN contacts c ON c.id = i.contact_id
     WHERE i.kind IN ('phone', 'email') AND c.origin <> 'placeholder'
     GROUP BY i.value HAVING count(*) > 1 ORDER BY i.value`,
  );
  return rows.map(({ identifier, contacts }) => ({ identifier, contacts: JSON.parse(contacts) as number[] }));
}

export type ContactMergeLine = {
  id: number;
  mergedAt: string;
  from: number;
  into: number;
  /** user, same_card_holder, card_names_address or own. */
  reason: string;
  /** What was moved: keys of cards, and addresses. */
  cards: string[];
  addresses: string[];
  undoneAt: string | null;
  /** user or cards. */
  undoneBy: string | null;
};

type StoredMerge = Omit<ContactMergeLine, 'mergedAt' | 'undoneAt' | 'cards' | 'addresses'> & {
  mergedAt: number;
  undoneAt: number | null;
  was: string;
};

/** All merges of contacts, the first one first. */
export function contactMerges(db: Database): ContactMergeLine[] {
  const rows = db.all<StoredMerge>(
    `SELECT id, merged_at AS mergedAt, from_id AS "from", into_id AS "into", reason, from_was AS was,
       undone_at AS undoneAt, undone_by AS undoneBy FROM contact_merges ORDER BY id`,
  );
  return rows.map(({ was, mergedAt, undoneAt, ...row }) => {
    const { cards, addresses } = JSON.parse(was) as { cards: string[]; addresses: string[] };
    return {
      ...row,
      mergedAt: new Date(mergedAt).toISOString(),
      ...{ cards, addresses },
      undoneAt: undoneAt === null ? null : new Date(undoneAt).toISOString(),
    };
  });
}

/** Where a picture of a contact may be: the book, and the card in it; `card` is the key under which the store may keep it. */
export type AvatarPlace = { path: string; uid: string; card: string };

/** All such places, those of the first card first. */
export function avatarPlaces(db: Database, contact: number): AvatarPlace[] {
  return db.all<AvatarPlace>(
    `SELECT b.path, substr(k.card, length(k.source) + 2) AS uid, k.card
     FROM contact_cards k JOIN address_books b ON b.source = k.source WHERE k.contact_id = ? ORDER BY k.card`,
    contact,
  );
}

/** The picture of a card whose book cannot be asked for it, or null. */
export function keptPicture(db: Database, card: string): { bytes: Uint8Array; mimeType: string } | null {
  return (
    db.get<{ bytes: Uint8Array; mimeType: string }>(
      'SELECT bytes, mime_type AS mimeType FROM card_pictures WHERE card = ?',
      card,
    ) ?? null
  );
}
