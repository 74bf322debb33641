-- The schema of a store, version 7. Times are Unix milliseconds, flags 0 or 1, lists JSON.
-- Columns are only ever added. This file is made from src/store/schema.sql.ts; do not edit it.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  first_imported_at INTEGER NOT NULL,
  last_imported_at INTEGER NOT NULL,
  newest_at INTEGER
) STRICT;

CREATE TABLE contacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT,
  is_me INTEGER NOT NULL DEFAULT 0,
  is_organization INTEGER NOT NULL DEFAULT 0,
  origin TEXT NOT NULL
) STRICT;

CREATE TABLE contact_identifiers (
  contact_id INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  value TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (contact_id, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_identifiers_by_value ON contact_identifiers (value);

CREATE TABLE address_books (
  source TEXT PRIMARY KEY,
  root TEXT NOT NULL,
  path TEXT NOT NULL,
  stamp TEXT NOT NULL,
  read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_cards (
  card TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  contact_id INTEGER REFERENCES contacts (id) DEFERRABLE INITIALLY DEFERRED,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_cards_by_contact ON contact_cards (contact_id);

CREATE TABLE card_pictures (
  card TEXT PRIMARY KEY REFERENCES contact_cards (card) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  mime_type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE own_addresses (
  address TEXT NOT NULL,
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (address, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_merges (
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
) STRICT;

CREATE TABLE handles (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  contact_id INTEGER NOT NULL REFERENCES contacts (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX handles_by_contact ON handles (contact_id);

CREATE TABLE chats (
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
) STRICT;
CREATE INDEX chats_by_time ON chats (last_message_at, id);

CREATE TABLE chat_aliases (
  alias TEXT PRIMARY KEY,
  chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_participants (
  chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  handle_id INTEGER NOT NULL REFERENCES handles (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (chat_id, handle_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_participants_by_handle ON chat_participants (handle_id);

CREATE TABLE conversations (
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
) STRICT;
CREATE INDEX conversations_by_chat ON conversations (chat_id, started_at);
CREATE INDEX conversations_by_state ON conversations (state, ended_at);

CREATE TABLE messages (
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
) STRICT;
CREATE UNIQUE INDEX messages_by_guid ON messages (guid);
CREATE INDEX messages_by_chat ON messages (chat_id, sent_at, id);
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE INDEX messages_by_handle ON messages (handle_id) WHERE handle_id IS NOT NULL;
CREATE INDEX messages_by_time ON messages (sent_at, id);
CREATE INDEX messages_by_source ON messages (source_id, source_rowid);

CREATE TABLE message_edits (
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  part INTEGER NOT NULL,
  edited_at INTEGER,
  text TEXT,
  PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
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
) STRICT;
CREATE UNIQUE INDEX reactions_by_guid ON reactions (guid);
CREATE INDEX reactions_by_target ON reactions (target_guid);
CREATE INDEX reactions_by_handle ON reactions (handle_id) WHERE handle_id IS NOT NULL;
CREATE INDEX reactions_by_source ON reactions (source_id, source_rowid);

CREATE TABLE poll_votes (
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
) STRICT;
CREATE INDEX poll_votes_by_source ON poll_votes (source_id, source_rowid);

CREATE TABLE attachments (
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
) STRICT;
CREATE UNIQUE INDEX attachments_by_guid ON attachments (guid);
CREATE INDEX attachments_by_source ON attachments (source_id, source_rowid);

CREATE TABLE message_attachments (
  message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  attachment_id INTEGER NOT NULL REFERENCES attachments (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_attachments_by_attachment ON message_attachments (attachment_id);

CREATE TABLE sightings (
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  guid TEXT NOT NULL,
  source_rowid INTEGER NOT NULL,
  source_state INTEGER NOT NULL DEFAULT 0,
  what TEXT NOT NULL DEFAULT 'row',
  PRIMARY KEY (guid, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_source ON sightings (source_id, what, source_rowid);

CREATE TABLE source_facts (
  what TEXT NOT NULL,
  guid TEXT NOT NULL,
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL,
  value ANY,
  PRIMARY KEY (what, guid, source_id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_books (
  book TEXT NOT NULL,
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (book, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_handles (
  handle_id INTEGER NOT NULL REFERENCES handles (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (handle_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_chats (
  chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  source_id INTEGER NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  identifier TEXT NOT NULL,
  given_name TEXT,
  services TEXT NOT NULL,
  participants TEXT NOT NULL,
  aliases TEXT NOT NULL,
  PRIMARY KEY (chat_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE live_sync_state (
  source_id INTEGER PRIMARY KEY REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
  last_message_rowid INTEGER NOT NULL,
  last_attachment_rowid INTEGER NOT NULL,
  apple_epoch_ns TEXT,
  last_deleted_rowid INTEGER NOT NULL DEFAULT 0,
  last_sync_deleted_rowid INTEGER NOT NULL DEFAULT 0,
  last_read_at INTEGER,
  last_sweep_at INTEGER
) STRICT;

CREATE TABLE message_aliases (
  alias TEXT PRIMARY KEY,
  guid TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  chat_id INTEGER,
  data TEXT NOT NULL
) STRICT;

CREATE TABLE consumers (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
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
) STRICT;
CREATE INDEX quarantine_by_source ON quarantine (source_id, source_rowid);

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  available_at INTEGER NOT NULL,
  leased_until INTEGER,
  lease_token TEXT,
  payload TEXT,
  result TEXT,
  failure_code TEXT,
  failure_reason TEXT
) STRICT;
CREATE INDEX jobs_waiting ON jobs (kind, priority, seq) WHERE state = 'waiting';
CREATE INDEX jobs_by_state ON jobs (state, seq);

CREATE TABLE analysis_targets (
  conversation_id INTEGER NOT NULL,
  pass TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  asked INTEGER NOT NULL DEFAULT 1,
  opened_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  rank INTEGER NOT NULL DEFAULT 0,
  plan_id INTEGER,
  fingerprint TEXT,
  run_id INTEGER,
  PRIMARY KEY (conversation_id, pass, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX analysis_targets_by_state ON analysis_targets (state, kind, rank, conversation_id DESC);
CREATE INDEX analysis_targets_by_plan ON analysis_targets (plan_id, state) WHERE plan_id IS NOT NULL;

CREATE TABLE analysis_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation_id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  pass TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  job TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  tokens INTEGER NOT NULL DEFAULT 0,
  cost INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  failure_code TEXT,
  failure_reason TEXT
) STRICT;
CREATE UNIQUE INDEX analysis_runs_open ON analysis_runs (job) WHERE state IN ('queued', 'started');
CREATE INDEX analysis_runs_by_conversation ON analysis_runs (conversation_id, pass, kind);
CREATE INDEX analysis_runs_by_state ON analysis_runs (state, id);

CREATE TABLE analysis_results (
  conversation_id INTEGER NOT NULL,
  pass TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  computed_at INTEGER NOT NULL,
  stale_at INTEGER,
  stale_reason TEXT,
  result TEXT NOT NULL,
  PRIMARY KEY (conversation_id, pass, kind)
) STRICT;

CREATE TABLE historic_analysis_status (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  what TEXT NOT NULL,
  state TEXT NOT NULL,
  passes TEXT NOT NULL,
  chat_id INTEGER,
  top INTEGER,
  planned_to INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

CREATE TABLE analysis_usage (
  day TEXT NOT NULL,
  pass TEXT NOT NULL,
  tokens INTEGER NOT NULL DEFAULT 0,
  cost INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, pass)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE message_search USING fts5 (
  text, content = '', contentless_delete = 1, tokenize = 'trigram remove_diacritics 1'
);

CREATE TABLE search_pending (
  message_id INTEGER PRIMARY KEY
) STRICT;
