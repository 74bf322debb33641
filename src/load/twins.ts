import type { Database } from '../sqlite/index.ts';
import { settleAllReactions } from './reactions.ts';

/**
 * Twins: iCloud lands a message again, under a new guid and row id, and its old row is gone. It is folded into the
 * message that we hold, and its guid becomes an alias of the old one. Same chat, direction, sender, time and text are
 * not enough: two equal messages that both exist are two messages.
 */
export type Twin = { alias: string; guid: string };

/** The row of `m` is still in the source, under the guid or an alias that we know it by. */
const isThere = (apple: string) => `EXISTS (SELECT 1 FROM ${apple}.message a WHERE a.ROWID = m.source_rowid
  AND (a.guid = m.guid OR a.guid IN (SELECT x.alias FROM main.message_aliases x WHERE x.guid = m.guid)))`;

/** What names a message by its guid. */
const POINTERS = [
  ['messages', 'reply_to'],
  ['reactions', 'target_guid'],
  ['poll_votes', 'target_guid'],
  ['attachments', 'message_guid'],
] as const;

/** Staged rows are known by the guid that we hold them under, and what they point at, too. */
export function resolveAliases(db: Database): void {
  if (db.value('SELECT 1 FROM main.message_aliases LIMIT 1') === null) return;
  for (const [table, column] of [['messages', 'guid'], ...POINTERS]) {
    db.exec(`UPDATE temp.staged_${table} SET ${column} = (
        SELECT a.guid FROM main.message_aliases a WHERE a.alias = staged_${table}.${column})
      WHERE ${column} IN (SELECT alias FROM main.message_aliases)`);
  }
}

/**
 * Twins that stand side by side in a file that is read whole (a copy from between the two) are two messages. Has to come
 * before the staged rows are known by our guids.
 */
export function partTwins(db: Database): void {
  db.exec(`DELETE FROM main.message_aliases WHERE alias IN (SELECT guid FROM temp.staged_messages)
    AND guid IN (SELECT guid FROM temp.staged_messages)`);
}

/**
 * Folds new rows whose old row is gone: enters the aliases. The rows have to be resolved and compared once more. `taken`:
 * messages that have been found to be another row, in the batches before.
 */
export function foldNewTwins(db: Database, sourceId: number, apple: string, taken = new Set<number>()): Twin[] {
  const found = db.all<Twin & { staged: number; id: number }>(
    `SELECT s.guid AS alias, m.guid AS guid, d.staged AS staged, min(m.id) AS id
     FROM temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged
       CROSS JOIN main.messages m ON m.chat_id = s.chat_id AND m.sent_at = s.sent_at
     WHERE d.id IS NULL AND s.kind <> 'event' AND m.source_id = ? AND m.is_from_me = s.is_from_me
       AND m.handle_id IS s.handle_id AND m.text IS s.text AND m.guid <> s.guid AND NOT ${isThere(apple)}
       -- In a file with other row ids our number of its row is not right yet.
       AND NOT EXISTS (SELECT 1 FROM temp.staged_messages o WHERE o.guid = m.guid)
     GROUP BY d.staged ORDER BY d.staged`,
    sourceId,
  );
  const twins: Twin[] = [];
  for (const { alias, guid, id } of found) {
    // Each old row is one message: a second newcomer of the same words is another.
    if (taken.has(id)) continue;
    taken.add(id);
    addAlias(db, alias, guid);
    twins.push({ alias, guid });
  }
  return twins;
}

export type LateTwin = { id: number; conversation: number | null; chat: number; rowid: number; twin: Twin };

/**
 * The other order: a message was landed again (it came long after it was sent) while its old row still stood, and now
 * the old row is gone. Answers, of the messages whose row has vanished, those that live on in such a newcomer, with the
 * newcomer, which has to leave the store and whose row has to be read again. Enters the aliases.
 */
export function findLateTwins(db: Database, sourceId: number, apple: string, vanished: readonly number[]): LateTwin[] {
  const twins: LateTwin[] = [];
  const taken = new Set<number>();
  for (const id of vanished) {
    const row = db.get<Omit<LateTwin, 'twin'> & Twin>(
      `SELECT m.id AS id, m.conversation_id AS conversation, m.chat_id AS chat, m.source_rowid AS rowid,
         m.guid AS alias, o.guid AS guid
       FROM main.messages o JOIN main.messages m ON m.chat_id = o.chat_id AND m.sent_at = o.sent_at
       WHERE o.id = ? AND m.id > o.id AND m.source_id = ? AND m.historical = 1 AND m.deleted_at IS NULL
         AND o.kind <> 'event' AND m.is_from_me = o.is_from_me AND m.handle_id IS o.handle_id AND m.text IS o.text
         AND ${isThere(apple)} ORDER BY m.id LIMIT 1`,
      id,
      sourceId,
    );
    if (row === undefined || taken.has(row.id)) continue;
    taken.add(row.id);
    const { alias, guid, ...newcomer } = row;
    addAlias(db, alias, guid);
    twins.push({ ...newcomer, twin: { alias, guid } });
  }
  return twins;
}

function addAlias(db: Database, alias: string, guid: string): void {
  db.run('INSERT OR REPLACE INTO message_aliases (alias, guid) VALUES (?, ?)', alias, guid);
  db.run('UPDATE message_aliases SET guid = ? WHERE guid = ?', guid, alias);
}

export function knownTwins(db: Database): Twin[] {
  return db.all<Twin>('SELECT alias, guid FROM message_aliases ORDER BY alias');
}

/** Names the messages of another store as the one that knows these twins does, so that the two can be compared. */
export function renameTwins(db: Database, twins: readonly Twin[]): void {
  for (const { alias, guid } of twins) {
    if (db.value('SELECT 1 FROM messages WHERE guid = ?', guid) === null) {
      db.run('UPDATE messages SET guid = ? WHERE guid = ?', guid, alias);
    }
    for (const [table, column] of POINTERS)
      db.run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`, guid, alias);
  }
  // Reactions to one and to the other are reactions to the same message now.
  settleAllReactions(
    db,
    twins.map((twin) => twin.guid),
  );
}
