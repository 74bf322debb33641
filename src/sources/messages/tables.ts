import type { Database } from '../../sqlite/index.ts';
import type { MessagesSchema } from './schema.ts';

/** The small tables, as they stand in the file. Every value may be NULL, whatever Apple's schema declares. */
export type HandleRow = { rowid: number; id: string | null; country: string | null; service: string | null };

export type ChatRow = {
  rowid: number;
  guid: string | null;
  style: number | null;
  chatIdentifier: string | null;
  serviceName: string | null;
  roomName: string | null;
  displayName: string | null;
  groupId: string | null;
  accountLogin: string | null;
  lastAddressedHandle: string | null;
};

export type ChatHandleRow = { chat: number; handle: number };
export type ChatLookupRow = { identifier: string; chat: number };
export type ChatServiceRow = { service: string; chat: number };

const text = (expression: string) => `CAST(${expression} AS TEXT)`;

export function readHandles(db: Database, schema: MessagesSchema): HandleRow[] {
  const column = (name: string) => text(schema.column('h', 'handle', name));
  return db.all(
    `SELECT h.ROWID AS rowid, ${column('id')} AS id, ${column('country')} AS country, ${column('service')} AS service
     FROM ${schema.name}.handle h ORDER BY h.ROWID`,
  );
}

export function readChats(db: Database, schema: MessagesSchema): ChatRow[] {
  const column = (name: string) => text(schema.column('c', 'chat', name));
  return db.all(
    `SELECT c.ROWID AS rowid, ${column('guid')} AS guid, CAST(${schema.column('c', 'chat', 'style')} AS INTEGER) AS style,
       ${column('chat_identifier')} AS chatIdentifier, ${column('service_name')} AS serviceName,
       ${column('room_name')} AS roomName, ${column('display_name')} AS displayName, ${column('group_id')} AS groupId,
       ${column('account_login')} AS accountLogin, ${column('last_addressed_handle')} AS lastAddressedHandle
     FROM ${schema.name}.chat c ORDER BY c.ROWID`,
  );
}

export function readChatHandles(db: Database, schema: MessagesSchema): ChatHandleRow[] {
  if (!schema.has('chat_handle_join')) return [];
  return db.all(
    `SELECT chat_id AS chat, handle_id AS handle FROM ${schema.name}.chat_handle_join
     WHERE typeof(chat_id) = 'integer' AND typeof(handle_id) = 'integer' ORDER BY ROWID`,
  );
}

export function readChatLookup(db: Database, schema: MessagesSchema): ChatLookupRow[] {
  if (!schema.has('chat_lookup')) return [];
  return db.all(
    `SELECT identifier, chat FROM ${schema.name}.chat_lookup
     WHERE typeof(identifier) = 'text' AND typeof(chat) = 'integer' ORDER BY ROWID`,
  );
}

export function readChatServices(db: Database, schema: MessagesSchema): ChatServiceRow[] {
  if (!schema.has('chat_service')) return [];
  return db.all(
    `SELECT service, chat FROM ${schema.name}.chat_service
     WHERE typeof(service) = 'text' AND typeof(chat) = 'integer' ORDER BY ROWID`,
  );
}
