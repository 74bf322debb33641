import { openWritable } from '../sqlite/index.ts';
import { APPLE_EPOCH_MS } from './apple-time.ts';
import { encodePlist } from './encode/plist.ts';
import type { Random } from './random.ts';

/** What a row of an early phone says, in the words of today. */
export type EarlyMessage = {
  text: string;
  sentAt: number;
  isFromMe: boolean;
  service: 'SMS' | 'iMessage';
  /** The address of the chat, or the addresses of its members. */
  with: string[];
  isDeleted: boolean;
};

const TEXT_COLUMNS = `ROWID INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT, date INTEGER, text TEXT, flags INTEGER, replace INTEGER,
  svc_center TEXT, group_id INTEGER, association_id INTEGER, height INTEGER, UIFlags INTEGER, version INTEGER, subject TEXT,
  country TEXT, headers BLOB, recipients BLOB, read INTEGER`;
const IMESSAGE_COLUMNS = `, madrid_attributedBody BLOB, madrid_handle TEXT, madrid_version INTEGER, madrid_guid TEXT,
  madrid_type INTEGER, madrid_roomname TEXT, madrid_service TEXT, madrid_account TEXT, madrid_flags INTEGER,
  madrid_attachmentInfo BLOB, madrid_url TEXT, madrid_error INTEGER, is_madrid INTEGER, madrid_date_read INTEGER,
  madrid_date_delivered INTEGER, madrid_account_guid TEXT`;

const PEOPLE = ['+14155550101', '+14155550102', '+14155550103', 'ann@example.com'] as const;
/** Is in the group of iMessage, and never writes in it. */
export const SILENT_MEMBER = '+14155550104';
const OWN = '+14155550100';

/** Flags as phones wrote them: received and sent text messages, one deleted; received and sent iMessages. */
const RECEIVED = 2;
const SENT = 3;
const DELETED = 129;
const IMESSAGE_RECEIVED = 12_289;
const IMESSAGE_SENT = 36_869;

/**
 * Writes an `sms.db` as iOS 4 (text messages alone) or iOS 5 (with iMessage) kept it, with two groups, a picture
 * message, an iMessage attachment and a deleted message. Answers what it says, oldest first.
 */
export function writeEarlyMessages(
  file: string,
  options: { ios: 4 | 5; messages: number; random: Random; nowMs: number },
): EarlyMessage[] {
  const { ios, random } = options;
  using db = openWritable(file);
  db.exec(`CREATE TABLE message (${TEXT_COLUMNS}${ios === 5 ? IMESSAGE_COLUMNS : ''});
    CREATE TABLE msg_group (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER, newest_message INTEGER,
      unread_count INTEGER, hash INTEGER);
    CREATE TABLE group_member (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER, address TEXT, country TEXT);
    CREATE TABLE msg_pieces (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, data BLOB, part_id INTEGER,
      preview_part INTEGER, content_type TEXT, height INTEGER, version INTEGER, flags INTEGER, content_id TEXT,
      content_loc TEXT, headers BLOB);
    CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key))`);
  if (ios === 5) {
    db.exec(`CREATE TABLE madrid_attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, attachment_guid TEXT,
        created_date INTEGER, start_date INTEGER, filename TEXT, uti_type TEXT, mime_type TEXT, transfer_state INTEGER,
        is_incoming INTEGER, message_id INTEGER);
      CREATE TABLE madrid_chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, style INTEGER, state INTEGER, account_id TEXT,
        properties BLOB, chat_identifier TEXT, service_name TEXT, guid TEXT, room_name TEXT, account_login TEXT,
        participants BLOB)`);
    const chat =
      'INSERT INTO madrid_chat (style, state, chat_identifier, service_name, guid, room_name, account_login)';
    db.run(`${chat} VALUES (45, 3, ?, 'Madrid', ?, NULL, ?)`, PEOPLE[0], `Madrid;-;${PEOPLE[0]}`, `P:${OWN}`);
    db.run(`${chat} VALUES (43, 3, 'chat77', 'Madrid', 'Madrid;+;chat77', 'chat77', ?)`, `P:${OWN}`);
    const members = encodePlist([PEOPLE[0], SILENT_MEMBER, PEOPLE[3]]);
    db.run("UPDATE madrid_chat SET participants = ? WHERE chat_identifier = 'chat77'", members);
  }
  const groupOf = new Map<string, number>();
  for (const members of [[PEOPLE[0]], [PEOPLE[1]], [PEOPLE[1], PEOPLE[2]]]) {
    const group = db.run('INSERT INTO msg_group (type, unread_count) VALUES (0, 0)').lastId;
    groupOf.set(members.join(), group);
    for (const member of members)
      db.run("INSERT INTO group_member (group_id, address, country) VALUES (?, ?, 'us')", group, member);
  }
  const said: EarlyMessage[] = [];
  const startMs = options.nowMs - options.messages * 600_000;
  db.transaction(() => {
    for (let index = 0; index < options.messages; index += 1) {
      const sentAt = Math.floor((startMs + index * 600_000) / 1000) * 1000;
      const isFromMe = random.chance(0.5);
      const text = `message ${index} 👋`;
      if (ios === 5 && random.chance(0.5)) said.push(sendImessage(index, { text, sentAt, isFromMe }));
      else said.push(sendText(index, { text, sentAt, isFromMe }));
    }
  });
  return said;

  function sendText(index: number, what: { text: string; sentAt: number; isFromMe: boolean }): EarlyMessage {
    const members = random.pick([[PEOPLE[0]], [PEOPLE[1]], [PEOPLE[1], PEOPLE[2]]] as const);
    const isDeleted = index % 11 === 5;
    const isPicture = index % 7 === 3 && !isDeleted;
    const isFromMe = what.isFromMe || isDeleted;
    const flags = isDeleted ? DELETED : isFromMe ? SENT : RECEIVED;
    const row = db.run(
      `INSERT INTO message (address, date, text, flags, group_id, country, read, version) VALUES (?, ?, ?, ?, ?, 'us', 1, 0)`,
      members.length > 1 && isFromMe ? null : members[0],
      what.sentAt / 1000,
      isPicture ? null : what.text,
      flags,
      groupOf.get(members.join()) ?? null,
    ).lastId;
    if (isPicture) {
      const piece =
        'INSERT INTO msg_pieces (message_id, data, part_id, content_type, content_loc) VALUES (?, ?, ?, ?, ?)';
      db.run(piece, row, Buffer.from('<smil/>'), 0, 'application/smil', 'smil.xml');
      db.run(piece, row, Buffer.from(what.text), 1, 'text/plain', 'text_0.txt');
      db.run(piece, row, null, 2, 'image/jpeg', 'IMG_0001.jpg');
    }
    return { ...what, isFromMe, service: 'SMS', with: [...members], isDeleted };
  }

  function sendImessage(index: number, what: { text: string; sentAt: number; isFromMe: boolean }): EarlyMessage {
    const isGroup = random.chance(0.3);
    const sender = isGroup ? random.pick([PEOPLE[0], PEOPLE[3]] as const) : PEOPLE[0];
    const row = db.run(
      `INSERT INTO message (date, text, flags, read, is_madrid, madrid_handle, madrid_guid, madrid_roomname, madrid_service,
         madrid_account, madrid_flags, madrid_date_read, madrid_date_delivered, madrid_error, madrid_type)
       VALUES (?, ?, 0, 1, 1, ?, ?, ?, 'Madrid', ?, ?, 0, 0, 0, 0)`,
      (what.sentAt - APPLE_EPOCH_MS) / 1000,
      what.text,
      sender,
      random.uuid(),
      isGroup ? 'chat77' : null,
      `P:${OWN}`,
      what.isFromMe ? IMESSAGE_SENT : IMESSAGE_RECEIVED,
    ).lastId;
    if (index % 5 === 0) {
      const guid = random.uuid();
      db.run(
        `INSERT INTO madrid_attachment (attachment_guid, created_date, filename, uti_type, mime_type, transfer_state, message_id)
         VALUES (?, 0, ?, 'public.jpeg', 'image/jpeg', 5, ?)`,
        guid,
        `/var/mobile/Library/SMS/Attachments/ab/10/${guid}/IMG_0002.jpg`,
        row,
      );
    }
    return { ...what, service: 'iMessage', with: isGroup ? ['chat77'] : [sender], isDeleted: false };
  }
}
