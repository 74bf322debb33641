import { reconcile, splitSorted, timeForSplit } from '../conversations/index.ts';
import { must, SparseInts } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Facts, insertConversation, type Moment } from './conversations.ts';

type Row = { id: number; at: number | null; conversation: number | null; staged: number | null };

const COUNTS = `kind <> 'event' AND is_scheduled = 0`;

/**
 * Finds the conversations of a chat's new messages before they are inserted, so that no row is written twice. It is a
 * guess that spares work, made of what is there and what is new: the split that follows is what decides.
 */
export class Presplit {
  readonly #db: Database;
  readonly #conversationOf = new SparseInts();
  #ahead: { id: number; facts: Omit<Facts, 'firstMessage'>; first: Row }[] = [];

  constructor(db: Database) {
    this.#db = db;
    db.function('conversation_of', (staged: number) => this.#conversationOf.get(staged) || null);
  }

  /** Before the new messages of a chat are inserted; rows then point at conversations that `finish` writes. */
  begin(chat: number, { gapMs }: Moment): void {
    this.#conversationOf.clear();
    this.#ahead = [];
    const rows = this.#rowsOf(chat);
    if (rows.every(({ staged }) => staged === null)) return;
    this.#db.exec('PRAGMA defer_foreign_keys = ON');
    const times = Float64Array.from(rows, (row) => timeForSplit(row.at ?? Number.NaN));
    const { conversations } = reconcile({
      starts: splitSorted(times, gapMs),
      previous: Int32Array.from(rows, (row) => row.conversation ?? 0),
      sizes: this.#sizesOf(chat),
    });
    let next = this.#db.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'conversations'`) ?? 0;
    for (const { start, end, id: known } of conversations) {
      const members = rows.slice(start, end);
      if (members.every(({ staged }) => staged === null)) continue;
      const id = known ?? ++next;
      for (const { staged } of members) if (staged !== null) this.#conversationOf.set(staged, id);
      const facts = { chat, startedAt: times[start] ?? 0, endedAt: times[end - 1] ?? 0, count: end - start };
      if (known === null) this.#ahead.push({ id, facts, first: must(members[0], 'a conversation has members') });
    }
  }

  /** After they were inserted. */
  finish(moment: Moment): void {
    for (const { id, facts, first } of this.#ahead) {
      const row = must(
        this.#db.get<{ id: number; sender: number | null }>(
          `SELECT id, sender_id AS sender FROM main.messages WHERE ${
            first.staged === null ? 'id = ?' : 'guid = (SELECT guid FROM temp.staged_messages WHERE rowid = ?)'
          }`,
          first.staged ?? first.id,
        ),
        'it was inserted',
      );
      insertConversation(this.#db, id, { ...facts, firstMessage: row.id }, row.sender, moment);
    }
    this.#ahead = [];
  }

  /** What counts of a chat and what is about to, in the order in which it will stand there. */
  #rowsOf(chat: number): Row[] {
    const held = this.#db.all<Row>(
      `SELECT id, sent_at AS at, conversation_id AS conversation, NULL AS staged FROM main.messages
       WHERE chat_id = ? AND ${COUNTS}`,
      chat,
    );
    const fresh = this.#db.all<Row>(
      `SELECT 0 AS id, s.sent_at AS at, NULL AS conversation, s.rowid AS staged
       FROM temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged
       WHERE d.chat = ? AND d.id IS NULL AND ${COUNTS}`,
      chat,
    );
    if (fresh.length === 0) return [];
    const undated = timeForSplit(Number.NaN);
    const place = ({ id, staged }: Row) => (staged === null ? id : Number.MAX_SAFE_INTEGER / 2 + staged);
    return [...held, ...fresh].sort((a, b) => (a.at ?? undated) - (b.at ?? undated) || place(a) - place(b));
  }

  #sizesOf(chat: number): Map<number, number> {
    const rows = this.#db.all<{ id: number; size: number }>(
      'SELECT id, message_count AS size FROM main.conversations WHERE chat_id = ?',
      chat,
    );
    return new Map(rows.map(({ id, size }) => [id, size]));
  }
}
