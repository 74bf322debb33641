import { type Database, openReadable, openScratch, openWritable, type Value } from '../sqlite/index.ts';
import { appleDate } from './apple-time.ts';
import type { AttachmentRow, Cell, ChatRow, HandleRow, MessageRow } from './rows.ts';
import { FACTS, type Generation, type GenerationFacts } from './schema/generations.ts';
import { createIndexes, isSparse } from './schema/indexes.ts';
import { columnsOf, createTable, TABLES } from './schema/tables.ts';
import { APPLE_FUNCTIONS, createTriggers } from './schema/triggers.ts';

/**
 * A Messages database of one generation, open for writing. It knows rows and what the generation's triggers do, not
 * what a message means.
 *
 * Live (the default): indexes and triggers are in place, every insert has the effects it has on a Mac.
 * Bulk (`bulk: true`): one transaction without indexes and triggers, until `finishBulk`, which makes them and adds what
 * the triggers would have written; the caller fills `cache_roomnames` and `cache_has_attachments` itself. In bulk only
 * inserts are allowed.
 */
export class MessagesDatabase {
  readonly file: string;
  readonly generation: Generation;
  readonly facts: GenerationFacts;
  readonly db: Database;
  #bulk: boolean;
  readonly #columns = new Map<string, Set<string>>();
  readonly #inserts = new Map<string, { sql: string; fields: string[] }>();

  constructor(file: string, generation: Generation, db: Database, bulk: boolean) {
    this.file = file;
    this.generation = generation;
    this.facts = FACTS[generation];
    this.db = db;
    this.#bulk = bulk;
    for (const table of Object.keys(TABLES)) {
      const columns = columnsOf(table, generation);
      if (columns !== null) this.#columns.set(table, new Set(columns.map((column) => column.name)));
    }
  }

  get isBulk(): boolean {
    return this.#bulk;
  }

  /** Whether this generation has the table, or the column of it. */
  has(table: string, column?: string): boolean {
    const columns = this.#columns.get(table);
    return columns !== undefined && (column === undefined || columns.has(column));
  }

  /** A date for `message.date` and its kin; null stays null. */
  date(atMs: number, extraNs = 0): number | bigint {
    return appleDate(atMs, this.facts.dateUnit, extraNs);
  }

  insertMessage(row: MessageRow): number {
    return this.#insert('message', row);
  }

  insertChat(row: ChatRow): number {
    return this.#insert('chat', row);
  }

  insertHandle(row: HandleRow): number {
    return this.#insert('handle', row);
  }

  insertAttachment(row: AttachmentRow): number {
    return this.#insert('attachment', row);
  }

  /** Puts a message into a chat. `date` as in the message; a null date is stored as 0, as Messages does. */
  joinMessage(chatId: number, messageId: number, date: number | bigint | null, indexState = 2): void {
    const join = { chat_id: chatId, message_id: messageId, message_date: date ?? 0, index_state: indexState };
    this.#insert('chat_message_join', join);
  }

  /** Puts a message into a chat under the date that its row has. */
  joinDated(chatId: number, messageId: number, indexState: number): void {
    const more = this.has('chat_message_join', 'message_date') ? ', message_date' : '';
    const state = this.has('chat_message_join', 'index_state') ? `, ${indexState}` : '';
    this.db.run(
      `INSERT INTO chat_message_join (chat_id, message_id${more}${state === '' ? '' : ', index_state'})
       SELECT ?, ROWID${more === '' ? '' : ', ifnull(date, 0)'}${state} FROM message WHERE ROWID = ?`,
      chatId,
      messageId,
    );
  }

  joinHandle(chatId: number, handleId: number): void {
    this.db.run('INSERT OR IGNORE INTO chat_handle_join (chat_id, handle_id) VALUES (?, ?)', chatId, handleId);
  }

  joinAttachment(messageId: number, attachmentId: number): void {
    this.db.run(
      'INSERT INTO message_attachment_join (message_id, attachment_id) VALUES (?, ?)',
      messageId,
      attachmentId,
    );
  }

  /** An alias of a chat (26 and later). */
  addLookup(identifier: string, domain: string, chatId: number, priority = 0): void {
    this.db.run(
      'INSERT INTO chat_lookup (identifier, domain, chat, priority) VALUES (?, ?, ?, ?)',
      identifier,
      domain,
      chatId,
      priority,
    );
  }

  /** Puts a message among the recently deleted ones of a chat (13 and later), beside any ordinary join it has. */
  addRecoverable(chatId: number, messageId: number, deleteDate: number | bigint): void {
    this.db.run(
      'INSERT INTO chat_recoverable_message_join (chat_id, message_id, delete_date, ck_sync_state) VALUES (?, ?, ?, 0)',
      chatId,
      messageId,
      deleteDate,
    );
  }

  /** One deleted part of a message (13 and later); `partText` is a typedstream. */
  addRecoverablePart(
    chatId: number,
    messageId: number,
    part: number,
    deleteDate: number | bigint,
    partText: Uint8Array,
  ): void {
    this.db.run(
      'INSERT INTO recoverable_message_part (chat_id, message_id, part_index, delete_date, part_text) VALUES (?, ?, ?, ?, ?)',
      chatId,
      messageId,
      part,
      deleteDate,
      partText,
    );
  }

  /** Notes a guid as deleted, as the trigger does: for rows that were there before this history begins. */
  addDeletedGuid(guid: string): void {
    if (this.has('deleted_messages')) this.db.run('INSERT INTO deleted_messages (guid) VALUES (?)', guid);
  }

  updateMessage(rowId: number, changes: Partial<MessageRow>): void {
    this.#update('message', rowId, changes);
  }

  updateAttachment(rowId: number, changes: Partial<AttachmentRow>): void {
    this.#update('attachment', rowId, changes);
  }

  updateChat(rowId: number, changes: Partial<ChatRow>): void {
    this.#update('chat', rowId, changes);
  }

  /** Ends the bulk: adds what the triggers would have written, makes indexes and triggers, commits, turns WAL on. */
  finishBulk(): void {
    if (!this.#bulk) return;
    if (this.has('chat_service')) {
      this.db.exec(
        'INSERT OR IGNORE INTO chat_service (service, chat) SELECT DISTINCT m.service, j.chat_id ' +
          'FROM chat_message_join j JOIN message m ON m.ROWID = j.message_id',
      );
      this.db.exec(
        'INSERT INTO index_state_metrics (id, pending_count, donated_count, redonation_count) ' +
          'SELECT 1, ifnull(sum(index_state = 0), 0), ifnull(sum(index_state = 1), 0), ifnull(sum(index_state = 3), 0) ' +
          'FROM chat_message_join',
      );
    }
    for (const sql of createIndexes(this.generation)) if (!isSparse(sql)) this.db.exec(sql);
    for (const sql of createTriggers(this.generation)) this.db.exec(sql);
    this.db.exec('COMMIT');
    this.db.exec('PRAGMA journal_mode = WAL');
    this.#bulk = false;
  }

  /**
   * Closes the file. `keepWal`: what was written since the last checkpoint stays in a `-wal` beside it, as on a Mac
   * where Messages is running; otherwise everything is in the one file.
   */
  close(options: { keepWal?: boolean } = {}): void {
    this.finishBulk();
    if (options.keepWal !== true) {
      this.db.close();
      return;
    }
    // The last connection to close takes the -wal with it, unless it may only read.
    const reader = openReadable(this.file);
    reader.value('SELECT count(*) FROM sqlite_master');
    this.db.close();
    reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #insert(table: string, row: Record<string, Cell>): number {
    const insert = this.#inserts.get(table) ?? this.#prepareInsert(table, row);
    const { sql, fields } = insert;
    const values: Value[] = new Array(fields.length);
    for (let i = 0; i < fields.length; i += 1) values[i] = row[fields[i] as string] ?? null;
    return this.db.run(sql, ...values).lastId;
  }

  #prepareInsert(table: string, row: Record<string, Cell>): { sql: string; fields: string[] } {
    const fields = Object.keys(row).filter((field) => this.has(table, field));
    const sql = `INSERT INTO ${table} (${fields.join(', ')}) VALUES (${fields.map(() => '?').join(', ')})`;
    const insert = { sql, fields };
    this.#inserts.set(table, insert);
    return insert;
  }

  #update(table: string, rowId: number, changes: Record<string, Cell>): void {
    const fields = Object.keys(changes).filter((field) => this.has(table, field));
    if (fields.length === 0) return;
    const sql = `UPDATE ${table} SET ${fields.map((field) => `${field} = ?`).join(', ')} WHERE ROWID = ?`;
    this.db.run(sql, ...fields.map((field) => changes[field] ?? null), rowId);
  }
}

/** How much of the file a bulk write keeps in memory, in KiB: enough for the index pages of a large history. */
const BULK_CACHE_KIB = 400_000;

/** Makes a new, empty Messages database. The file must not exist yet. */
export function createMessagesDatabase(
  file: string,
  generation: Generation,
  options: { bulk?: boolean } = {},
): MessagesDatabase {
  const bulk = options.bulk ?? false;
  // A file half made by a bulk write is worth nothing, so that needs no journal.
  const db = bulk ? openScratch(file) : openWritable(file);
  registerAppleFunctions(db);
  // Nothing here has to outlive a power cut.
  db.exec('PRAGMA page_size = 4096; PRAGMA synchronous = OFF');
  if (bulk) {
    db.exec(`PRAGMA temp_store = MEMORY; PRAGMA threads = 2; PRAGMA cache_size = -${BULK_CACHE_KIB}`);
  } else {
    db.exec('PRAGMA journal_mode = WAL');
  }
  const database = new MessagesDatabase(file, generation, db, bulk);
  db.exec('BEGIN');
  for (const table of Object.keys(TABLES)) {
    const sql = createTable(table, generation);
    if (sql !== null) db.exec(sql);
  }
  for (const [key, value] of Object.entries(properties(database.facts))) {
    db.run('INSERT INTO _SqliteDatabaseProperties (key, value) VALUES (?, ?)', key, value);
  }
  for (const sql of createIndexes(generation)) if (bulk && isSparse(sql)) db.exec(sql);
  if (!bulk) {
    for (const sql of createIndexes(generation)) db.exec(sql);
    for (const sql of createTriggers(generation)) db.exec(sql);
    if (database.has('index_state_metrics')) db.exec('INSERT INTO index_state_metrics (id) VALUES (1)');
    db.exec('COMMIT');
  }
  return database;
}

/** Opens a database that `createMessagesDatabase` made, to go on writing to it live. */
export function openMessagesDatabase(file: string, generation: Generation): MessagesDatabase {
  const db = openWritable(file);
  registerAppleFunctions(db);
  return new MessagesDatabase(file, generation, db, false);
}

function registerAppleFunctions(db: Database): void {
  for (const [name, value] of Object.entries(APPLE_FUNCTIONS)) db.function(name, () => value, { variadic: true });
}

function properties(facts: GenerationFacts): Record<string, string> {
  return {
    _ClientVersion: String(facts.clientVersion),
    counter_in_all: '0',
    counter_out_all: '0',
    counter_in_lifetime: '0',
    counter_out_lifetime: '0',
    __CSDBRecordSequenceNumber: '100',
  };
}
