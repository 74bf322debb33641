import { useEffect, useMemo } from 'react';
import { useObservable } from '../data/observable.ts';
import type { Chat } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import type { Route } from '../shell/route.ts';
import { ChatPane } from '../timeline/chat-pane.tsx';
import { ChatListPane } from './chat-list-pane.tsx';
import { chatList } from './list-model.ts';
import { NowPane } from './now-pane.tsx';

/** The list of chats, and the chat that is open: beside each other, or one at a time where there is no room. */
export function ChatsView({ route }: { route: Route }) {
  const { id, query } = route;
  const chat = useOpenChat(id);
  return (
    <div className="chats">
      <ChatListPane openId={chat?.id ?? null} />
      {id === null ? (
        <NowPane />
      ) : (
        <ChatPane key={chat?.id ?? id} id={id} chat={chat} target={query.get('at')} words={query.get('q') ?? ''} />
      )}
    </div>
  );
}

/** The chat of the address: from the list, or asked for when it stands further down than was read. */
function useOpenChat(id: string | null): Chat | null {
  const { items } = useObservable(chatList.state);
  const listed = useMemo(
    () =>
      id === null ? null : (items.find((chat) => String(chat.id) === id || chat.members.includes(Number(id))) ?? null),
    [items, id],
  );
  const asked = useAnswer<Chat>(id === null || listed !== null ? null : `chats/${encodeURIComponent(id)}`, {
    unified: true,
  });
  const chat = listed ?? asked.value;
  const members = chat?.members.join(' ') ?? '';
  useEffect(() => {
    chatList.setOpen(members === '' ? [] : members.split(' ').map(Number));
    return () => chatList.setOpen([]);
  }, [members]);
  return chat;
}
