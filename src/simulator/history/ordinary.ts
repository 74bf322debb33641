import type { Random } from '../random.ts';
import { EMOJI } from '../text/samples.ts';
import { writeText } from '../text/texts.ts';
import type { Chat, ChatRecord, Draft, Sender } from './model.ts';
import type { HistoryWriter } from './writer.ts';

/** Who says something now: about half the time the owner, in groups one in four. */
export function pickSender(random: Random, chat: Chat): Sender {
  if (random.chance(chat.kind === 'group' ? 0.27 : 0.48)) return 'me';
  return chat.members.length === 0 ? 'me' : random.pick(chat.members);
}

/** Over which of its rows and services a message of this chat goes. */
export function pickRecord(random: Random, chat: Chat): ChatRecord {
  return chat.rows.length === 1 || random.chance(0.7) ? chat.rows[0] : random.pick(chat.rows);
}

/** What fills most of a history: texts, replies, reactions. */
export class OrdinaryTalk {
  readonly #writer: HistoryWriter;
  readonly #random: Random;
  readonly #canReact: boolean;
  readonly #canEmoji: boolean;
  readonly #canReply: boolean;

  constructor(writer: HistoryWriter) {
    this.#writer = writer;
    this.#random = writer.random;
    this.#canReact = writer.database.has('message', 'associated_message_type');
    this.#canEmoji = writer.database.has('message', 'associated_message_emoji');
    this.#canReply = writer.database.has('message', 'thread_originator_guid');
  }

  say(chat: Chat, atMs: number): void {
    const random = this.#random;
    const die = random.unit();
    if (die < 0.08 && this.#canReact && this.#react(chat, atMs)) return;
    const draft = this.#draft(chat, atMs);
    if (die > 0.97 && this.#canReply) {
      const original = chat.recent.length === 0 ? undefined : random.pick(chat.recent);
      if (original !== undefined) {
        draft.replyTo = original;
        this.#writer.feature('reply');
      }
    }
    this.post(draft);
  }

  /** Posts a draft; in a self chat the copy that comes back too. */
  post(draft: Draft): void {
    if (!draft.chat.isSelf) {
      this.#writer.post(draft);
      return;
    }
    const own = draft.chat.members[0];
    if (own === undefined) return;
    this.#writer.post({ ...draft, from: 'me' });
    const { replyTo: _, ...copy } = draft;
    this.#writer.post({ ...copy, from: this.#random.chance(0.2) ? 'nobody' : own });
    this.#writer.feature('self chat');
  }

  #draft(chat: Chat, atMs: number): Draft {
    const record = pickRecord(this.#random, chat);
    return {
      chat,
      atMs,
      record,
      from: pickSender(this.#random, chat),
      text: writeText(this.#random, chat.language),
      fields: this.#decoy(chat),
    };
  }

  /** reply_to_guid names the previous message of the chat, not what is answered. */
  #decoy(chat: Chat): { reply_to_guid: string | null } {
    return { reply_to_guid: chat.recent.at(-1)?.guid ?? null };
  }

  #react(chat: Chat, atMs: number): boolean {
    const target = chat.recent.length === 0 ? undefined : this.#random.pick(chat.recent);
    if (target === undefined || target.isBalloon) return false;
    const from = pickSender(this.#random, chat);
    const name = from === 'me' || from === 'nobody' ? 'me' : from.normal;
    if (from === 'nobody' || target.reactedBy.includes(name)) return false;
    target.reactedBy.push(name);
    // One in twelve was taken back: what is left is the removing row, and a gap where the reaction was.
    if (this.#random.chance(0.08)) {
      this.#writer.skipRows(1);
      this.#writer.react({ target, on: 0, from, code: 3000 + this.#random.int(6), atMs });
      this.#writer.feature('reaction removed');
      return true;
    }
    const isEmoji = this.#canEmoji && this.#random.chance(0.15);
    const code = isEmoji ? 2006 : 2000 + this.#random.int(6);
    const part = target.partCount > 1 ? this.#random.int(target.partCount) : 0;
    this.#writer.react({ target, on: part, from, code, atMs, ...(isEmoji ? { emoji: this.#random.pick(EMOJI) } : {}) });
    this.#writer.feature(isEmoji ? 'reaction emoji' : `reaction ${code}`);
    return true;
  }
}
