import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useObservable } from '../data/observable.ts';
import { Icon } from '../parts/icons.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { go, href } from '../shell/route.ts';
import { ChatRow } from './chat-row.tsx';
import { chatList } from './list-model.ts';

const ROW_PX = 68;
const FILTER_AFTER_MS = 150;

/** All chats, newest first, filtered by name; the arrow keys walk through it. */
export function ChatListPane({ openId }: { openId: number | null }) {
  const [filter, setFilter] = useState('');
  useFilter(useDeferredValue(filter));
  return (
    <section className="list-pane" aria-label="Chats">
      <header className="list-head">
        <h1>Chats</h1>
        <label className="find">
          <Icon name="search" size={16} />
          <span className="sr-only">Filter chats by name</span>
          <input
            type="search"
            placeholder="Filter by name"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape' && filter !== '') setFilter('');
              if (event.key === 'ArrowDown') document.querySelector<HTMLElement>('[data-chat-list] a')?.focus();
            }}
          />
        </label>
      </header>
      <List openId={openId} />
    </section>
  );
}

function useFilter(filter: string): void {
  const { query } = useObservable(chatList.state);
  useEffect(() => {
    if (filter.trim() === query) return;
    const timer = setTimeout(() => void chatList.load(filter.trim()), FILTER_AFTER_MS);
    return () => clearTimeout(timer);
  }, [filter, query]);
}

function List({ openId }: { openId: number | null }) {
  const { items, unseen, next, isLoading, error, query } = useObservable(chatList.state);
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 6,
    // Until it has been measured: the first rows are drawn with the list, and not a frame or two later.
    initialRect: { width: 0, height: window.innerHeight },
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (next !== null && last >= items.length - 20) void chatList.more();
  }, [last, next, items.length]);

  const focusId = focused ?? openId ?? items[0]?.id ?? null;
  const move = (event: KeyboardEvent) => {
    const at = items.findIndex((chat) => chat.id === focusId);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const chat = items[Math.max(0, Math.min(to, items.length - 1))];
    if (chat === undefined) return;
    setFocused(chat.id);
    virtual.scrollToIndex(items.indexOf(chat));
    const row = () => scroller.current?.querySelector<HTMLElement>(`[data-chat="${chat.id}"]`);
    // A row that is far away is drawn only after the list has scrolled there.
    if (row() === null) requestAnimationFrame(() => row()?.focus());
    else row()?.focus();
    if (openId !== null) go(href('chats', chat.id), { replace: true });
  };

  if (items.length === 0 && error !== null) return <Failed error={error} onRetry={() => void chatList.load()} />;
  if (items.length === 0 && isLoading) return <Loading what="chats" lines={8} />;
  if (items.length === 0) {
    return query === '' ? (
      <Empty title="No chats yet">They appear here as soon as Messages has some.</Empty>
    ) : (
      <Empty title="No chat has this name">Search looks through what was said.</Empty>
    );
  }
  return (
    <div ref={scroller} className="list scroll" data-chat-list>
      <ul className="list-rows" style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const chat = items[row.index];
          if (chat === undefined) return null;
          const count = chat.members.reduce((sum, id) => sum + (unseen.get(id) ?? 0), 0);
          return (
            <li key={row.key} className="list-row" style={{ transform: `translateY(${row.start}px)` }}>
              <ChatRow
                chat={chat}
                unseen={count}
                isOpen={chat.id === openId}
                isFocusable={chat.id === focusId}
                onFocus={setFocused}
                onMove={move}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
