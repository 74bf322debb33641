import type { Database } from '../sqlite/index.ts';
import { type Comparison, FRESH } from './verify-rows.ts';

/**
 * Finds out which chat of ours each chat of the fresh store is: the one that shares an alias with it, the oldest where
 * several do. Fills `temp.chat_pairs`, which the comparison of messages asks.
 */
export function pairChats({ db, findings }: Comparison): void {
  db.exec('CREATE TEMP TABLE chat_pairs (theirs INTEGER PRIMARY KEY, ours INTEGER)');
  db.exec(`INSERT INTO temp.chat_pairs (theirs, ours)
    SELECT c.id, coalesce(
      (SELECT min(o.chat_id) FROM ${FRESH}.chat_aliases t JOIN main.chat_aliases o ON o.alias = t.alias
       WHERE t.chat_id = c.id),
      (SELECT o.id FROM main.chats o WHERE o.kind = c.kind AND o.identifier = c.identifier))
    FROM ${FRESH}.chats c`);
  const missing = db.all<{ guid: string | null }>(
    `SELECT (SELECT m.guid FROM ${FRESH}.messages m WHERE m.chat_id = p.theirs LIMIT 1) AS guid
     FROM temp.chat_pairs p WHERE p.ours IS NULL`,
  );
  for (const { guid } of missing) findings.add({ kind: 'chat', guid, id: null, what: 'missing' });
  const letGo = db.value<number>(
    'SELECT count(*) FROM main.chats WHERE id NOT IN (SELECT ours FROM temp.chat_pairs WHERE ours IS NOT NULL)',
  );
  findings.putAside('letGo', letGo ?? 0);
}

type Chat = {
  id: number;
  ourKind: string;
  theirKind: string;
  ourName: string | null;
  theirName: string | null;
  ourServices: string;
  theirServices: string;
  ourMembers: string;
  theirMembers: string;
};

const members = (schema: string, chat: string) => `(SELECT json_group_array(h.address ORDER BY h.address)
  FROM ${schema}.chat_participants p JOIN ${schema}.handles h ON h.id = p.handle_id WHERE p.chat_id = ${chat})`;

/** `withNames`: the address book of the last import was given, so that the names of direct chats can be compared. */
export function compareChats({ db, sourceId, findings }: Comparison, withNames: boolean): void {
  const rows = db.all<Chat>(
    `SELECT o.id, o.kind AS ourKind, t.kind AS theirKind, o.name AS ourName, t.name AS theirName,
       o.services AS ourServices, t.services AS theirServices,
       ${members('main', 'o.id')} AS ourMembers, ${members(FRESH, 't.id')} AS theirMembers
     FROM temp.chat_pairs p JOIN main.chats o ON o.id = p.ours JOIN ${FRESH}.chats t ON t.id = p.theirs ORDER BY o.id`,
  );
  // The source that was imported last has the last word on names and members.
  const isLast = lastImported(db) === sourceId;
  for (const row of rows) {
    const add = (what: string) => findings.add({ kind: 'chat', guid: null, id: row.id, what });
    if (row.ourKind !== row.theirKind) add('kind');
    const services = JSON.parse(row.ourServices) as string[];
    if (!(JSON.parse(row.theirServices) as string[]).every((service) => services.includes(service))) add('services');
    if (!isLast) continue;
    if (row.ourName !== row.theirName && (withNames || row.theirKind === 'group')) add('name');
    if (row.ourMembers !== row.theirMembers) add('participants');
  }
}

function lastImported(db: Database): number | null {
  return db.value<number>('SELECT id FROM main.sources ORDER BY last_imported_at DESC, id DESC LIMIT 1');
}

type Contact = {
  id: number | null;
  isMe: number;
  ourName: string | null;
  theirName: string | null;
  ourFlags: string | null;
  theirFlags: string;
  ourAddresses: string;
  theirAddresses: string;
};

const addresses = (schema: string, contact: string) => `(SELECT json_group_array(i.value ORDER BY i.value)
  FROM ${schema}.contact_identifiers i WHERE i.contact_id = ${contact})`;

/** People by their cards. A card that is gone from the address book leaves its contact here. */
export function compareContacts({ db, findings }: Comparison): void {
  const flags = (alias: string) => `${alias}.is_me || ',' || ${alias}.is_organization || ',' || ${alias}.origin`;
  const rows = db.all<Contact>(
    `SELECT o.id, t.is_me AS isMe, o.name AS ourName, t.name AS theirName, ${flags('o')} AS ourFlags,
       ${flags('t')} AS theirFlags, ${addresses('main', 'o.id')} AS ourAddresses,
       ${addresses(FRESH, 't.id')} AS theirAddresses
     FROM ${FRESH}.contacts t LEFT JOIN main.contacts o ON o.card_key = t.card_key
     WHERE t.card_key IS NOT NULL ORDER BY o.id`,
  );
  for (const row of rows) {
    const add = (what: string) => findings.add({ kind: 'contact', guid: null, id: row.id, what });
    if (row.id === null) {
      add('missing');
      continue;
    }
    if (row.ourName !== row.theirName) add('name');
    if (row.ourFlags !== row.theirFlags) add('origin');
    if (row.ourAddresses === row.theirAddresses) continue;
    // Further accounts of one's own may come from another source.
    const ours = JSON.parse(row.ourAddresses) as string[];
    const isMore = (JSON.parse(row.theirAddresses) as string[]).every((value) => ours.includes(value));
    if (row.isMe === 0 || !isMore) add('identifiers');
  }
  const gone = db.value<number>(
    `SELECT count(*) FROM main.contacts WHERE card_key IS NOT NULL
     AND card_key NOT IN (SELECT card_key FROM ${FRESH}.contacts WHERE card_key IS NOT NULL)`,
  );
  findings.putAside('letGo', gone ?? 0);
}

/** What waits in quarantine, by guid and reason. */
export function compareQuarantine({ db, sourceId, findings }: Comparison): void {
  const missing = db.all<{ guid: string }>(
    `SELECT t.guid FROM ${FRESH}.quarantine t WHERE t.state <> 'resolved' AND NOT EXISTS (
       SELECT 1 FROM main.quarantine o WHERE o.guid = t.guid AND o.reason = t.reason AND o.state <> 'resolved'
         AND (o.source_id = ? OR ? = -1)) ORDER BY t.id`,
    sourceId,
    sourceId,
  );
  for (const { guid } of missing) findings.add({ kind: 'quarantine', guid, id: null, what: 'missing' });
  const letGo = db.value<number>(
    `SELECT count(*) FROM main.quarantine o WHERE o.source_id = ? AND o.state <> 'resolved' AND NOT EXISTS (
       SELECT 1 FROM ${FRESH}.quarantine t WHERE t.guid = o.guid AND t.reason = o.reason AND t.state <> 'resolved')`,
    sourceId,
  );
  findings.putAside('letGo', letGo ?? 0);
}
