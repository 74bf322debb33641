import { memo, useEffect, useState } from 'react';
import { chatList } from '../chats/list-model.ts';
import { ask } from '../data/client.ts';
import type { EventItem } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useEvents, useMetrics } from '../live/page-stream.ts';
import { clockTimeWithSeconds, plural, span } from '../parts/format.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { go, href } from '../shell/route.ts';
import { Beat } from './beat.tsx';

type Events = { items: EventItem[]; next: number | null };

const SHOWN = 300;
const FIRST = 100;

/** What happens, as it happens: every event that the program tells, newest first. */
export function ActivityView() {
  const { value, error, isLoading, reload } = useAnswer<Events>('events', { limit: FIRST });
  const [live, setLive] = useState<EventItem[]>([]);
  const [isPaused, setPaused] = useState(false);
  useEvents((event) => {
    if (typeof event.id === 'number' && event.id > 0) setLive((before) => [event, ...before].slice(0, SHOWN));
  });
  const lagMs = useLag();
  const known = value?.items.toReversed() ?? [];
  const newestKnown = known[0]?.id ?? 0;
  const all = [...live.filter((event) => event.id > newestKnown), ...known].slice(0, SHOWN);
  const shown = useHeld(all, isPaused);
  return (
    <div className="page scroll">
      <div className="page-column">
        <header className="page-head">
          <h1 className="page-title">Activity</h1>
          <button
            type="button"
            className="button"
            aria-pressed={isPaused}
            onClick={() => setPaused((before) => !before)}
          >
            {isPaused ? 'Go on' : 'Hold still'}
          </button>
        </header>
        <p className="page-lead">
          Every change in your messages, told once and in order.
          {lagMs !== null && ` The last one was here ${span(lagMs)} after Messages wrote it.`}
        </p>
        <Beat times={all.map((event) => Date.parse(event.at))} />
        {value === null && error !== null && <Failed error={error} onRetry={reload} />}
        {value === null && error === null && isLoading && <Loading what="events" />}
        {value !== null && all.length === 0 && (
          <Empty title="Nothing has happened yet">New messages will be told here.</Empty>
        )}
        <ol className="events" aria-label="Events, newest first">
          {shown.map((event) => (
            <li key={event.id}>
              <EventRow event={event} isNew={event.id > newestKnown} />
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

/** The list as it was when it was told to hold still. */
function useHeld(all: EventItem[], isPaused: boolean): EventItem[] {
  const [held, setHeld] = useState<EventItem[] | null>(null);
  useEffect(() => {
    if (!isPaused) setHeld(null);
  }, [isPaused]);
  if (isPaused && held === null) setHeld(all);
  return isPaused && held !== null ? held : all;
}

function useLag(): number | null {
  const [lagMs, setLagMs] = useState<number | null>(null);
  useMetrics((sample) => setLagMs(sample.lagMs));
  return lagMs;
}

const EventRow = memo(function EventRow({ event, isNew }: { event: EventItem; isNew: boolean }) {
  const { id, type, at, chatId, data } = event;
  const guid = firstGuid(data);
  const chat = chatId === null ? null : chatList.find(String(chatId));
  return (
    <article className={`event event-${type.split('_')[0]}${isNew ? ' is-new' : ''}`}>
      <time dateTime={at}>{clockTimeWithSeconds(Date.parse(at))}</time>
      <span className="event-what">{describe(type, data)}</span>
      <span className="event-where">
        {chatId !== null && (
          <a href={href('chats', chatId, { at: guid })} onClick={(click) => void toPlace(click, chatId, data)}>
            {chat?.title ?? `Chat ${chatId}`}
          </a>
        )}
      </span>
      <span className="event-id" title={type}>
        {id}
      </span>
    </article>
  );
});

function firstGuid(data: EventItem['data']): string | null {
  if (typeof data.target === 'string') return data.target;
  const [guid] = Array.isArray(data.guids) ? data.guids : [];
  return typeof guid === 'string' ? guid : null;
}

/** An event of a conversation names no message: its first one is asked for. */
async function toPlace(click: React.MouseEvent, chatId: number, data: EventItem['data']): Promise<void> {
  if (typeof data.conversationId !== 'number' || click.metaKey || click.ctrlKey) return;
  click.preventDefault();
  try {
    const { body } = await ask<{ firstMessage: string | null }>(`conversations/${data.conversationId}`);
    go(href('chats', chatId, { at: body.firstMessage }));
  } catch {
    go(href('chats', chatId));
  }
}

/** Fields of the export lines in words, where their names are none. */
const FIELDS: Record<string, string> = {
  deliveredAt: 'delivered',
  readAt: 'read',
  editedAt: 'edited',
  unsentAt: 'unsent',
  unsentParts: 'a part was unsent',
  deletedAt: 'deleted or restored',
  sentAt: 'its date',
  conversationId: 'its conversation',
  mimeType: 'its kind',
  lastMessageAt: 'its newest message',
  messageCount: 'how many messages it has',
};

const guidsIn = (data: EventItem['data']) => (Array.isArray(data.guids) ? data.guids.length : 1);
const changedIn = (data: EventItem['data']) =>
  Array.isArray(data.changed) ? data.changed.map((field) => FIELDS[String(field)] ?? String(field)).join(', ') : '';
const messagesIn = (data: EventItem['data']) => plural(Number(data.messageCount ?? 0), 'message');

function describe(type: string, data: EventItem['data']): string {
  const changed = changedIn(data) === '' ? '' : `: ${changedIn(data)}`;
  switch (type) {
    case 'messages_synced':
      return plural(guidsIn(data), 'new message');
    case 'message_updated':
      return `${plural(guidsIn(data), 'message')} changed${changed}`;
    case 'message_deleted':
      return `${plural(guidsIn(data), 'message')} ${data.removed === true ? 'removed' : 'deleted in Messages'}`;
    case 'reaction_added':
      return `A reaction: ${String(data.kind)}`;
    case 'reaction_removed':
      return `A reaction was taken back: ${String(data.kind)}`;
    case 'attachment_updated':
      return `${plural(guidsIn(data), 'attachment')} changed${changed}`;
    case 'chat_created':
      return 'A new chat';
    case 'chat_updated':
      return `The chat changed${changed}`;
    case 'contact_created':
      return 'Somebody new';
    case 'contact_updated':
      return `A contact changed${changed}`;
    case 'contact_merged':
      return 'Two contacts became one';
    case 'conversation_started':
      return 'A conversation began';
    case 'conversation_extended':
      return `A conversation goes on, ${messagesIn(data)} now`;
    case 'conversation_amended':
      return `A conversation changed, ${messagesIn(data)} now`;
    case 'conversation_removed':
      return 'A conversation became part of another';
    case 'conversation_sealed':
      return `A conversation was sealed, ${messagesIn(data)}`;
    case 'conversation_ready_for_analysis':
      return 'A conversation is ready';
    case 'import_completed':
      return `An import was completed: ${plural(Number(data.rows ?? 0), 'row')}`;
    default:
      return `${type.replaceAll('_', ' ')}`.replace(/^./, (first) => first.toUpperCase());
  }
}
