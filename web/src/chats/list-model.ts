import { type ApiError, asApiError, ask, isAbort } from '../data/client.ts';
import { Observable } from '../data/observable.ts';
import type { Chat, EventItem } from '../data/types.ts';
import { pageStream } from '../live/page-stream.ts';

/**
 * The chats, newest message first, page after page; kept in step by events: a chat that an event names is asked for
 * as it is now, and takes its place. What arrived in chats that are not open is counted until they are.
 */
export type ChatList = {
  items: readonly Chat[];
  next: string | null;
  isLoading: boolean;
  error: ApiError | null;
  query: string;
  /** New messages by chat, since one looked last. */
  unseen: ReadonlyMap<number, number>;
};

const PAGE = 100;
/** Changes that come within so many milliseconds are asked for together. */
const GATHER_MS = 40;
/** A list that is filtered, or whose names have changed, is read anew, but not more often than this. */
const AGAIN_MS = 800;

class ChatListModel {
  readonly state = new Observable<ChatList>({
    ...{ items: [], next: null, isLoading: true, error: null, query: '' },
    unseen: new Map(),
  });
  readonly #changed = new Set<number>();
  /** Changed while a page was on its way, which may have been read before. */
  readonly #changedMeanwhile = new Set<number>();
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  /** Ids of the chats that are being read. */
  #open: ReadonlySet<number> = new Set();

  constructor() {
    pageStream.onEvent((event) => this.#take(event));
    pageStream.onReset(() => void this.load());
  }

  /** Loads the first pages anew: as many as are shown. The first of all also opens the stream, where the list ends. */
  async load(query = this.state.get().query): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const before = this.state.get();
    const isSame = query === before.query;
    this.#set({ query, isLoading: true, ...(isSame ? {} : { items: [], next: null }) });
    const wanted = isSame ? Math.max(PAGE, before.items.length) : PAGE;
    try {
      const items: Chat[] = [];
      let next: string | null = null;
      do {
        const { body, position } = await this.#page(query, next, abort.signal);
        items.push(...body.items);
        next = body.next;
        if (position !== null) pageStream.start(position);
      } while (next !== null && items.length < wanted);
      this.#set({ items, next, isLoading: false, error: null });
    } catch (error) {
      if (!isAbort(error)) this.#set({ isLoading: false, error: asApiError(error) });
    } finally {
      this.#arrived(abort);
    }
  }

  more = async (): Promise<void> => {
    const { next, query } = this.state.get();
    if (next === null || this.#abort !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const { body } = await this.#page(query, next, abort.signal);
      const { items } = this.state.get();
      const known = new Set(items.map((chat) => chat.id));
      this.#set({ items: [...items, ...body.items.filter((chat) => !known.has(chat.id))], next: body.next });
    } catch {
      // The next scroll asks again.
    } finally {
      this.#arrived(abort);
    }
  };

  /** The chats that are being read now: what arrives there is seen. */
  setOpen(ids: readonly number[]): void {
    this.#open = new Set(ids);
    const { unseen } = this.state.get();
    if (!ids.some((id) => unseen.has(id))) return;
    this.#set({ unseen: new Map([...unseen].filter(([id]) => !this.#open.has(id))) });
  }

  find(id: string): Chat | null {
    const { items } = this.state.get();
    return items.find((chat) => String(chat.id) === id || chat.members.includes(Number(id))) ?? null;
  }

  #page(query: string, after: string | null, signal: AbortSignal) {
    const params = { limit: PAGE, unified: true, q: query, after };
    return ask<{ items: Chat[]; next: string | null }>('chats', params, signal);
  }

  #take(event: EventItem): void {
    if (event.type === 'import_completed') void this.load();
    if (event.type === 'contact_updated' || event.type === 'contact_merged') this.#loadAgain();
    if (event.chatId === null || /^(?:reaction|analysis)_/.test(event.type)) return;
    if (event.type === 'messages_synced') this.#countUnseen(event.chatId, event.data);
    if (this.state.get().query !== '') {
      this.#loadAgain();
      return;
    }
    this.#want([event.chatId]);
  }

  #want(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#changed.add(id);
      if (this.#abort !== null) this.#changedMeanwhile.add(id);
    }
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => void this.#gather(), GATHER_MS);
  }

  /** A page is here, or will not come. */
  #arrived(abort: AbortController): void {
    if (this.#abort !== abort) return;
    this.#abort = null;
    this.#want(this.#changedMeanwhile);
    this.#changedMeanwhile.clear();
  }

  #countUnseen(chat: number, data: EventItem['data']): void {
    const guids = Array.isArray(data.guids) ? data.guids.length : 0;
    const fresh = guids - (typeof data.historical === 'number' ? data.historical : 0);
    if (fresh <= 0 || this.#open.has(chat)) return;
    const { unseen } = this.state.get();
    this.#set({ unseen: new Map(unseen).set(chat, (unseen.get(chat) ?? 0) + fresh) });
  }

  #loadAgain(): void {
    this.#again ??= setTimeout(() => {
      this.#again = null;
      void this.load();
    }, AGAIN_MS);
  }

  async #gather(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed.clear();
    const answers = await Promise.allSettled(ids.map((id) => ask<Chat>(`chats/${id}`, { unified: true })));
    this.#timer = null;
    const fresh = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.body] : []));
    if (fresh.length > 0) {
      this.#set({ items: inOrder(this.state.get(), fresh) });
      this.#answered(fresh.filter((chat) => chat.lastMessage?.isFromMe === true));
    }
    this.#want([]);
  }

  /** Whoever wrote last in a chat has seen what is in it. */
  #answered(chats: readonly Chat[]): void {
    const { unseen } = this.state.get();
    const ids = new Set(chats.flatMap((chat) => chat.members).filter((id) => unseen.has(id)));
    if (ids.size > 0) this.#set({ unseen: new Map([...unseen].filter(([id]) => !ids.has(id))) });
  }

  #set(change: Partial<ChatList>): void {
    this.state.set({ ...this.state.get(), ...change });
  }
}

/** The list with these chats as they are now. What belongs behind the last page that was read is not shown yet. */
function inOrder({ items, next }: ChatList, fresh: readonly Chat[]): Chat[] {
  const members = new Set(fresh.flatMap((chat) => chat.members));
  const kept = items.filter((chat) => !chat.members.some((id) => members.has(id)));
  const last = kept.at(-1)?.lastMessageAt ?? '';
  const shown = fresh.filter((chat) => next === null || (chat.lastMessageAt ?? '') >= last);
  return [...kept, ...shown].sort((a, b) => (b.lastMessageAt ?? '').localeCompare(a.lastMessageAt ?? ''));
}

export const chatList = new ChatListModel();
