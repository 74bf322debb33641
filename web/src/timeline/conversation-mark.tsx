import { useMemo, useRef, useState } from 'react';
import { useConversation } from '../data/conversations.ts';
import type { Conversation } from '../data/types.ts';
import { clockTime, countdown, HOUR_MS, MINUTE_MS, moment, msOf, plural, span } from '../parts/format.ts';
import { useNow, useNowBy } from '../parts/now.ts';
import { Ring } from '../parts/ring.tsx';
import { findingsOf, gist } from './findings.ts';
import { FindingsPanel } from './findings-panel.tsx';

/** Where a conversation begins: how long it was silent before, and what is known of the conversation. */
export function ConversationHead({
  id,
  firstMs,
  silenceMs,
}: {
  id: number;
  firstMs: number | null;
  silenceMs: number | null;
}) {
  const conversation = useConversation(id);
  const [isOpen, setOpen] = useState(() => unfolded.has(id));
  const found = useMemo(
    () => findingsOf(conversation?.analysis ?? [], conversation?.state === 'active'),
    [conversation],
  );
  const panelId = `found-${id}`;
  const head = useRef<HTMLParagraphElement>(null);
  const turn = () => {
    setOpen(toggled(id, !isOpen));
    if (!isOpen) bringIntoView(head);
  };
  return (
    <div className="conversation">
      {silenceMs !== null && silenceMs >= MINUTE_MS && <p className="silence">{span(silenceMs)} of silence</p>}
      <p className="conversation-head" ref={head}>
        <span className="conversation-name">
          {firstMs === null ? 'Conversation' : `Conversation at ${clockTime(firstMs)}`}
        </span>
        {conversation !== null && <Facts conversation={conversation} />}
        {found.length > 0 && (
          <button
            type="button"
            className={`gist${found.some(({ isStale }) => isStale) ? ' is-stale' : ''}`}
            aria-expanded={isOpen}
            aria-controls={panelId}
            onClick={turn}
          >
            <span className="gist-words">{gist(found)}</span>
            {found.some(({ isStale }) => isStale) && <span className="sr-only">, out of date</span>}
          </button>
        )}
      </p>
      {isOpen && conversation !== null && found.length > 0 && (
        <FindingsPanel id={panelId} conversation={conversation} findings={found} />
      )}
    </div>
  );
}

/** Which are unfolded: a row that is scrolled away is forgotten, and comes back as it was. */
const unfolded = new Set<number>();

/** At the newest end what unfolds would push its own beginning out of sight: rows are measured within two frames. */
function bringIntoView(head: { readonly current: HTMLElement | null }): void {
  const show = () => head.current?.scrollIntoView({ block: 'nearest' });
  requestAnimationFrame(() => requestAnimationFrame(show));
}

function toggled(id: number, isOpen: boolean): boolean {
  if (isOpen) unfolded.add(id);
  else unfolded.delete(id);
  return isOpen;
}

function Facts({ conversation }: { conversation: Conversation }) {
  const { messageCount, startedAt, endedAt, state } = conversation;
  const [from, to] = [msOf(startedAt), msOf(endedAt)];
  return (
    <>
      <span>{plural(messageCount, 'message')}</span>
      {from !== null && to !== null && to > from && <span>{span(to - from)}</span>}
      <StateChip state={state} />
    </>
  );
}

const STATES = {
  active: { word: 'Active', title: 'It goes on: whoever writes now writes in it' },
  sealed: { word: 'Sealed', title: 'Silent for longer than the gap' },
  ready: { word: 'Ready', title: 'Sealed and finalised' },
} as const;

export function StateChip({ state }: { state: Conversation['state'] }) {
  const { word, title } = STATES[state];
  return (
    <span className={`chip chip-${state}`} title={title}>
      {word}
    </span>
  );
}

/** What stands below the newest message: the time that is left to its conversation, or that it has ended. */
export function ConversationEnd({ id }: { id: number }) {
  const conversation = useConversation(id);
  const nowMs = useNowBy(HOUR_MS);
  if (conversation === null) return <p className="ending">&nbsp;</p>;
  if (conversation.state === 'active') return <Open conversation={conversation} />;
  const sealedMs = msOf(conversation.sealedAt);
  return (
    <p className="ending" data-state={conversation.state}>
      <StateChip state={conversation.state} />
      <span>{sealedMs === null ? 'This conversation has ended' : `Sealed ${moment(sealedMs, nowMs)}`}</span>
    </p>
  );
}

function Open({ conversation }: { conversation: Conversation }) {
  const nowMs = useNow();
  const sealsMs = msOf(conversation.sealsAt);
  const endedMs = msOf(conversation.endedAt);
  const leftMs = sealsMs === null ? null : sealsMs - nowMs;
  const share = leftMs === null || endedMs === null || sealsMs === null ? 0 : Math.max(0, leftMs / (sealsMs - endedMs));
  return (
    <p className="ending is-open" data-state="active">
      <Ring share={share} />
      <StateChip state="active" />
      <span>
        {leftMs === null
          ? 'This conversation goes on'
          : leftMs <= 0
            ? 'Silent for the whole gap; being sealed'
            : `Sealed in ${countdown(leftMs)} if nobody writes`}
      </span>
    </p>
  );
}
