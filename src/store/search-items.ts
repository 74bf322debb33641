import type { Database } from '../sqlite/index.ts';
import { chatTitles } from './chat-items.ts';
import { type SearchHit, type SearchOptions, searchMessages } from './search.ts';

/** A hit with where it is and the name of who said it. */
export type SearchItem = SearchHit & { chatId: number; chatTitle: string; senderName: string | null };

/** The newest messages that hold every term of the query, newest first, with names. */
export function searchItems(db: Database, query: string, options: SearchOptions): SearchItem[] {
  const hits = searchMessages(db, query, options);
  const places = new Map<string, { chatId: number; senderName: string | null }>();
  const rows = db.all<{ guid: string; chatId: number; senderName: string | null }>(
    `SELECT m.guid, m.chat_id AS chatId, p.name AS senderName
     FROM messages m LEFT JOIN handles h ON h.id = m.handle_id
       LEFT JOIN contacts p ON p.id = coalesce(m.sender_id, h.contact_id)
     WHERE m.guid IN (SELECT value FROM json_each(?))`,
    JSON.stringify(hits.map(({ guid }) => guid)),
  );
  for (const { guid, ...place } of rows) places.set(guid, place);
  const titles = chatTitles(
    db,
    rows.map(({ chatId }) => chatId),
  );
  return hits.flatMap((hit) => {
    const place = places.get(hit.guid);
    return place === undefined ? [] : [{ ...hit, ...place, chatTitle: titles.get(place.chatId) ?? hit.chat }];
  });
}
