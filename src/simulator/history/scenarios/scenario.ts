import type { Random } from '../../random.ts';
import type { Address, Chat, ChatRecord, Draft, Sender, Sent } from '../model.ts';
import { pickRecord, pickSender } from '../ordinary.ts';
import type { HistoryWriter } from '../writer.ts';

/** One thing that Messages' format can hold and that every history has to show. */
export type Scenario = {
  name: string;
  /** Tables and columns (`table.column`) without which it cannot be written. */
  needs?: readonly string[];
  /** At most this many in one history. */
  limit?: number;
  play(scene: Scene): void;
};

/** The moment and place at which a scenario plays, with short ways to write what it needs. */
export class Scene {
  readonly writer: HistoryWriter;
  readonly random: Random;
  readonly chat: Chat;
  readonly record: ChatRecord;
  readonly atMs: number;
  readonly nowMs: number;
  readonly #chats: readonly Chat[];

  constructor(writer: HistoryWriter, chats: readonly Chat[], chat: Chat, atMs: number, nowMs: number) {
    this.writer = writer;
    this.random = writer.random;
    this.chat = chat;
    this.record = pickRecord(this.random, chat);
    this.atMs = atMs;
    this.nowMs = nowMs;
    this.#chats = chats;
  }

  /** Whether this generation has the table or column. */
  has(need: string): boolean {
    const [table = '', column] = need.split('.');
    return this.writer.database.has(table, column);
  }

  get sender(): Sender {
    return pickSender(this.random, this.chat);
  }

  /** Somebody else than the owner; the owner where the chat has nobody else. */
  get other(): 'me' | Address {
    return this.chat.members.length === 0 ? 'me' : this.random.pick(this.chat.members);
  }

  post(draft: Partial<Draft>): Sent {
    return this.writer.post({
      chat: this.chat,
      record: this.record,
      atMs: this.atMs,
      from: this.sender,
      ...draft,
    });
  }

  /** Another chat of this kind, with people in it; the scene's own if there is none. */
  elsewhere(kind: 'direct' | 'group', fits: (chat: Chat) => boolean = () => true): Chat {
    const found = this.#chats.filter(
      (c) => c.kind === kind && !c.isSelf && c.members.length > 0 && c !== this.chat && fits(c),
    );
    return found.length === 0 ? this.chat : this.random.pick(found);
  }

  /** The same moment in another chat. */
  in(chat: Chat): Scene {
    return new Scene(this.writer, this.#chats, chat, this.atMs, this.nowMs);
  }

  /** Where Messages keeps a file of this name. */
  path(guid: string, name: string): string {
    const root = this.writer.database.facts.system === 'ios' ? '~/Library/SMS' : '~/Library/Messages';
    const tail = guid.slice(-4).toLowerCase();
    return `${root}/Attachments/${tail.slice(0, 2)}/${tail.slice(2)}/${guid}/${name}`;
  }
}

/** A string that is the same in every run of this many UTF-8 bytes. */
export function ascii(bytes: number): string {
  return 'All work and no play makes a dull message. '.repeat(Math.ceil(bytes / 43)).slice(0, bytes);
}
