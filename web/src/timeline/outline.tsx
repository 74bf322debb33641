import { useEffect, useMemo, useRef } from 'react';
import { ask } from '../data/client.ts';
import { learn } from '../data/conversations.ts';
import type { Chat, Conversation } from '../data/types.ts';
import { usePages } from '../data/use-pages.ts';
import { useEvents } from '../live/page-stream.ts';
import { clockTime, date, monthTitle, msOf, plural, span } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { go, href } from '../shell/route.ts';
import { StateChip } from './conversation-mark.tsx';

/** The conversations of a chat, newest first, as its table of contents. */
export function Outline({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const { items, error, isLoading, hasMore, more, reload } = usePages<Conversation>(`chats/${chat.id}/conversations`, {
    limit: 100,
    unified: true,
  });
  const months = useMemo(() => byMonth(items), [items]);
  useEffect(() => learn(items), [items]);
  useReloads(chat, reload);
  const onScroll = ({ currentTarget: list }: React.UIEvent<HTMLElement>) => {
    if (hasMore && list.scrollHeight - list.scrollTop - list.clientHeight < 600) more();
  };
  return (
    <aside className="outline" aria-label="Conversations">
      <header className="outline-head">
        <h3>Conversations</h3>
        <button type="button" className="icon-button" aria-label="Close the conversations" onClick={onClose}>
          <Icon name="close" size={18} />
        </button>
      </header>
      <div className="outline-list scroll" onScroll={onScroll} data-walk>
        {items.length === 0 && error !== null && <Failed error={error} onRetry={reload} />}
        {items.length === 0 && error === null && isLoading && <Loading what="conversations" />}
        {items.length === 0 && error === null && !isLoading && <Empty title="No conversations yet" />}
        {months.map(([month, conversations]) => (
          <section key={month}>
            <h4 className="label">{month}</h4>
            <ul>
              {conversations.map((conversation) => (
                <li key={conversation.id}>
                  <Entry conversation={conversation} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </aside>
  );
}

function Entry({ conversation }: { conversation: Conversation }) {
  const { id, chatId, startedAt, endedAt, messageCount, state } = conversation;
  const [from, to] = [msOf(startedAt), msOf(endedAt)];
  const open = async () => {
    const { body } = await ask<{ firstMessage: string | null }>(`conversations/${id}`);
    if (body.firstMessage !== null) go(href('chats', chatId, { at: body.firstMessage }));
  };
  return (
    <button type="button" className="outline-entry" data-walk-stop onClick={() => void open()}>
      <span className="outline-when">{from === null ? 'Without a date' : `${date(from)}, ${clockTime(from)}`}</span>
      <span className="outline-about">
        {plural(messageCount, 'message')}
        {from !== null && to !== null && to > from && ` · ${span(to - from)}`}
      </span>
      {state !== 'ready' && <StateChip state={state} />}
    </button>
  );
}

/** Changes of the conversations of this chat, gathered: the first page is enough, but the list has only one way to load. */
function useReloads(chat: Chat, reload: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEvents(({ type, chatId }) => {
    if (!type.startsWith('conversation_') || chatId === null || !chat.members.includes(chatId)) return;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      reload();
    }, 500);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
}

function byMonth(conversations: readonly Conversation[]): [string, Conversation[]][] {
  const months = new Map<string, Conversation[]>();
  for (const conversation of conversations) {
    const at = msOf(conversation.startedAt);
    const month = at === null ? 'Without a date' : monthTitle(at);
    months.set(month, [...(months.get(month) ?? []), conversation]);
  }
  return [...months];
}
