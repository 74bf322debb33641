import type { StoredEvent } from '../model/index.ts';
import { acknowledge, nextBatch, registerConsumer } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { EVENTS_AT_ONCE } from './limits.ts';
import type { PassInfo } from './pass.ts';
import { endRun, markRemoved } from './runs.ts';
import { dropTargets, holdTargets, reopenAll, reopenTargets, wantTarget } from './targets.ts';

/** The name under which analysis reads the events. */
const CONSUMER = 'analysis';

export type HearOptions = {
  passes: readonly PassInfo[];
  nowMs: number;
  /** A live pass looks so long after something was said, and waits no longer than `liveMostMs` while more is said. */
  liveAfterMs: number;
  liveMostMs: number;
};

/** What is not part of what was said: see fingerprint.ts. */
const NOT_CONTENT = new Set(['deliveredAt', 'readAt', 'playedAt', 'conversationId', 'historical', 'service', 'state']);

export function beginToHear(db: Database, nowMs: number): void {
  registerConsumer(db, CONSUMER, { from: 'start', nowMs });
}

/**
 * Takes over what happened: which conversations want to be looked at, live or because they are over, and which say
 * something else than before. One transaction with the position, so that nothing is heard by halves. Answers the jobs
 * that nobody wants any more. What happened may be long past: what is to be done is decided by what the store says now.
 */
export function hear(db: Database, options: HearOptions): { more: boolean; unwanted: string[] } {
  const { events, missed } = nextBatch(db, CONSUMER, EVENTS_AT_ONCE);
  const last = events.at(-1);
  if (last === undefined) return { more: false, unwanted: [] };
  return db.transaction(() => {
    const listener = new Listener(db, options);
    if (missed > 0) listener.missed();
    for (const event of events) listener.take(event);
    acknowledge(db, CONSUMER, last.id, options.nowMs);
    return { more: events.length === EVENTS_AT_ONCE, unwanted: listener.unwanted };
  });
}

class Listener {
  readonly #db: Database;
  readonly #options: HearOptions;
  readonly unwanted: string[] = [];

  constructor(db: Database, options: HearOptions) {
    this.#db = db;
    this.#options = options;
  }

  take(event: StoredEvent): void {
    switch (event.type) {
      case 'conversation_started':
      case 'conversation_extended':
      case 'conversation_amended':
        this.#said(event.data.conversationId);
        break;
      case 'conversation_ready_for_analysis':
        this.#over(event.data.conversationId);
        break;
      case 'conversation_removed':
        this.#removed(event.data.conversationId);
        break;
      case 'message_updated':
        if (isContent(event.data.changed)) this.#ofMessages(event.data.guids);
        break;
      case 'message_deleted':
        this.#ofMessages(event.data.guids);
        break;
      case 'reaction_added':
      case 'reaction_removed':
        this.#ofMessages([event.data.target]);
        break;
      case 'attachment_updated':
        if (isContent(event.data.changed)) this.#ofAttachments(event.data.guids);
        break;
      case 'contact_created':
      case 'contact_updated':
        this.#ofContact(event.data.contactId);
        break;
      case 'contact_merged':
        this.#ofContact(event.data.into);
        break;
      case 'import_completed':
      case 'source_restarted':
        // An import tells nothing of its single messages.
        reopenAll(this.#db, this.#options.nowMs);
        break;
      default:
    }
  }

  /** Events were trimmed before they were heard: what has ended since is wanted as if it had been heard. */
  missed(): void {
    const since = this.#db.value<number>('SELECT updated_at FROM consumers WHERE name = ?', CONSUMER) ?? 0;
    const ready = this.#db.all<{ id: number }>(
      `SELECT id FROM conversations WHERE state = 'ready' AND sealed_at >= ?`,
      since,
    );
    for (const { id } of ready) this.#over(id);
    reopenAll(this.#db, this.#options.nowMs);
  }

  #said(conversation: number): void {
    const { nowMs, passes, liveAfterMs, liveMostMs } = this.#options;
    const state = this.#db.value<string>('SELECT state FROM conversations WHERE id = ?', conversation);
    if (state !== 'active') {
      reopenTargets(this.#db, JSON.stringify([conversation]), nowMs, nowMs);
      return;
    }
    holdTargets(this.#db, conversation, nowMs);
    for (const { name: pass, version, kinds } of passes) {
      if (!kinds.includes('live')) continue;
      const moment = { nowMs, dueMs: nowMs + liveAfterMs };
      wantTarget(this.#db, { conversation, pass, kind: 'live', version }, moment, liveMostMs);
    }
  }

  #over(conversation: number): void {
    const { nowMs, passes } = this.#options;
    if (this.#db.value('SELECT 1 FROM conversations WHERE id = ?', conversation) === null) return;
    for (const { name: pass, version, kinds } of passes) {
      if (!kinds.includes('batch')) continue;
      wantTarget(this.#db, { conversation, pass, kind: 'batch', version }, { nowMs, dueMs: nowMs }, 0);
    }
  }

  #removed(conversation: number): void {
    // It may have come back since: then it was told of by another event.
    if (this.#db.value('SELECT 1 FROM conversations WHERE id = ?', conversation) !== null) return;
    this.unwanted.push(...endConversation(this.#db, conversation, this.#options.nowMs));
  }

  #ofMessages(guids: readonly string[]): void {
    this.#reopen('SELECT conversation_id FROM messages WHERE guid IN (SELECT value FROM json_each(?))', guids);
  }

  #ofAttachments(guids: readonly string[]): void {
    this.#reopen(
      `SELECT m.conversation_id FROM attachments a JOIN message_attachments j ON j.attachment_id = a.id
         JOIN messages m ON m.id = j.message_id WHERE a.guid IN (SELECT value FROM json_each(?))`,
      guids,
    );
  }

  /** Who is who matters where several addresses of one person spoke. */
  #ofContact(contact: number): void {
    this.#reopen(
      `SELECT conversation_id FROM messages WHERE handle_id IN (
         SELECT id FROM handles WHERE contact_id IN (SELECT value FROM json_each(?)))`,
      [contact],
    );
  }

  #reopen(conversationsOf: string, of: readonly (string | number)[]): void {
    const { nowMs, liveAfterMs } = this.#options;
    const rows = this.#db.all<{ id: number }>(
      `SELECT DISTINCT conversation_id AS id FROM analysis_targets WHERE conversation_id IN (${conversationsOf})`,
      JSON.stringify(of),
    );
    if (rows.length === 0) return;
    reopenTargets(this.#db, JSON.stringify(rows.map(({ id }) => id)), nowMs, nowMs + liveAfterMs);
  }
}

function isContent(fields: readonly string[]): boolean {
  return fields.some((field) => !NOT_CONTENT.has(field));
}

/** A conversation is no more: nothing is wanted of it, and its results say so. Answers the jobs that were for it. */
export function endConversation(db: Database, conversation: number, nowMs: number): string[] {
  const runs = db.all<{ id: number; job: string }>(
    `SELECT id, job FROM analysis_runs WHERE conversation_id = ? AND state IN ('queued', 'started', 'failed')`,
    conversation,
  );
  for (const { id } of runs) endRun(db, id, 'cancelled', nowMs);
  dropTargets(db, conversation);
  markRemoved(db, conversation, nowMs);
  return runs.map(({ job }) => job);
}
