import type { Database } from '../sqlite/index.ts';
import type { ChatIdentity } from '../transform/index.ts';
import { renameChat } from './chat-names.ts';
import { servicesOfMessages } from './services.ts';

/** A chat as one source has it; `newestAt` is how far that source goes (Unix milliseconds), null where it is not known. */
type ChatVersion = {
  identifier: string;
  given: string | null;
  services: string;
  participants: string;
  newestAt: number | null;
};

/** Enters a chat as a source has it now. */
export function writeChatVersion(db: Database, chat: number, identity: ChatIdentity, sourceId: number): void {
  db.run(
    `INSERT OR REPLACE INTO source_chats
       (chat_id, source_id, identifier, given_name, services, participants, aliases) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    chat,
    sourceId,
    identity.identifier,
    identity.name,
    JSON.stringify([...identity.services].sort()),
    JSON.stringify([...identity.participants].sort()),
    JSON.stringify(identity.aliases),
  );
}

/**
 * Makes a chat what its sources say of it, in whatever order they were read: the one that goes furthest in time is
 * believed about its name and its members, where it knows any; services are those of all.
 */
export function settleChat(db: Database, id: number): void {
  const versions = db.all<ChatVersion>(
    `SELECT v.identifier, v.given_name AS given, v.services, v.participants, s.newest_at AS newestAt
     FROM source_chats v JOIN sources s ON s.id = v.source_id WHERE v.chat_id = ?`,
    id,
  );
  if (versions.length === 0) return;
  const newest = (field: 'given' | 'participants', nothing: string | null) =>
    versions
      .filter((version) => version[field] !== nothing)
      .reduce<ChatVersion | null>((best, one) => (best === null || isNewer(one, best, field) ? one : best), null);
  const services = new Set(versions.flatMap((version) => JSON.parse(version.services) as string[]));
  for (const service of JSON.parse(
    db.value<string>('SELECT services FROM chats WHERE id = ?', id) ?? '[]',
  ) as string[]) {
    services.add(service);
  }
  db.run(
    'UPDATE chats SET given_name = ?, services = ? WHERE id = ?',
    newest('given', null)?.given ?? null,
    JSON.stringify([...services].sort()),
    id,
  );
  nameAlike(db, id, versions);
  writeParticipants(db, id, JSON.parse(newest('participants', '[]')?.participants ?? '[]') as string[]);
  renameChat(db, id);
}

function isNewer(a: ChatVersion, b: ChatVersion, field: 'given' | 'participants'): boolean {
  const [left, right] = [a.newestAt ?? 0, b.newestAt ?? 0];
  return left !== right ? left > right : (a[field] ?? '') > (b[field] ?? '');
}

/** Sources may know a group by different identifiers: the first of them by the alphabet is as good as any. */
function nameAlike(db: Database, id: number, versions: readonly ChatVersion[]): void {
  const identifier = versions.map((version) => version.identifier).sort()[0] ?? null;
  // Another chat may bear it, known by other aliases: then this one keeps its own.
  db.run('UPDATE OR IGNORE chats SET identifier = ? WHERE id = ? AND identifier <> ?', identifier, id, identifier);
}

function writeParticipants(db: Database, id: number, addresses: readonly string[]): void {
  const json = JSON.stringify(addresses);
  db.run(
    `DELETE FROM chat_participants WHERE chat_id = ?
       AND handle_id NOT IN (SELECT h.id FROM handles h JOIN json_each(?) j ON j.value = h.address)`,
    id,
    json,
  );
  db.run(
    `INSERT OR IGNORE INTO chat_participants (chat_id, handle_id)
     SELECT ?, h.id FROM json_each(?) j JOIN handles h ON h.address = j.value`,
    id,
    json,
  );
}

/** Notes how far a source goes. What it says of chats that others have too counts for more, or less, afterwards. */
export function writeNewest(db: Database, sourceId: number, newestAt: number | null): void {
  const before = db.value<number>('SELECT newest_at FROM sources WHERE id = ?', sourceId);
  if (before === newestAt) return;
  db.run('UPDATE sources SET newest_at = ? WHERE id = ?', newestAt, sourceId);
  const shared = db.all<{ id: number }>(
    `SELECT chat_id AS id FROM source_chats WHERE source_id = ? INTERSECT
     SELECT chat_id FROM source_chats WHERE source_id <> ?`,
    sourceId,
    sourceId,
  );
  for (const { id } of shared) settleChat(db, id);
}

/** Takes what a source says of a chat away. Answers whether any other source has it. */
export function withdrawChat(db: Database, id: number, sourceId: number): boolean {
  db.run('DELETE FROM source_chats WHERE chat_id = ? AND source_id = ?', id, sourceId);
  const others = db.all<{ source: number; services: string }>(
    'SELECT source_id AS source, services FROM source_chats WHERE chat_id = ? ORDER BY source_id',
    id,
  );
  const [next] = others;
  if (next === undefined) return false;
  db.run(
    `DELETE FROM chat_aliases WHERE chat_id = ?1 AND alias NOT IN (
       SELECT j.value FROM source_chats v, json_each(v.aliases) j WHERE v.chat_id = ?1)`,
    id,
  );
  db.run('UPDATE chats SET source_id = ? WHERE id = ? AND source_id = ?', next.source, id, sourceId);
  db.run('UPDATE chats SET services = ? WHERE id = ?', JSON.stringify(servicesOfMessages(db, id).sort()), id);
  settleChat(db, id);
  return true;
}
