import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { count } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { go, href } from '../shell/route.ts';
import type { TimelineModel } from './model.ts';
import { estimateHeight, rowsOf } from './rows.ts';
import { TimelineRow } from './timeline-row.tsx';

type Props = { model: TimelineModel; isGroup: boolean; hasServices: boolean; chatId: string; words: string };

/** Pages are asked for while this much is still left to scroll. */
const AHEAD_PX = 1_800;
const NEAR_END_PX = 160;

/** The messages of a chat, drawn where one looks. What is loaded before or behind moves nothing of what is seen. */
export function TimelineView({ model, isGroup, hasServices, chatId, words }: Props) {
  const snapshot = useSyncExternalStore(model.subscribe, model.snapshot);
  const { items, older, newer, place, target } = snapshot;
  const rows = useMemo(() => rowsOf(items, older !== null, newer !== null), [items, older, newer]);
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimateHeight(rows[index]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 10,
    anchorTo: 'end',
    followOnAppend: newer === null,
    scrollEndThreshold: NEAR_END_PX,
    paddingEnd: 16,
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
  });

  const show = useRef({ rows, virtual });
  useLayoutEffect(() => {
    show.current = { rows, virtual };
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place stands for the window having been loaded anew.
  useLayoutEffect(() => {
    const { rows, virtual } = show.current;
    const at = target === null ? -1 : rows.findIndex((row) => row.key === `m${target}`);
    if (at >= 0) virtual.scrollToIndex(at, { align: 'center' });
    else virtual.scrollToEnd();
  }, [place]);

  const look = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    const isNewest = below < NEAR_END_PX && newer === null;
    if (isNewest) model.arrived = 0;
    setAtEnd(isNewest);
    if (element.scrollTop < AHEAD_PX) void model.older();
    if (below < AHEAD_PX) void model.newer();
  }, [model, newer]);
  // After every change of the window too: it may have ended within what is seen.
  useEffect(() => {
    if (items.length === 0) return;
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look, items]);

  const jump = useCallback((guid: string) => go(href('chats', chatId, { at: guid })), [chatId]);
  const toEnd = () => {
    if (newer === null) virtual.scrollToEnd({ behavior: 'smooth' });
    else if (target === null) void model.open(null);
    else go(href('chats', chatId));
  };

  return (
    <div className="timeline">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be within reach of the keyboard. */}
      <section ref={scroller} className="timeline-scroll scroll" aria-label="Messages" tabIndex={0} onScroll={look}>
        <div ref={virtual.containerRef} className="timeline-rows">
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className="timeline-row">
                <TimelineRow
                  row={row}
                  isGroup={isGroup}
                  hasServices={hasServices}
                  isTarget={row.key === `m${target}`}
                  words={words}
                  onJump={jump}
                />
              </div>
            );
          })}
        </div>
      </section>
      {!isAtEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <Icon name="down" size={18} />
          {model.arrived > 0 ? `${count(model.arrived)} new` : 'Newest'}
        </button>
      )}
    </div>
  );
}
