import type { Pen } from '../actions.ts';
import { APPLE_EPOCH_MS } from '../apple-time.ts';
import type { Owner } from '../history/handles.ts';
import type { Address } from '../history/model.ts';
import { encodePlainBody } from '../plain-body.ts';
import type { Random } from '../random.ts';
import type { ActorChat, ActorMessage, Memory, Standing } from './memory.ts';

/** Whose memory is filled, and from which open file. */
type Learner = { readonly pen: Pen; readonly memory: Memory; readonly random: Random; has(need: string): boolean };

/** So many of the newest messages are learned, and as many from all over the file. */
const NEWEST = 300;
const ANYWHERE = 200;
const REACTIONS = 200;

/** Learns chats, some messages and the reactions to them from a file that somebody else may have written. */
export function learn(learner: Learner): void {
  learnChats(learner);
  const { db } = learner.pen.database;
  const newest = db.all<{ guid: string }>(`SELECT guid FROM message ORDER BY ROWID DESC LIMIT ${NEWEST}`);
  const lastRow = db.value<number>('SELECT max(ROWID) FROM message') ?? 0;
  const guids = new Set<string>();
  for (let i = 0; i < ANYWHERE && lastRow > NEWEST; i += 1) {
    const at = 1 + learner.random.int(lastRow);
    const guid = db.value<string>('SELECT guid FROM message WHERE ROWID >= ? ORDER BY ROWID LIMIT 1', at);
    if (guid !== null) guids.add(guid);
  }
  for (const { guid } of newest.reverse()) {
    // The newest stand last.
    guids.delete(guid);
    guids.add(guid);
  }
  for (const guid of guids) if (typeof guid === 'string') learnMessage(learner, guid);
  learnReactions(learner);
}

/** Finds again, in a file whose rows have other numbers, what is remembered; what is not there is forgotten. */
export function learnAgain(learner: Learner): void {
  learnChats(learner);
  const { memory, pen } = learner;
  const { db } = pen.database;
  for (const message of [...memory.messages]) {
    const row = db.get<PlaceRow>(placeSql(learner), message.guid);
    const chat = row === undefined ? undefined : memory.chats.find((candidate) => candidate.rowId === row.chat);
    // Before it is joined a message belongs to a chat that only we know of.
    const place = chat ?? (row?.chat === null && memory.chats.includes(message.chat) ? message.chat : undefined);
    if (row === undefined || place === undefined) {
      memory.forget(message);
      continue;
    }
    message.rowId = row.rowId;
    message.chat = place;
    message.standing = standing(row);
    message.attachments = attachmentsOf(learner, row.rowId);
  }
  memory.forgetReactions((reaction) => {
    const rowId = db.value<number>('SELECT ROWID FROM message WHERE guid = ?', reaction.guid);
    if (rowId !== null) reaction.rowId = rowId;
    return rowId === null;
  });
}

/** The owner by what the chats say of accounts; what they do not say is as in `otherwise`. */
export function learnOwner(db: Pen['database']['db'], otherwise: Owner): Owner {
  const row = db.get<{ login: string; id: string | null }>(
    "SELECT account_login AS login, account_id AS id FROM chat WHERE account_login LIKE 'P:+%' ORDER BY ROWID LIMIT 1",
  );
  if (row === undefined) return otherwise;
  const phone = row.login.slice(2);
  const { accountGuid } = otherwise;
  return { ...otherwise, phone, account: `p:${phone}`, login: row.login, accountGuid: row.id ?? accountGuid };
}

type ChatLine = { rowId: number; guid: string; style: number; identifier: string; service: string | null };
type MemberLine = { chat: number; id: string; country: string | null; uncanonical: string | null };

/** Learns the chats; those that are known by their guid stay the same objects, which messages point at. */
export function learnChats({ pen, memory }: Learner): void {
  const { database, handles } = pen;
  const known = new Map(memory.chats.map((chat) => [chat.guid, chat]));
  const members = new Map<number, Address[]>();
  const lines = database.db.all<MemberLine>(
    `SELECT j.chat_id AS chat, h.id AS id, h.country AS country, h.uncanonicalized_id AS uncanonical
     FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id ORDER BY j.chat_id, h.id`,
  );
  for (const { chat, id, country, uncanonical } of lines) {
    const list = members.get(chat) ?? [];
    list.push({ id, normal: id, country, uncanonical });
    members.set(chat, list);
  }
  const { phone, email } = handles.owner;
  memory.chats = database.db
    .all<ChatLine>(
      `SELECT ROWID AS rowId, guid, style, chat_identifier AS identifier, service_name AS service
       FROM chat WHERE chat_identifier IS NOT NULL ORDER BY ROWID`,
    )
    .map(({ rowId, guid, style, identifier, service }): ActorChat => {
      const isGroup = style !== 45;
      const learned: ActorChat = {
        rowId,
        guid,
        identifier,
        isGroup,
        // From 26 on a chat may name no service of its own.
        service: service === null || service === 'any' ? 'iMessage' : service,
        members: members.get(rowId) ?? [],
        isSelf: !isGroup && (identifier === phone || identifier === email),
      };
      return Object.assign(known.get(guid) ?? learned, learned);
    });
}

type PlaceRow = { rowId: number; chat: number | null; isJoined: number; isDeleted: number; isScheduled: number };

type MessageLine = PlaceRow & {
  text: unknown;
  body: unknown;
  atMs: number;
  isFromMe: number;
  sender: string | null;
  country: string | null;
  uncanonical: string | null;
  isOrdinary: number;
  isUntouched: number;
};

function placeSql(learner: Learner, more = ''): string {
  const canRecover = learner.has('chat_recoverable_message_join');
  const joined = '(SELECT min(chat_id) FROM chat_message_join WHERE message_id = m.ROWID)';
  const deleted = canRecover
    ? '(SELECT min(chat_id) FROM chat_recoverable_message_join WHERE message_id = m.ROWID)'
    : 'NULL';
  const scheduled = learner.has('message.schedule_type')
    ? 'ifnull(m.schedule_type = 2 AND m.schedule_state <> 2, 0)'
    : '0';
  return `SELECT m.ROWID AS rowId, coalesce(${joined}, ${deleted}) AS chat, ${joined} IS NOT NULL AS isJoined,
      ${deleted} IS NOT NULL AS isDeleted, ${scheduled} AS isScheduled ${more}
    FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id WHERE m.guid = ?`;
}

function standing(row: PlaceRow): Standing {
  if (row.isJoined === 0) return row.isDeleted === 0 ? 'unjoined' : 'deleted';
  return row.isScheduled === 0 ? 'live' : 'scheduled';
}

/** Learns one message by its guid; undefined when it is not in the file, in no chat, or no ordinary message. */
export function learnMessage(learner: Learner, guid: string): ActorMessage | undefined {
  const { memory, pen } = learner;
  const known = memory.get(guid);
  if (known !== undefined) return known;
  const zero = (column: string) => (learner.has(`message.${column}`) ? `ifnull(m.${column}, 0) = 0` : '1');
  const empty = (column: string) => (learner.has(`message.${column}`) ? `m.${column} IS NULL` : '1');
  const inMs = pen.database.facts.dateUnit === 's' ? '* 1000' : '/ 1000000';
  const row = pen.database.db.get<MessageLine>(
    placeSql(
      learner,
      `, m.text AS text, m.attributedBody AS body, CAST(ifnull(m.date, 0) AS INTEGER) ${inMs} + ${APPLE_EPOCH_MS} AS atMs,
       ifnull(m.is_from_me, 0) AS isFromMe, h.id AS sender, h.country AS country, h.uncanonicalized_id AS uncanonical,
       ${zero('item_type')} AND ${zero('associated_message_type')} AS isOrdinary,
       ${zero('date_edited')} AND ${zero('date_retracted')} AND ${zero('is_empty')} AND ${empty('balloon_bundle_id')}
         AND ${zero('cache_has_attachments')} AS isUntouched`,
    ),
    guid,
  );
  if (row === undefined || row.isOrdinary === 0) return undefined;
  const chat = memory.chats.find((candidate) => candidate.rowId === row.chat);
  if (chat === undefined) return undefined;
  const text = row.isUntouched === 0 ? null : plainText(row.body);
  const { sender, country, uncanonical } = row;
  const from = row.isFromMe === 0 && sender !== null ? { id: sender, normal: sender, country, uncanonical } : 'me';
  return memory.remember({
    rowId: row.rowId,
    guid,
    chat,
    from,
    atMs: row.atMs,
    versions: text === null ? [] : [{ atMs: row.atMs, text }],
    standing: standing(row),
    isPlain: text !== null,
    parts: null,
    ranges: {},
    attachments: attachmentsOf(learner, row.rowId),
  });
}

function attachmentsOf({ pen }: Learner, rowId: number): { rowId: number; guid: string }[] {
  return pen.database.db.all<{ rowId: number; guid: string }>(
    `SELECT a.ROWID AS rowId, a.guid AS guid FROM message_attachment_join j JOIN attachment a ON a.ROWID = j.attachment_id
     WHERE j.message_id = ? ORDER BY a.ROWID`,
    rowId,
  );
}

type ReactionLine = { rowId: number; guid: string; code: number; on: string; isFromMe: number; sender: string | null };

function learnReactions({ pen, memory }: Learner): void {
  if (!pen.database.has('message', 'associated_message_type')) return;
  const lines = pen.database.db.all<ReactionLine>(
    `SELECT m.ROWID AS rowId, m.guid AS guid, m.associated_message_type AS code, m.associated_message_guid AS "on",
       ifnull(m.is_from_me, 0) AS isFromMe, h.id AS sender
     FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id
     WHERE m.associated_message_type BETWEEN 2000 AND 2006 AND m.associated_message_guid LIKE 'p:%/%'
     ORDER BY m.ROWID DESC LIMIT ${REACTIONS}`,
  );
  for (const { rowId, guid, code, on, isFromMe, sender } of lines.reverse()) {
    const [part = '', targetGuid = ''] = on.slice(2).split('/');
    const target = memory.get(targetGuid);
    if (target === undefined || (isFromMe === 0 && sender === null)) continue;
    const from = isFromMe !== 0 ? 'me' : target.chat.members.find((member) => member.id === sender);
    if (from !== undefined) memory.rememberReaction({ rowId, guid, target, part: Number(part), code, from });
  }
}

/** A character that occurs nowhere else in an encoded body. */
const MARK = '#';
const TEMPLATES = [true, false].map((mutable) => {
  const probe = Buffer.from(encodePlainBody(MARK, { mutable }));
  return { mutable, lengthAt: probe.indexOf(MARK) - 1 };
});

/** The text of a body of the plainest form, which our own encoder gives again; null for every other. */
export function plainText(body: unknown): string | null {
  if (!(body instanceof Uint8Array)) return null;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (const { mutable, lengthAt } of TEMPLATES) {
    if (bytes.length < lengthAt + 6) continue;
    const head = bytes.readUInt8(lengthAt);
    const [textAt, length] =
      head < 0x80
        ? [lengthAt + 1, head]
        : head === 0x81
          ? [lengthAt + 3, bytes.readUInt16LE(lengthAt + 1)]
          : [lengthAt + 5, bytes.readUInt32LE(lengthAt + 1)];
    const text = bytes.toString('utf8', textAt, textAt + length);
    if (text.length > 0 && bytes.equals(encodePlainBody(text, { mutable }))) return text;
  }
  return null;
}
