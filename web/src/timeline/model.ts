import { type ApiError, asApiError, ask, isAbort } from '../data/client.ts';
import type { EventItem, Timeline, TimelineMessage } from '../data/types.ts';
import { append, EMPTY, ofPage, prepend, remove, upsert, type Window } from './window.ts';

/**
 * One chat's timeline as the page holds it: a window of messages, moved by asking for what lies beyond it, and kept in
 * step by events. Events that come while a page is on its way are taken over once it is there: a message is always
 * asked for as it is now, so that neither order nor repetition matters.
 */
export type Snapshot = Window & {
  isLoading: boolean;
  error: ApiError | null;
  /** Rises when the window was loaded anew around another place. */
  place: number;
  /** The message to be shown there; null for the newest. */
  target: string | null;
};

const PAGE = 120;
/** Messages asked for by guid at once; the API takes 200. */
const BY_GUID = 100;
/** Changes that come within so many milliseconds are asked for together. */
const GATHER_MS = 30;

export class TimelineModel {
  readonly #chat: string;
  #members: ReadonlySet<number> = new Set();
  #snapshot: Snapshot = { ...EMPTY, isLoading: true, error: null, place: 0, target: null };
  readonly #listeners = new Set<() => void>();
  #abort = new AbortController();
  #moving: 'older' | 'newer' | null = null;
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** How many messages came since one last looked at the newest: the view sets it back. */
  arrived = 0;

  constructor(chat: string) {
    this.#chat = chat;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): Snapshot => this.#snapshot;

  /** Which chats this timeline is of: events of others are not for it. */
  setMembers(ids: readonly number[]): void {
    this.#members = new Set(ids);
  }

  /** Loads the window anew around a message, or at the newest end. */
  async open(target: string | null): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#moving = null;
    this.arrived = 0;
    const { place } = this.#snapshot;
    this.#set({ isLoading: true, error: null });
    try {
      const page = await this.#ask(target === null ? {} : { around: target });
      this.#set({ ...ofPage(page), isLoading: false, place: place + 1, target });
    } catch (error) {
      if (isAbort(error)) return;
      const failure = asApiError(error);
      // A message that is not there any more must not bar the way to all the others.
      if (failure.status === 404 && target !== null) await this.open(null);
      else this.#set({ isLoading: false, error: failure });
    }
  }

  dispose(): void {
    this.#abort.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  older = () => this.#move('older');
  newer = () => this.#move('newer');

  async #move(to: 'older' | 'newer'): Promise<void> {
    const cursor = this.#snapshot[to];
    if (cursor === null || this.#moving !== null || this.#snapshot.isLoading) return;
    this.#moving = to;
    const { signal } = this.#abort;
    try {
      const page = await this.#ask(to === 'older' ? { before: cursor } : { after: cursor });
      if (signal.aborted) return;
      this.#set(to === 'older' ? prepend(this.#snapshot, page) : append(this.#snapshot, page));
    } catch (error) {
      // What is shown stays; the next scroll asks again.
      if (!isAbort(error)) this.#set({});
    } finally {
      if (!signal.aborted) this.#moving = null;
    }
  }

  async #ask(place: Record<string, string>): Promise<Timeline> {
    const path = `chats/${encodeURIComponent(this.#chat)}/messages`;
    const { body } = await ask<Timeline>(path, { limit: PAGE, unified: true, ...place }, this.#abort.signal);
    return body;
  }

  /** Takes an event in. Who wrote, and what has changed, is asked for by guid. */
  take(event: EventItem): void {
    const { data } = event;
    if (event.type === 'contact_updated' || event.type === 'contact_merged') {
      this.#refresh(() => true);
      return;
    }
    if (event.type === 'attachment_updated') {
      const guids = new Set(guidsOf(data));
      this.#refresh((item) => item.attachments.some((attachment) => guids.has(attachment.guid)));
      return;
    }
    if (event.chatId === null || !this.#members.has(event.chatId)) return;
    switch (event.type) {
      case 'messages_synced':
        this.arrived += guidsOf(data).length - (typeof data.historical === 'number' ? data.historical : 0);
        this.#want(guidsOf(data));
        break;
      case 'message_updated': {
        const guids = guidsOf(data);
        this.#want(guids);
        this.#refresh((item) => item.replyPreview !== null && guids.includes(item.replyPreview.guid));
        break;
      }
      case 'message_deleted':
        if (data.removed === true) this.#set(remove(this.#snapshot, guidsOf(data)));
        else this.#want(guidsOf(data));
        break;
      case 'reaction_added':
      case 'reaction_removed':
        if (typeof data.target === 'string') this.#want([data.target]);
        break;
      case 'conversation_amended':
      case 'conversation_removed':
      case 'conversation_started':
        this.#refresh((item) => item.conversationId === data.conversationId);
        break;
    }
  }

  #refresh(which: (item: TimelineMessage) => boolean): void {
    this.#want(this.#snapshot.items.filter(which).map((item) => item.guid));
  }

  #want(guids: readonly string[]): void {
    for (const guid of guids) this.#changed.add(guid);
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => void this.#gather(), GATHER_MS);
  }

  async #gather(): Promise<void> {
    this.#timer = null;
    // A page on its way may have been read before this change: what it leaves out has to be asked for after it.
    if (this.#snapshot.isLoading || this.#moving !== null) {
      this.#want([]);
      return;
    }
    const guids = [...this.#changed].slice(0, BY_GUID);
    for (const guid of guids) this.#changed.delete(guid);
    const { signal } = this.#abort;
    try {
      const params = { guids: guids.join(',') };
      const { body } = await ask<{ items: TimelineMessage[] }>('messages', params, signal);
      if (!signal.aborted)
        this.#set(
          upsert(
            this.#snapshot,
            body.items.filter((item) => this.#members.has(item.chatId)),
          ),
        );
    } catch (error) {
      // A connection that is gone comes back with the same events or a reset; what failed otherwise is asked for again.
      if (!isAbort(error)) for (const guid of guids) this.#changed.add(guid);
      if (!isAbort(error)) setTimeout(() => this.#want([]), 1_000);
      return;
    }
    this.#want([]);
  }

  #set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function guidsOf(data: EventItem['data']): string[] {
  return Array.isArray(data.guids) ? data.guids.filter((guid): guid is string => typeof guid === 'string') : [];
}
