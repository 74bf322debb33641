import type { MessageLine, StoredEvent } from '../model/index.ts';

export type EventSources = {
  /** The messages of these guids, and those that have attachments of these guids, as export writes them. */
  linesOf(guids: readonly string[]): MessageLine[];
  /** The chats of the messages that have these attachments. */
  chatsOf(guids: readonly string[]): number[];
  /** Told how many bytes more are kept. */
  grew(bytes: number): void;
};

const WITH_MESSAGES = ['messages_synced', 'message_updated', 'message_deleted', 'attachment_updated'];

/** One event as it goes over the wire, made when it is first wanted and then the same bytes for everybody. */
export class EncodedEvent {
  readonly id: number;
  readonly type: string;
  readonly #event: StoredEvent;
  readonly #sources: EventSources;
  #plain: Buffer | null = null;
  #withMessages: Buffer | null = null;
  #chats: readonly number[] | null = null;
  #bytes = 0;

  constructor(event: StoredEvent, sources: EventSources) {
    this.id = event.id;
    this.type = event.type;
    this.#event = event;
    this.#sources = sources;
  }

  /** What of it is kept in memory, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The chats it concerns. Of attachments no event says that; they are looked for once. */
  get chats(): readonly number[] {
    this.#chats ??= this.#findChats();
    return this.#chats;
  }

  /** `bodies`: with the messages that it tells of, where it tells of messages. */
  encoded(bodies: boolean): Buffer {
    if (!bodies || !WITH_MESSAGES.includes(this.type)) {
      this.#plain ??= this.#keep(frame(this.id, this.type, this.#event));
      return this.#plain;
    }
    this.#withMessages ??= this.#keep(
      frame(this.id, this.type, { ...this.#event, messages: this.#sources.linesOf(this.#guids) }),
    );
    return this.#withMessages;
  }

  get #guids(): readonly string[] {
    const { data } = this.#event;
    return 'guids' in data ? data.guids : [];
  }

  #findChats(): readonly number[] {
    if (this.#event.chatId !== null) return [this.#event.chatId];
    return this.type === 'attachment_updated' ? this.#sources.chatsOf(this.#guids) : [];
  }

  #keep(encoded: Buffer): Buffer {
    this.#bytes += encoded.length;
    this.#sources.grew(encoded.length);
    return encoded;
  }
}

/** An event of a stream (html.spec.whatwg.org, server-sent events). JSON has no line break in it, so one line it is. */
export function frame(id: number | null, type: string, data: unknown): Buffer {
  const head = id === null ? '' : `id: ${id}\n`;
  return Buffer.from(`${head}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
