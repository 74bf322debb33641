import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Chat } from '../data/types.ts';
import { useEvents, useReset } from '../live/page-stream.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { ChatHead } from './chat-head.tsx';
import { TimelineModel } from './model.ts';
import { Outline } from './outline.tsx';
import { TimelineView } from './timeline-view.tsx';

type Props = { id: string; chat: Chat | null; target: string | null; words: string };

/** One chat: its head, its timeline, and beside it the conversations it is made of. */
export function ChatPane({ id, chat, target, words }: Props) {
  const [hasOutline, setOutline] = useState(false);
  const model = useTimeline(id, chat, target);
  const { items, isLoading, error } = useSyncExternalStore(model.subscribe, model.snapshot);
  return (
    <section className="pane" aria-label={chat?.title ?? 'Chat'}>
      <ChatHead chat={chat} hasOutline={hasOutline} onOutline={() => setOutline((before) => !before)} />
      <div className="pane-body">
        {items.length > 0 ? (
          <TimelineView
            model={model}
            isGroup={chat?.kind === 'group'}
            hasServices={(chat?.services.length ?? 0) > 1}
            chatId={id}
            words={words}
          />
        ) : error !== null ? (
          <Failed error={error} onRetry={() => void model.open(target)} />
        ) : isLoading ? (
          <Loading what="messages" lines={7} />
        ) : (
          <Empty title="Nothing was said here yet" />
        )}
        {hasOutline && chat !== null && <Outline chat={chat} onClose={() => setOutline(false)} />}
      </div>
    </section>
  );
}

function useTimeline(id: string, chat: Chat | null, target: string | null): TimelineModel {
  const [model] = useState(() => new TimelineModel(id));
  const members = chat?.members.join(' ') ?? id;
  useEffect(() => model.setMembers(members.split(' ').map(Number)), [model, members]);
  useEffect(() => {
    void model.open(target);
    return () => model.dispose();
  }, [model, target]);
  useEvents((event) => model.take(event));
  useReset(() => void model.open(null));
  return model;
}
