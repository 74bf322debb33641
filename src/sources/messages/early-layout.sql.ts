/**
 * The layout that `sms.db` had up to iOS 5, said again in the tables that Messages has had ever since. One table held
 * text messages (dates in Unix seconds, groups in `msg_group`) and, in columns called after iMessage's code name,
 * those of iMessage (dates in seconds since 2001). What a later iPhone makes anew when it takes such a database over
 * (guids, chats, handles) is made here from what the rows hold, so that reading one again finds the same.
 */

/** The tables of that layout that are read. */
export const EARLY_TABLES = [
  'message',
  'msg_group',
  'group_member',
  'msg_pieces',
  'madrid_chat',
  'madrid_attachment',
] as const;

/** An expression for a column of the old file: the column where it has one, else NULL. */
export type EarlyColumns = (alias: string, table: (typeof EARLY_TABLES)[number], column: string) => string;

const UNIX_TO_APPLE_SECONDS = 978_307_200;

/** Bits of `flags`: text messages. */
const SMS_FROM_ME = 1;
const SMS_DELETED = 128;
/** Bits of `madrid_flags`: iMessage. */
const IMESSAGE_FROM_ME = 4;

const GROUP = 43;
const DIRECT = 45;
const FINISHED = 5;

export const TARGET_SCHEMA = `
  CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT UNIQUE, text TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
    attributedBody BLOB, service TEXT, account TEXT, account_guid TEXT, error INTEGER DEFAULT 0, date INTEGER, date_read INTEGER,
    date_delivered INTEGER, is_from_me INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
    is_finished INTEGER DEFAULT 1, item_type INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0);
  CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT UNIQUE, style INTEGER, chat_identifier TEXT, service_name TEXT,
    room_name TEXT, account_login TEXT);
  CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT NOT NULL, country TEXT, service TEXT NOT NULL, UNIQUE (id, service));
  CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT UNIQUE, created_date INTEGER, filename TEXT, uti TEXT,
    mime_type TEXT, transfer_state INTEGER, transfer_name TEXT, total_bytes INTEGER DEFAULT -1);
  CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, PRIMARY KEY (chat_id, message_id));
  CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE (chat_id, handle_id));
  CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, UNIQUE (message_id, attachment_id));
  CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER,
    PRIMARY KEY (chat_id, message_id));
  CREATE TEMP TABLE early (message INTEGER PRIMARY KEY, service TEXT, address TEXT, country TEXT, room TEXT, is_deleted INTEGER)`;

/** Statements that fill the new tables from the schema \`old\`, in their order. */
export function earlyStatements(column: EarlyColumns, has: (table: string) => boolean): string[] {
  const m = (name: string) => column('m', 'message', name);
  const isMadrid = `coalesce(${m('is_madrid')}, 0) <> 0`;
  const flags = `coalesce(CAST(${m('flags')} AS INTEGER), 0)`;
  const madridFlags = `coalesce(CAST(${m('madrid_flags')} AS INTEGER), 0)`;
  const either = (madrid: string, sms: string) => `CASE WHEN ${isMadrid} THEN ${madrid} ELSE ${sms} END`;
  const text = (expression: string) => `nullif(trim(CAST(${expression} AS TEXT)), '')`;
  const imessage = (expression: string) => serviceOf(text(expression));
  const date = either(m('date'), `nullif(${m('date')}, 0) - ${UNIX_TO_APPLE_SECONDS}`);
  const pieces = has('msg_pieces');
  const members = has('group_member');
  const chats = has('madrid_chat');
  // A text message to several has a group of several members; every other group says no more than the address.
  const smsRoom = members
    ? `(SELECT 'smsgroup' || g.group_id FROM old.group_member g WHERE g.group_id = ${m('group_id')} GROUP BY g.group_id HAVING count(*) > 1)`
    : 'NULL';
  const onlyMember = members
    ? `(SELECT max(trim(g.address)) FROM old.group_member g WHERE g.group_id = ${m('group_id')} GROUP BY g.group_id HAVING count(*) = 1)`
    : 'NULL';
  // Parts of a picture message: what it says, and what it shows.
  const said = pieces
    ? `(SELECT group_concat(CAST(p.data AS TEXT), char(10) ORDER BY p.ROWID) FROM old.msg_pieces p
        WHERE p.message_id = m.ROWID AND p.content_type = 'text/plain')`
    : 'NULL';
  return [
    `INSERT INTO temp.early SELECT m.ROWID, ${either(imessage(m('madrid_service')), "'SMS'")},
       ${either(text(m('madrid_handle')), `coalesce(${text(m('address'))}, ${onlyMember})`)}, ${text(m('country'))},
       ${either(text(m('madrid_roomname')), smsRoom)}, ${either('0', `(${flags} & ${SMS_DELETED}) <> 0`)}
     FROM old.message m`,
    `INSERT OR IGNORE INTO message (ROWID, guid, text, subject, attributedBody, service, account, account_guid, error,
       date, date_read, date_delivered, is_from_me, is_read, is_sent)
     SELECT m.ROWID, coalesce(${text(m('madrid_guid'))},
         printf('early-%d-%d-%d', m.ROWID, coalesce(m.date, 0), coalesce(length(m.text), 0))),
       coalesce(m.text, ${said}), ${m('subject')}, ${m('madrid_attributedBody')}, e.service, ${m('madrid_account')},
       ${m('madrid_account_guid')}, coalesce(${m('madrid_error')}, 0), ${date}, ${m('madrid_date_read')},
       ${m('madrid_date_delivered')}, ${either(`(${madridFlags} & ${IMESSAGE_FROM_ME}) <> 0`, `(${flags} & ${SMS_FROM_ME}) <> 0`)},
       coalesce(${m('read')}, 0), ${either(`(${madridFlags} & ${IMESSAGE_FROM_ME}) <> 0`, `${flags} = 3`)}
     FROM old.message m JOIN temp.early e ON e.message = m.ROWID ORDER BY m.ROWID`,
    `INSERT OR IGNORE INTO handle (id, country, service)
     SELECT address, max(country), service FROM temp.early WHERE address IS NOT NULL GROUP BY address, service ORDER BY min(message)`,
    ...(members
      ? [
          `INSERT OR IGNORE INTO handle (id, country, service)
           SELECT ${text(column('g', 'group_member', 'address'))}, ${text(column('g', 'group_member', 'country'))}, 'SMS' FROM old.group_member g
           WHERE ${text(column('g', 'group_member', 'address'))} IS NOT NULL ORDER BY g.ROWID`,
        ]
      : []),
    // Who is in a group of iMessage without having written in it.
    ...(chats
      ? [
          `INSERT OR IGNORE INTO handle (id, service)
           SELECT ${text('p.value')}, ${imessage(column('c', 'madrid_chat', 'service_name'))}
           FROM old.madrid_chat c, json_each(texts_in(${column('c', 'madrid_chat', 'participants')})) p
           WHERE ${text('p.value')} IS NOT NULL ORDER BY c.ROWID, p.key`,
        ]
      : []),
    'UPDATE message SET handle_id = coalesce((SELECT h.ROWID FROM temp.early e JOIN handle h ON h.id = e.address AND h.service = e.service WHERE e.message = message.ROWID), 0)',
    ...(chats ? [madridChats(column, text)] : []),
    `INSERT OR IGNORE INTO chat (guid, style, chat_identifier, service_name, room_name)
     SELECT service || iif(room IS NULL, ';-;', ';+;') || coalesce(room, address), iif(room IS NULL, ${DIRECT}, ${GROUP}),
       coalesce(room, address), service, room
     FROM temp.early e WHERE coalesce(room, address) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chat c WHERE ${isChatOf})
     GROUP BY service, coalesce(room, address) ORDER BY min(message)`,
    `INSERT OR IGNORE INTO chat_message_join SELECT min(c.ROWID), e.message FROM temp.early e
       JOIN chat c ON ${isChatOf} WHERE NOT e.is_deleted GROUP BY e.message`,
    // When it was deleted is not on record; that it was is.
    `INSERT OR IGNORE INTO chat_recoverable_message_join SELECT min(c.ROWID), e.message, coalesce(nullif(m.date, 0), 1)
     FROM temp.early e JOIN message m ON m.ROWID = e.message JOIN chat c ON ${isChatOf} WHERE e.is_deleted GROUP BY e.message`,
    // Who is in a chat: everybody who wrote in it or was written to.
    `INSERT OR IGNORE INTO chat_handle_join
     SELECT min(c.ROWID), h.ROWID FROM temp.early e JOIN chat c ON ${isChatOf}
       JOIN handle h ON h.id = e.address AND h.service = e.service GROUP BY e.service, coalesce(e.room, e.address), h.ROWID`,
    ...(members
      ? [
          `INSERT OR IGNORE INTO chat_handle_join SELECT c.ROWID, h.ROWID FROM old.group_member g
             JOIN chat c ON c.room_name = 'smsgroup' || g.group_id
             JOIN handle h ON h.service = 'SMS' AND h.id = ${text(column('g', 'group_member', 'address'))}`,
        ]
      : []),
    ...(chats
      ? [
          `INSERT OR IGNORE INTO chat_handle_join SELECT n.ROWID, h.ROWID
           FROM old.madrid_chat c, json_each(texts_in(${column('c', 'madrid_chat', 'participants')})) p
             JOIN chat n ON n.guid = ${madridGuid(column, text)}
             JOIN handle h ON h.service = n.service_name AND h.id = ${text('p.value')}`,
        ]
      : []),
    ...(has('madrid_attachment') ? madridAttachments(column) : []),
    ...(pieces ? pictureParts(column) : []),
    'UPDATE message SET cache_has_attachments = 1 WHERE ROWID IN (SELECT message_id FROM message_attachment_join)',
  ];
}

/** Which chat (\`c\`) a row of \`early\` (\`e\`) is in. */
const isChatOf = `c.service_name = e.service AND CASE WHEN e.room IS NULL
  THEN c.room_name IS NULL AND c.chat_identifier = e.address ELSE c.room_name = e.room END`;

/** Some rows call iMessage by its code name. */
function serviceOf(expression: string): string {
  return `iif(coalesce(${expression}, 'Madrid') = 'Madrid', 'iMessage', ${expression})`;
}

function madridChats(column: EarlyColumns, text: (expression: string) => string): string {
  const c = (name: string) => column('c', 'madrid_chat', name);
  return `INSERT OR IGNORE INTO chat (guid, style, chat_identifier, service_name, room_name, account_login)
    SELECT ${madridGuid(column, text)}, ${c('style')}, ${text(c('chat_identifier'))},
      ${serviceOf(text(c('service_name')))}, ${text(c('room_name'))}, ${text(c('account_login'))}
    FROM old.madrid_chat c ORDER BY c.ROWID`;
}

function madridGuid(column: EarlyColumns, text: (expression: string) => string): string {
  return `coalesce(${text(column('c', 'madrid_chat', 'guid'))}, 'iMessage;' || c.ROWID)`;
}

function madridAttachments(column: EarlyColumns): string[] {
  const a = (name: string) => column('a', 'madrid_attachment', name);
  const guid = `coalesce(${a('attachment_guid')}, 'early-attachment-' || a.ROWID)`;
  return [
    `INSERT OR IGNORE INTO attachment (guid, created_date, filename, uti, mime_type, transfer_state, transfer_name)
     SELECT ${guid}, ${a('created_date')}, ${a('filename')}, ${a('uti_type')}, ${a('mime_type')}, ${a('transfer_state')},
       nullif(replace(${a('filename')}, rtrim(${a('filename')}, replace(${a('filename')}, '/', '')), ''), '')
     FROM old.madrid_attachment a ORDER BY a.ROWID`,
    `INSERT OR IGNORE INTO message_attachment_join SELECT ${a('message_id')}, t.ROWID
     FROM old.madrid_attachment a JOIN attachment t ON t.guid = ${guid} WHERE ${a('message_id')} IN (SELECT ROWID FROM message)`,
  ];
}

/** Parts that are no text. Where their files are does not stand in the database. */
function pictureParts(column: EarlyColumns): string[] {
  const p = (name: string) => column('p', 'msg_pieces', name);
  const shows = `${p('content_type')} NOT IN ('text/plain', 'application/smil')`;
  return [
    `INSERT OR IGNORE INTO attachment (guid, mime_type, transfer_state, transfer_name)
     SELECT 'early-part-' || p.ROWID, ${p('content_type')}, ${FINISHED}, ${p('content_loc')}
     FROM old.msg_pieces p WHERE ${shows} ORDER BY p.ROWID`,
    `INSERT OR IGNORE INTO message_attachment_join SELECT ${p('message_id')}, t.ROWID
     FROM old.msg_pieces p JOIN attachment t ON t.guid = 'early-part-' || p.ROWID WHERE ${p('message_id')} IN (SELECT ROWID FROM message)`,
  ];
}
