import { useMemo, useRef } from 'react';
import { useObservable } from '../data/observable.ts';
import type { Chat, Stats } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useEvents } from '../live/page-stream.ts';
import { Avatar } from '../parts/avatar.tsx';
import {
  count,
  countdown,
  DAY_MS,
  date,
  dayTitle,
  MINUTE_MS,
  msOf,
  plural,
  span,
  startOfDay,
  timeZone,
} from '../parts/format.ts';
import { useNow, useNowBy } from '../parts/now.ts';
import { Ring } from '../parts/ring.tsx';
import { href } from '../shell/route.ts';
import { seedOf } from './chat-row.tsx';
import { chatList } from './list-model.ts';

const DAYS = 30;
const MOST_SHOWN = 6;

/** What is going on, while no chat is open: the conversations that are not sealed yet, and the last weeks. */
export function NowPane() {
  const nowMs = useNowBy(MINUTE_MS);
  const { items, isLoading } = useObservable(chatList.state);
  const active = items.filter((chat) => chat.activeConversation?.state === 'active');
  return (
    <section className="pane pane-now scroll" aria-label="Now">
      <div className="now">
        <header>
          <h2>{dayTitle(nowMs)}</h2>
          <p className="faint">{active.length === 0 ? quiet(items[0], nowMs) : talking(active.length)}</p>
        </header>
        {active.length > 0 && (
          <ul className="now-list">
            {active.slice(0, MOST_SHOWN).map((chat) => (
              <li key={chat.id}>
                <GoingOn chat={chat} />
              </li>
            ))}
          </ul>
        )}
        {active.length > MOST_SHOWN && (
          <p className="faint">and {count(active.length - MOST_SHOWN)} more, marked in the list</p>
        )}
        {/* Counting can wait until there is something to read. */}
        {(items.length > 0 || !isLoading) && <Weeks />}
        <p className="now-keys faint">
          <kbd>↑</kbd> <kbd>↓</kbd> walk through the chats, <kbd>Enter</kbd> opens one, <kbd>Esc</kbd> leaves it,{' '}
          <kbd>/</kbd> searches everything
        </p>
      </div>
    </section>
  );
}

const talking = (many: number) => (many === 1 ? 'One conversation is going on' : `${many} conversations are going on`);

function quiet(newest: Chat | undefined, nowMs: number): string {
  const lastMs = msOf(newest?.lastMessageAt ?? null);
  if (newest === undefined || lastMs === null) return 'Nobody is talking';
  return `All is quiet; the last words were said ${span(Math.max(0, nowMs - lastMs))} ago`;
}

function GoingOn({ chat }: { chat: Chat }) {
  const nowMs = useNow();
  const conversation = chat.activeConversation;
  const sealsMs = msOf(conversation?.sealsAt ?? null);
  const endedMs = msOf(conversation?.endedAt ?? null);
  const gapMs = sealsMs === null || endedMs === null ? 1 : Math.max(1, sealsMs - endedMs);
  // The clock of this machine may be behind that of the one who wrote.
  const leftMs = sealsMs === null ? 0 : Math.max(0, Math.min(gapMs, sealsMs - nowMs));
  return (
    <a className="now-row" href={href('chats', chat.id)}>
      <Avatar name={chat.title} seed={seedOf(chat)} size={40} />
      <span className="now-words">
        <span className="chat-title">{chat.title}</span>
        <span className="faint">{plural(conversation?.messageCount ?? 0, 'message')} so far</span>
      </span>
      <span className="now-left">{countdown(leftMs)}</span>
      <span className="sr-only">left until it is sealed</span>
      <Ring share={leftMs / gapMs} size={26} />
    </a>
  );
}

/** Messages of the last thirty days, a bar for each. */
function Weeks() {
  const today = startOfDay(useNowBy(MINUTE_MS));
  const from = new Date(today - (DAYS - 1) * DAY_MS).toISOString();
  const { value, reload } = useAnswer<Stats>('stats', { timezone: timeZone(), from });
  useRecount(reload);
  const bars = useMemo(() => barsOf(value, today), [value, today]);
  if (value === null || value.messages === 0) return null;
  const most = Math.max(1, ...bars.map((bar) => bar.messages));
  const todays = bars.at(-1)?.messages ?? 0;
  return (
    <section className="now-weeks" aria-labelledby="now-weeks">
      <h3 id="now-weeks">
        {plural(todays, 'message')} today, {count(value.messages)} in {DAYS} days
      </h3>
      <ol className="now-bars" aria-hidden="true">
        {bars.map(({ ms, messages }) => (
          <li key={ms} title={`${date(ms)}: ${count(messages)}`} style={{ height: `${(messages / most) * 100}%` }} />
        ))}
      </ol>
    </section>
  );
}

const RECOUNT_MS = 3_000;

function useRecount(reload: () => void): void {
  const isDue = useRef(false);
  useEvents(({ type }) => {
    if (type !== 'messages_synced' || isDue.current) return;
    isDue.current = true;
    setTimeout(() => {
      isDue.current = false;
      reload();
    }, RECOUNT_MS);
  });
}

/** Days as the reader's calendar has them: one that is an hour longer or shorter is still one. */
function barsOf(stats: Stats | null, today: number): { ms: number; messages: number }[] {
  const known = new Map(stats?.days.map(({ day, messages }) => [day, messages]));
  return Array.from({ length: DAYS }, (_, at) => {
    const day = new Date(today);
    day.setDate(day.getDate() - (DAYS - 1 - at));
    const pad = (n: number) => String(n).padStart(2, '0');
    const name = `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
    return { ms: day.getTime(), messages: known.get(name) ?? 0 };
  });
}
