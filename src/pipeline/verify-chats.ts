import { misnamedChats, misstatedChats, planPeople, unsettled } from '../load/index.ts';
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
  ourMembers: string | null;
  theirMembers: string;
};

const members = `(SELECT json_group_array(h.address) FROM ${FRESH}.chat_participants p
  JOIN ${FRESH}.handles h ON h.id = p.handle_id WHERE p.chat_id = t.id)`;

/**
 * What a chat is called by its members, and who they are, is compared with what this source has said of it; what follows
 * from people with our own contacts.
 */
export function compareChats({ db, sourceId, findings }: Comparison): void {
  for (const id of misnamedChats(db)) findings.add({ kind: 'chat', guid: null, id, what: 'name' });
  for (const { chat, what } of misstatedChats(db)) findings.add({ kind: 'chat', guid: null, id: chat, what });
  const rows = db.all<Chat>(
    `SELECT o.id, o.kind AS ourKind, t.kind AS theirKind, v.given_name AS ourName, t.given_name AS theirName,
       o.services AS ourServices, t.services AS theirServices,
       ${members} AS theirMembers, v.participants AS ourMembers
     FROM temp.chat_pairs p JOIN main.chats o ON o.id = p.ours JOIN ${FRESH}.chats t ON t.id = p.theirs
       LEFT JOIN main.source_chats v ON v.chat_id = o.id AND v.source_id = ? ORDER BY o.id`,
    sourceId,
  );
  for (const row of rows) {
    const add = (what: string) => findings.add({ kind: 'chat', guid: null, id: row.id, what });
    if (row.ourKind !== row.theirKind) add('kind');
    const services = JSON.parse(row.ourServices) as string[];
    if (!(JSON.parse(row.theirServices) as string[]).every((service) => services.includes(service))) add('services');
    // A source that the archive does not know says nothing yet.
    if (row.ourMembers === null) continue;
    if (row.ourName !== row.theirName) add('name');
    if (sorted(row.ourMembers) !== sorted(row.theirMembers)) add('participants');
  }
}

function sorted(list: string): string {
  return JSON.stringify((JSON.parse(list) as string[]).sort());
}

/**
 * People. The cards that the address book holds are ours too, and say the same; and our contacts are what our cards and
 * the user's decisions make them. A card that has left the address book is let go of at the next sync.
 */
export function compareContacts({ db, findings }: Comparison): void {
  const cards = db.all<{ contact: number | null; ours: string | null; theirs: string }>(
    `SELECT o.contact_id AS contact, o.content AS ours, t.content AS theirs
     FROM ${FRESH}.contact_cards t LEFT JOIN main.contact_cards o ON o.card = t.card ORDER BY t.card`,
  );
  for (const { contact, ours, theirs } of cards) {
    if (ours === theirs) continue;
    findings.add({ kind: 'contact', guid: null, id: contact, what: ours === null ? 'missing' : 'card' });
  }
  for (const { contact, what } of unsettled(db, planPeople(db))) {
    findings.add({ kind: 'contact', guid: null, id: contact, what });
  }
  const gone = db.value<number>(
    `SELECT count(*) FROM main.contact_cards WHERE card NOT IN (SELECT card FROM ${FRESH}.contact_cards)`,
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
