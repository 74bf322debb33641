import { belongTogether, timeForSplit } from '../conversations/index.ts';
import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { insertConversation, type Moment, moveChatDates, updateConversation } from './conversations.ts';
import { insertWith } from './staging.ts';

type Fresh = { staged: number; id: number; chat: number; at: number; sender: number | null };
type Held = { id: number; startedAt: number; endedAt: number; count: number; firstMessage: number };

/** What belongs together: conversations that the store holds, and new messages, in the order of time. */
type Group = { startedAt: number; endedAt: number; held: Held[]; fresh: Fresh[] };

/**
 * Inserts the new messages of a batch with their conversations, so that no row is written twice. New messages can only
 * lengthen and bridge what is there, so the spans of conversations say all that is needed, and none of their members is
 * read: conversations, and the dates of their chats, are as a fresh split of the same messages would leave them.
 */
export class NewMessages {
  readonly #db: Database;
  readonly #ids = new Map<number, number>();
  readonly #conversations = new Map<number, number>();

  constructor(db: Database) {
    this.#db = db;
    db.function('id_of_new', (staged: number) => this.#ids.get(staged) ?? null);
    db.function('conversation_of_new', (staged: number) => this.#conversations.get(staged) ?? null);
  }

  /** Inserts what the comparison has found to be new. Answers how many messages, and how many conversations changed. */
  insert(moment: Moment): { messages: number; conversations: number } {
    const byChat = this.#readNew();
    if (this.#ids.size === 0) return { messages: 0, conversations: 0 };
    const known: Group[] = [];
    let conversations = 0;
    for (const [chat, fresh] of byChat) {
      for (const group of this.#groupsOf(chat, fresh, moment.gapMs)) {
        if (group.fresh.length === 0) continue;
        conversations += 1;
        const id = group.held.length === 0 ? this.#begin(chat, group, moment) : keeperOf(group).id;
        if (group.held.length > 0) known.push(group);
        for (const { staged } of group.fresh) this.#conversations.set(staged, id);
      }
    }
    this.#db.exec(`UPDATE temp.diff_messages SET new_id = id_of_new(staged),
      new_conversation = conversation_of_new(staged) WHERE id IS NULL`);
    const messages = insertWith(this.#db, 'messages', { id: 'd.new_id', conversation_id: 'd.new_conversation' });
    for (const group of known) this.#extend(group, moment);
    for (const [chat, fresh] of byChat) moveChatDates(this.#db, chat, fresh.length);
    return { messages, conversations };
  }

  /** Gives every new message its id; answers, by chat and in the order of time, those that count. */
  #readNew(): Map<number, Fresh[]> {
    this.#ids.clear();
    this.#conversations.clear();
    const rows = this.#db.all<Omit<Fresh, 'id' | 'at'> & { at: number | null; counts: number }>(
      `SELECT d.staged, s.chat_id AS chat, s.sent_at AS at, s.sender_id AS sender,
         s.kind <> 'event' AND s.is_scheduled = 0 AS counts
       FROM temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged
       WHERE d.id IS NULL ORDER BY d.staged`,
    );
    let id = this.#db.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'messages'`) ?? 0;
    const byChat = new Map<number, Fresh[]>();
    for (const { counts, at, ...row } of rows) {
      id += 1;
      this.#ids.set(row.staged, id);
      if (counts === 0) continue;
      const fresh = { ...row, id, at: timeForSplit(at ?? Number.NaN) };
      const others = byChat.get(row.chat);
      if (others === undefined) byChat.set(row.chat, [fresh]);
      else others.push(fresh);
    }
    for (const fresh of byChat.values()) fresh.sort((a, b) => a.at - b.at || a.id - b.id);
    return byChat;
  }

  #groupsOf(chat: number, fresh: readonly Fresh[], gapMs: number): Group[] {
    const first = must(fresh[0], 'a chat is listed for its messages').at;
    const last = must(fresh.at(-1), 'a chat is listed for its messages').at;
    const spans: Group[] = [
      ...this.#heldNear(chat, first - gapMs, last + gapMs).map((one) => ({ ...one, held: [one], fresh: [] })),
      ...fresh.map((one) => ({ startedAt: one.at, endedAt: one.at, held: [], fresh: [one] })),
    ];
    // What is held comes first among equals, as its ids are lower: the sort keeps their order.
    spans.sort((a, b) => a.startedAt - b.startedAt);
    const groups: Group[] = [];
    for (const span of spans) {
      const group = groups.at(-1);
      if (group === undefined || !belongTogether(group.endedAt, span.startedAt, gapMs)) {
        groups.push(span);
        continue;
      }
      group.endedAt = Math.max(group.endedAt, span.endedAt);
      group.held.push(...span.held);
      group.fresh.push(...span.fresh);
    }
    return groups;
  }

  /** Conversations of a chat never overlap, so of those that begin earlier only the last one can reach so far. */
  #heldNear(chat: number, fromMs: number, toMs: number): Held[] {
    return this.#db.all<Held>(
      `SELECT id, started_at AS startedAt, ended_at AS endedAt, message_count AS count, first_message_id AS firstMessage
       FROM conversations WHERE chat_id = ?1 AND started_at <= ?3 AND started_at >= coalesce((
         SELECT started_at FROM conversations WHERE chat_id = ?1 AND started_at <= ?2
         ORDER BY started_at DESC LIMIT 1), ?2)
       ORDER BY started_at`,
      ...[chat, fromMs, toMs],
    );
  }

  #begin(chat: number, { startedAt, endedAt, fresh }: Group, moment: Moment): number {
    const first = must(fresh[0], 'a group has members');
    const facts = { chat, startedAt, endedAt, count: fresh.length, firstMessage: first.id };
    return insertConversation(this.#db, null, facts, first.sender, moment);
  }

  /** After the new messages were inserted. */
  #extend(group: Group, moment: Moment): void {
    const { startedAt, endedAt, held, fresh } = group;
    const { id } = keeperOf(group);
    for (const other of held) {
      if (other.id === id) continue;
      this.#db.run('UPDATE messages SET conversation_id = ? WHERE conversation_id = ?', id, other.id);
      this.#db.run('DELETE FROM conversations WHERE id = ?', other.id);
    }
    const count = held.reduce((sum, one) => sum + one.count, fresh.length);
    const earliest = must(held[0], 'it holds a conversation');
    const first = must(fresh[0], 'it has new members');
    const firstMessage = first.at < earliest.startedAt ? first.id : earliest.firstMessage;
    updateConversation(this.#db, id, { startedAt, endedAt, count, firstMessage }, moment);
  }
}

/** Where conversations are bridged, the id stays with the most messages, of as many the lowest: the rule of `reconcile`. */
function keeperOf({ held }: Group): Held {
  return must(held.toSorted((a, b) => b.count - a.count || a.id - b.id)[0], 'it holds a conversation');
}
