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

type Settled = { given: string | null; participants: string[]; services: string[]; identifiers: string[] };

/**
 * What the sources of a chat say of it, in whatever order they were read: the one that goes furthest in time is believed
 * about its name and its members, where it knows any; services are those of all. Null for a chat that no source has.
 */
function joined(db: Database, id: number): Settled | null {
  const versions = db.all<ChatVersion>(
    `SELECT v.identifier, v.given_name AS given, v.services, v.participants, s.newest_at AS newestAt
     FROM source_chats v JOIN sources s ON s.id = v.source_id WHERE v.chat_id = ?`,
    id,
  );
  if (versions.length === 0) return null;
  const newest = (field: 'given' | 'participants', nothing: string | null) =>
    versions
      .filter((version) => version[field] !== nothing)
      .reduce<ChatVersion | null>((best, one) => (best === null || isNewer(one, best, field) ? one : best), null);
  return {
    given: newest('given', null)?.given ?? null,
    participants: JSON.parse(newest('participants', '[]')?.participants ?? '[]') as string[],
    services: versions.flatMap((version) => JSON.parse(version.services) as string[]),
    identifiers: versions.map((version) => version.identifier).sort(),
  };
}

/** Makes a chat what its sources say of it. */
export function settleChat(db: Database, id: number): void {
  const chat = joined(db, id);
  if (chat === null) return;
  // Those that occur in its messages stay.
  const before = JSON.parse(db.value<string>('SELECT services FROM chats WHERE id = ?', id) ?? '[]') as string[];
  db.run(
    'UPDATE chats SET given_name = ?, services = ? WHERE id = ?',
    chat.given,
    JSON.stringify([...new Set([...before, ...chat.services])].sort()),
    id,
  );
  // Sources may know a group by different identifiers: the first by the alphabet is as good as any. Another chat may
  // bear it, known by other aliases: then this one keeps its own.
  const identifier = chat.identifiers[0] ?? null;
  db.run('UPDATE OR IGNORE chats SET identifier = ? WHERE id = ? AND identifier <> ?', identifier, id, identifier);
  writeParticipants(db, id, chat.participants);
  renameChat(db, id);
}

/** Chats that are not what their sources say of them: for whoever checks a store. */
export function misstatedChats(db: Database): { chat: number; what: 'name' | 'participants' }[] {
  const members = `(SELECT json_group_array(h.address) FROM chat_participants p JOIN handles h ON h.id = p.handle_id
    WHERE p.chat_id = c.id)`;
  return db
    .all<{ id: number; given: string | null; members: string }>(
      `SELECT c.id, c.given_name AS given, ${members} AS members FROM chats c ORDER BY c.id`,
    )
    .flatMap(({ id, given, members: held }) => {
      const wanted = joined(db, id);
      if (wanted === null) return [];
      const isSame =
        JSON.stringify((JSON.parse(held) as string[]).sort()) === JSON.stringify(wanted.participants.sort());
      return [
        ...(given === wanted.given ? [] : [{ chat: id, what: 'name' as const }]),
        ...(isSame ? [] : [{ chat: id, what: 'participants' as const }]),
      ];
    });
}

function isNewer(a: ChatVersion, b: ChatVersion, field: 'given' | 'participants'): boolean {
  const [left, right] = [a.newestAt ?? 0, b.newestAt ?? 0];
  return left !== right ? left > right : (a[field] ?? '') > (b[field] ?? '');
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
