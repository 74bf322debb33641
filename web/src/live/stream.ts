import { address } from '../data/client.ts';
import type { EventItem, MetricsSample, Topic } from '../data/types.ts';

/**
 * The page's one connection for everything that happens. A browser allows six to a host, so there is one for all
 * topics, opened at the position of the first list that was read: nothing between the list and the stream is missed,
 * and an event told twice does no harm. The browser itself connects again, and says which event it saw last. `reset`
 * means that some were missed for good: everybody who shows something loads it anew.
 */
export type StreamState = 'connecting' | 'live' | 'lost';
type EventListener = (event: EventItem) => void;

const TOPICS: readonly Topic[] = ['messages', 'chats', 'contacts', 'events', 'metrics'];
/** How long a connection that the browser gave up waits for the next try, and the longest wait. */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export class LiveStream {
  readonly #listeners = new Set<EventListener>();
  readonly #resets = new Set<() => void>();
  readonly #changes = new Set<() => void>();
  readonly #metrics = new Set<(sample: MetricsSample) => void>();
  #source: EventSource | null = null;
  #position: number | null = null;
  #state: StreamState = 'connecting';
  #retryMs = RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | null = null;

  get state(): StreamState {
    return this.#state;
  }

  get position(): number | null {
    return this.#position;
  }

  /** Opens the stream from this position on, unless it is open already. */
  start(position: number): void {
    if (this.#source !== null) return;
    this.#position = position;
    this.#open();
  }

  stop(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  onEvent = (listener: EventListener): (() => void) => added(this.#listeners, listener);
  /** Something was missed, or the store is another one: load again. */
  onReset = (listener: () => void): (() => void) => added(this.#resets, listener);
  onState = (listener: () => void): (() => void) => added(this.#changes, listener);
  onMetrics = (listener: (sample: MetricsSample) => void): (() => void) => added(this.#metrics, listener);

  #open(): void {
    const source = new EventSource(address('stream', { topics: TOPICS.join(','), after: this.#position }));
    this.#source = source;
    source.onopen = () => {
      this.#retryMs = RETRY_MS;
      this.#become('live');
    };
    source.onerror = () => {
      this.#become('lost');
      // A browser tries again by itself unless the answer was no stream at all, as while a program starts.
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    };
    for (const type of TYPES) source.addEventListener(type, (message) => this.#receive(message));
    source.addEventListener('metrics', (message) => {
      const { data } = JSON.parse(message.data) as { data: MetricsSample };
      for (const listener of this.#metrics) listener(data);
    });
    source.addEventListener('reset', (message) => this.#reset(message));
  }

  #openLater(): void {
    this.#source?.close();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #receive(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as Omit<EventItem, 'id'> & { id: number | null };
    if (event.id !== null) {
      if (this.#position !== null && event.id <= this.#position) return;
      this.#position = event.id;
    }
    for (const listener of this.#listeners) listener({ ...event, id: event.id ?? 0 });
  }

  #reset(message: MessageEvent<string>): void {
    const position = Number(message.lastEventId);
    this.#position = Number.isFinite(position) && position > 0 ? position : null;
    for (const listener of this.#resets) listener();
  }

  #become(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#changes) listener();
  }
}

function added<T>(set: Set<T>, one: T): () => void {
  set.add(one);
  return () => set.delete(one);
}

/** The types of events that are listened for, `state` being told and not kept: EventSource hands out only those that are asked for by name. */
const TYPES = [
  'state',
  'messages_synced',
  'message_updated',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'attachment_updated',
  'chat_created',
  'chat_updated',
  'contact_created',
  'contact_updated',
  'contact_merged',
  'conversation_started',
  'conversation_extended',
  'conversation_amended',
  'conversation_removed',
  'conversation_sealed',
  'conversation_ready_for_analysis',
  'analysis_queued',
  'analysis_started',
  'analysis_completed',
  'analysis_failed',
  'analysis_progress',
  'import_started',
  'import_progress',
  'import_completed',
  'import_failed',
  'source_restarted',
  'row_quarantined',
] as const;
