import { memo } from 'react';
import { dayName, HOUR_MS } from '../parts/format.ts';
import { useNowBy } from '../parts/now.ts';
import { ConversationEnd, ConversationHead } from './conversation-mark.tsx';
import { Happening } from './happening.tsx';
import { MessageRow } from './message-row.tsx';
import type { Row } from './rows.ts';

type Props = {
  row: Row;
  isGroup: boolean;
  hasServices: boolean;
  isTarget: boolean;
  words: string;
  onJump: (guid: string) => void;
};

export const TimelineRow = memo(
  function TimelineRow({ row, isGroup, hasServices, isTarget, words, onJump }: Props) {
    switch (row.kind) {
      case 'beginning':
        return <p className="beginning">The beginning of what ChatStats knows of this chat</p>;
      case 'day':
        return <Day dayMs={row.dayMs} isInside={row.isInside} />;
      case 'conversation':
        return <ConversationHead id={row.id} firstMs={row.firstMs} silenceMs={row.silenceMs} />;
      case 'happening':
        return <Happening message={row.message} isInside={row.isInside} />;
      case 'message':
        return (
          <MessageRow
            {...{ message: row.message, isFirst: row.isFirst, isLast: row.isLast }}
            {...{ isGroup, hasServices, isTarget, words, onJump }}
          />
        );
      case 'end':
        return <ConversationEnd id={row.conversationId} />;
    }
  },
  // Rows are made anew with every change of the window; most say the same as before.
  (a, b) =>
    a.isGroup === b.isGroup &&
    a.hasServices === b.hasServices &&
    a.isTarget === b.isTarget &&
    a.words === b.words &&
    a.onJump === b.onJump &&
    isSameRow(a.row, b.row),
);

function isSameRow(a: Row, b: Row): boolean {
  const fields = Object.keys(a) as (keyof Row)[];
  return a.kind === b.kind && fields.every((field) => a[field] === b[field]);
}

function Day({ dayMs, isInside }: { dayMs: number; isInside: boolean }) {
  const nowMs = useNowBy(HOUR_MS);
  return (
    <h3 className={`day${isInside ? ' is-inside' : ''}`}>
      <span>{dayName(dayMs, nowMs)}</span>
    </h3>
  );
}
