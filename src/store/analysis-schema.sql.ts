/**
 * The part of the schema that analysis keeps: what is wanted of conversations, what was found, and the jobs of the embedded
 * queue. Of the message domain nothing points here, and nothing here is a foreign key: a conversation may go, its
 * results say so.
 */
export const ANALYSIS_TABLES: readonly string[] = [
  // Work that waits or is being done, while no other queue is used; the store can make all of it anew. `payload` is there
  // until the job is finished, `result` until it has been written where it belongs.
  `CREATE TABLE jobs (
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
  ) STRICT`,

  // What is to be kept up to date: the result of a pass for a conversation. `state` is open (to be looked at from `due_at`
  // on), queued, done, dead or discarded; of the last four, `fingerprint` is the content that it is so for, and `run_id`
  // the run. `asked` counts how often it was opened: who decides by an older count decides nothing.
  `CREATE TABLE analysis_targets (
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
  ) STRICT, WITHOUT ROWID`,

  // One row for each time that a content was to be analysed. `state` is queued, started, completed, failed, discarded,
  // replaced (the content had changed) or cancelled. The failed ones are the dead letters. `tokens` and `cost` are an estimate
  // until it is completed.
  `CREATE TABLE analysis_runs (
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
  ) STRICT`,

  // The newest result of each pass for each conversation. It is of the content with this fingerprint; `stale_at` is set
  // when that is no longer what the conversation says (`content_changed`), there is a newer version of the pass
  // (`new_version`), or the conversation is no more (`conversation_removed`).
  `CREATE TABLE analysis_results (
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
  ) STRICT`,

  // Analysis of what was said before: everything, a chat, or one pass. `state` is planning (up to conversation `planned_to`),
  // running, completed or cancelled; `passes` are the names and versions.
  `CREATE TABLE historic_analysis_status (
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
  ) STRICT`,

  // What passes have used, by day (UTC), so that their bounds outlive the program. Costs in millionths.
  `CREATE TABLE analysis_usage (
    day TEXT NOT NULL,
    pass TEXT NOT NULL,
    tokens INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, pass)
  ) STRICT, WITHOUT ROWID`,
];

export const ANALYSIS_INDEXES: readonly string[] = [
  `CREATE INDEX jobs_waiting ON jobs (kind, priority, seq) WHERE state = 'waiting'`,
  `CREATE INDEX jobs_by_state ON jobs (state, seq)`,
  'CREATE INDEX analysis_targets_by_state ON analysis_targets (state, kind, rank, conversation_id DESC)',
  'CREATE INDEX analysis_targets_by_plan ON analysis_targets (plan_id, state) WHERE plan_id IS NOT NULL',
  `CREATE UNIQUE INDEX analysis_runs_open ON analysis_runs (job) WHERE state IN ('queued', 'started')`,
  'CREATE INDEX analysis_runs_by_conversation ON analysis_runs (conversation_id, pass, kind)',
  'CREATE INDEX analysis_runs_by_state ON analysis_runs (state, id)',
];
