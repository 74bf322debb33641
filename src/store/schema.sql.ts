import { ANALYSIS_INDEXES, ANALYSIS_TABLES } from './analysis-schema.sql.ts';

/**
 * The schema of our own store, version by version. Tables and indexes apart, because the bulk build makes the
 * indexes last. Times are Unix milliseconds, flags 0 or 1, lists JSON. The tables named in the public contract keep
 * their names; columns are only ever added. Ids that are told to the world (messages, chats, contacts, conversations,
 * events) are never given twice, and the search index relies on it. `source_rowid` is the row id under which a row was
 * seen in its source, `source_state` a fingerprint of what it said there: one that is the same needs no second look.
 */
export const SCHEMA_VERSION = 7;

/** Written into the file's header, so that a store is told from any other SQLite file. */
export const APPLICATION_ID = 0x43685374;

export const TABLES: readonly string[] = [
  `CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    first_imported_at INTEGER NOT NULL,
    last_imported_at INTEGER NOT NULL,
    newest_at INTEGER
  ) STRICT`,

  `CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    is_me INTEGER NOT NULL DEFAULT 0,
    is_organization INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE contact_identifiers (
    contact_id INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (contact_id, value)
  ) STRICT, WITHOUT ROWID`,

  // The address books that were read. `stamp` tells whether a file has changed since; it is empty while something of it
  // could not be read.
  `CREATE TABLE address_books (
    source TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    path TEXT NOT NULL,
    stamp TEXT NOT NULL,
    read_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,

  // Every card as it was read last, so that who is who can be told without the files. `card` is "source|uid".
  `CREATE TABLE contact_cards (
    card TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    contact_id INTEGER REFERENCES contacts (id) DEFERRABLE INITIALLY DEFERRED,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,

  // Pictures of cards whose book cannot be asked again, because it is encrypted; all others are read where they are.
  `CREATE TABLE card_pictures (
    card TEXT PRIMARY KEY REFERENCES contact_cards (card) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    mime_type TEXT NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT`,

  // The owner's addresses, as the sources tell.
  `CREATE TABLE own_addresses (
    address TEXT NOT NULL,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (address, source_id)
  ) STRICT, WITHOUT ROWID`,

  // Every merge of two contacts: why, and what each of them was and had, so that it can be undone. `reason` is user,
  // same_card_holder, card_names_address or own; `undone_by` is user or cards. What the user did or undid is a rule that
  // later cards have to obey.
  `CREATE TABLE contact_merges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merged_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    into_id INTEGER NOT NULL,
    from_id INTEGER NOT NULL,
    named_by INTEGER,
    into_was TEXT NOT NULL,
    from_was TEXT NOT NULL,
    undone_at INTEGER,
    undone_by TEXT
  ) STRICT`,

  // Every address that wrote or takes part, and the contact it stands for today. Messages point at both, so that
  // what was said by which address survives every merge of contacts.
  `CREATE TABLE handles (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contacts (id) DEFERRABLE INITIALLY DEFERRED
  ) STRICT`,

  // `given_name` is the one that its members gave a group; `name` is shown: that one, else the members'.
  `CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT,
    given_name TEXT,
    services TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER,
    last_message_at INTEGER,
    message_count INTEGER NOT NULL DEFAULT 0,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (kind, identifier)
  ) STRICT`,

  // All names under which Apple knows one chat: addresses, chat identifiers, group ids.
  `CREATE TABLE chat_aliases (
    alias TEXT PRIMARY KEY,
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE chat_participants (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    handle_id INTEGER NOT NULL REFERENCES handles (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (chat_id, handle_id)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chats (id) DEFERRABLE INITIALLY DEFERRED,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    first_message_id INTEGER NOT NULL,
    initiator_id INTEGER,
    state TEXT NOT NULL,
    sealed_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 1
  ) STRICT`,

  // `sender_id` is the contact of `handle_id`, or the owner's. No foreign key, here and of reactions and initiators:
  // it would need an index of its own, or look through all messages whenever a contact is merged away.
  `CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guid TEXT NOT NULL,
    chat_id INTEGER NOT NULL REFERENCES chats (id) DEFERRABLE INITIALLY DEFERRED,
    sender_id INTEGER,
    handle_id INTEGER REFERENCES handles (id) DEFERRABLE INITIALLY DEFERRED,
    conversation_id INTEGER REFERENCES conversations (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    text TEXT,
    sent_at INTEGER,
    is_from_me INTEGER NOT NULL,
    service TEXT,
    delivered_at INTEGER,
    read_at INTEGER,
    played_at INTEGER,
    edited_at INTEGER,
    unsent_at INTEGER,
    unsent_parts TEXT,
    deleted_at INTEGER,
    reply_to TEXT,
    reply_part TEXT,
    effect TEXT,
    app TEXT,
    preview TEXT,
    ranges TEXT,
    subject TEXT,
    event TEXT,
    is_scheduled INTEGER NOT NULL DEFAULT 0,
    historical INTEGER NOT NULL DEFAULT 0,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    source_rowid INTEGER NOT NULL,
    source_state INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  `CREATE TABLE message_edits (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    part INTEGER NOT NULL,
    edited_at INTEGER,
    text TEXT,
    PRIMARY KEY (message_id, position)
  ) STRICT, WITHOUT ROWID`,

  // Additions and removals alike; `removed_at` of an addition is derived from the rows of its target, part and sender.
  `CREATE TABLE reactions (
    id INTEGER PRIMARY KEY,
    guid TEXT NOT NULL,
    target_guid TEXT NOT NULL,
    part INTEGER,
    kind TEXT NOT NULL,
    emoji TEXT,
    is_removal INTEGER NOT NULL,
    sender_id INTEGER,
    handle_id INTEGER REFERENCES handles (id) DEFERRABLE INITIALLY DEFERRED,
    is_from_me INTEGER NOT NULL,
    reacted_at INTEGER,
    removed_at INTEGER,
    vanished_at INTEGER,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    source_rowid INTEGER NOT NULL,
    source_state INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  `CREATE TABLE poll_votes (
    id INTEGER PRIMARY KEY,
    guid TEXT NOT NULL UNIQUE,
    target_guid TEXT,
    handle_id INTEGER REFERENCES handles (id) DEFERRABLE INITIALLY DEFERRED,
    is_from_me INTEGER NOT NULL,
    voted_at INTEGER,
    choices TEXT,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    source_rowid INTEGER NOT NULL,
    source_state INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  // `message_guid` is the guid of the first row the attachment belongs to: a message, or a sticker reaction.
  `CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    guid TEXT NOT NULL,
    message_guid TEXT,
    name TEXT,
    mime_type TEXT,
    uti TEXT,
    bytes INTEGER,
    path TEXT,
    state TEXT NOT NULL,
    is_sticker INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL,
    created_at INTEGER,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    source_rowid INTEGER NOT NULL,
    source_state INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  `CREATE TABLE message_attachments (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL REFERENCES attachments (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (message_id, position)
  ) STRICT, WITHOUT ROWID`,

  // The same row seen in a further source (a second Mac, a backup); `what` is `row` (of Apple's message) or `attachment`.
  `CREATE TABLE sightings (
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    guid TEXT NOT NULL,
    source_rowid INTEGER NOT NULL,
    source_state INTEGER NOT NULL DEFAULT 0,
    what TEXT NOT NULL DEFAULT 'row',
    PRIMARY KEY (guid, source_id)
  ) STRICT, WITHOUT ROWID`,

  // What a source says of a row that others have too, where it is not what they say together; by table and column.
  `CREATE TABLE source_facts (
    what TEXT NOT NULL,
    guid TEXT NOT NULL,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    field TEXT NOT NULL,
    value ANY,
    PRIMARY KEY (what, guid, source_id, field)
  ) STRICT, WITHOUT ROWID`,

  // Address books that were read with a source.
  `CREATE TABLE source_books (
    book TEXT NOT NULL,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (book, source_id)
  ) STRICT, WITHOUT ROWID`,

  // Addresses that occur in a source, also those of whom there is no message.
  `CREATE TABLE source_handles (
    handle_id INTEGER NOT NULL REFERENCES handles (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (handle_id, source_id)
  ) STRICT, WITHOUT ROWID`,

  // A chat as one source has it; lists are JSON, participants are addresses.
  `CREATE TABLE source_chats (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    identifier TEXT NOT NULL,
    given_name TEXT,
    services TEXT NOT NULL,
    participants TEXT NOT NULL,
    aliases TEXT NOT NULL,
    PRIMARY KEY (chat_id, source_id)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE live_sync_state (
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    last_message_rowid INTEGER NOT NULL,
    last_attachment_rowid INTEGER NOT NULL,
    apple_epoch_ns TEXT,
    last_deleted_rowid INTEGER NOT NULL DEFAULT 0,
    last_sync_deleted_rowid INTEGER NOT NULL DEFAULT 0,
    last_read_at INTEGER,
    last_sweep_at INTEGER
  ) STRICT`,

  // Other guids under which a message is known: iCloud lands messages again under new ones.
  `CREATE TABLE message_aliases (
    alias TEXT PRIMARY KEY,
    guid TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    chat_id INTEGER,
    data TEXT NOT NULL
  ) STRICT`,

  // How far each reader of the events has come.
  `CREATE TABLE consumers (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,

  // What could not be placed or decoded, with everything needed to try again. `state` is held,
  // quarantined, discarded or resolved.
  `CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    source_rowid INTEGER NOT NULL,
    guid TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_tried_at INTEGER NOT NULL,
    payload BLOB,
    source_state INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source_id, guid, reason)
  ) STRICT`,

  ...ANALYSIS_TABLES,

  // The search index holds trigrams only; what it finds is always checked against the message itself.
  `CREATE VIRTUAL TABLE message_search USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram remove_diacritics 1'
  )`,

  // Messages whose text changed after the search index had passed them.
  `CREATE TABLE search_pending (
    message_id INTEGER PRIMARY KEY
  ) STRICT`,
];

export const INDEXES: readonly string[] = [
  'CREATE UNIQUE INDEX messages_by_guid ON messages (guid)',
  'CREATE INDEX messages_by_chat ON messages (chat_id, sent_at, id)',
  'CREATE INDEX messages_by_conversation ON messages (conversation_id)',
  'CREATE INDEX messages_by_handle ON messages (handle_id) WHERE handle_id IS NOT NULL',
  'CREATE INDEX chats_by_time ON chats (last_message_at, id)',
  'CREATE INDEX messages_by_time ON messages (sent_at, id)',
  'CREATE INDEX messages_by_source ON messages (source_id, source_rowid)',
  'CREATE INDEX conversations_by_chat ON conversations (chat_id, started_at)',
  'CREATE INDEX conversations_by_state ON conversations (state, ended_at)',
  'CREATE UNIQUE INDEX reactions_by_guid ON reactions (guid)',
  'CREATE INDEX reactions_by_target ON reactions (target_guid)',
  'CREATE INDEX reactions_by_handle ON reactions (handle_id) WHERE handle_id IS NOT NULL',
  'CREATE INDEX reactions_by_source ON reactions (source_id, source_rowid)',
  'CREATE INDEX poll_votes_by_source ON poll_votes (source_id, source_rowid)',
  'CREATE UNIQUE INDEX attachments_by_guid ON attachments (guid)',
  'CREATE INDEX attachments_by_source ON attachments (source_id, source_rowid)',
  'CREATE INDEX sightings_by_source ON sightings (source_id, what, source_rowid)',
  'CREATE INDEX quarantine_by_source ON quarantine (source_id, source_rowid)',
  'CREATE INDEX message_attachments_by_attachment ON message_attachments (attachment_id)',
  'CREATE INDEX contact_identifiers_by_value ON contact_identifiers (value)',
  'CREATE INDEX handles_by_contact ON handles (contact_id)',
  'CREATE INDEX contact_cards_by_contact ON contact_cards (contact_id)',
  'CREATE INDEX chat_participants_by_handle ON chat_participants (handle_id)',
  ...ANALYSIS_INDEXES,
];
