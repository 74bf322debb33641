import { useEffect, useMemo, useRef } from 'react';
import { chatList } from '../chats/list-model.ts';
import { useObservable } from '../data/observable.ts';
import type { Chat, Stats } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useEvents } from '../live/page-stream.ts';
import { compact, count, DAY_MS, date, msOf, percent, span, timeZone } from '../parts/format.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { go, href, type Route } from '../shell/route.ts';
import { Bars, Histogram } from './bars.tsx';
import { DaysChart } from './days-chart.tsx';
import { Hours } from './hours.tsx';

/** Counting everything costs more than a glance: live messages are counted anew no more often than this. */
const AGAIN_MS = 15_000;
const SPANS = [
  ['all', 'All', null],
  ['year', 'Year', 365],
  ['quarter', '90 days', 90],
  ['month', '30 days', 30],
] as const;

/** When and how much, with whom, how fast: of everything, or of one chat. */
export function NumbersView({ route }: { route: Route }) {
  const chatId = route.query.get('chat');
  const range = SPANS.find(([name]) => name === route.query.get('span')) ?? SPANS[0];
  const days = range[2];
  const from = useMemo(() => (days === null ? null : new Date(Date.now() - days * DAY_MS).toISOString()), [days]);
  const { value, error, isLoading, reload } = useAnswer<Stats>('stats', { timezone: timeZone(), chat: chatId, from });
  useRecount(reload);
  return (
    <div className="page scroll">
      <div className="page-column page-wide">
        <header className="page-head">
          <h1 className="page-title">Numbers</h1>
          <ChatChoice chatId={chatId} span={range[0]} />
          <fieldset className="choice">
            <legend className="sr-only">Span of time</legend>
            {SPANS.map(([name, label]) => (
              <a
                key={name}
                href={href('numbers', null, { chat: chatId, span: name === 'all' ? null : name })}
                aria-current={range[0] === name ? 'true' : undefined}
              >
                {label}
              </a>
            ))}
          </fieldset>
        </header>
        {value === null && error !== null && <Failed error={error} onRetry={reload} />}
        {value === null && error === null && isLoading && <Loading what="numbers" lines={8} />}
        {value !== null && value.messages === 0 && (
          <Empty title="Nothing to count">No message was sent in this time.</Empty>
        )}
        {value !== null && value.messages > 0 && <Figures stats={value} />}
      </div>
    </div>
  );
}

function useRecount(reload: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEvents(({ type }) => {
    if (type !== 'messages_synced') return;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      reload();
    }, AGAIN_MS);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
}

function ChatChoice({ chatId, span }: { chatId: string | null; span: string }) {
  const { items } = useObservable(chatList.state);
  const isListed = chatId === null || items.some((chat) => chat.members.includes(Number(chatId)));
  const { value: asked } = useAnswer<Chat>(isListed ? null : `chats/${encodeURIComponent(chatId)}`);
  const shown = items.find((chat) => chat.members.includes(Number(chatId)));
  return (
    <label className="select">
      <span className="sr-only">Chat</span>
      <select
        value={shown?.id ?? chatId ?? ''}
        onChange={({ target }) =>
          go(href('numbers', null, { chat: target.value, span: span === 'all' ? null : span }), { replace: true })
        }
      >
        <option value="">All chats</option>
        {asked !== null && <option value={asked.id}>{asked.title}</option>}
        {items.map((chat) => (
          <option key={chat.id} value={chat.id}>
            {chat.title}
          </option>
        ))}
      </select>
    </label>
  );
}

function Figures({ stats }: { stats: Stats }) {
  const { messages, fromMe, firstMessageAt, lastMessageAt, conversations, answers } = stats;
  const [first, last] = [msOf(firstMessageAt), msOf(lastMessageAt)];
  const days = first === null || last === null ? 1 : Math.max(1, Math.round((last - first) / DAY_MS));
  return (
    <>
      <dl className="figures">
        <div>
          <dt>Messages</dt>
          <dd className="figure">{compact(messages)}</dd>
          <dd>{percent(fromMe / messages)} from you</dd>
        </div>
        <div>
          <dt>A day</dt>
          <dd className="figure">{(messages / days).toFixed(messages / days < 10 ? 1 : 0)}</dd>
          <dd>{first === null ? '' : `since ${date(first)}`}</dd>
        </div>
        <div>
          <dt>Conversations</dt>
          <dd className="figure">{compact(conversations.count)}</dd>
          <dd>
            {conversations.averageMessages === null
              ? ''
              : `about ${conversations.averageMessages.toFixed(1)} messages each`}
          </dd>
        </div>
        <div>
          <dt>You answer in</dt>
          <dd className="figure">{answers.mine.medianMs === null ? '–' : span(answers.mine.medianMs)}</dd>
          <dd>{answers.theirs.medianMs === null ? '' : `they in ${span(answers.theirs.medianMs)}`}</dd>
        </div>
      </dl>
      <section className="chart" aria-labelledby="chart-days">
        <h2 id="chart-days">Messages a day</h2>
        <DaysChart days={stats.days} />
      </section>
      <div className="charts">
        <section className="chart chart-wide" aria-labelledby="chart-hours">
          <h2 id="chart-hours">When</h2>
          <Hours hours={stats.weekdayHours} />
        </section>
        <section className="chart" aria-labelledby="chart-people">
          <h2 id="chart-people">Who writes</h2>
          <Bars items={peopleBars(stats)} />
        </section>
        <section className="chart" aria-labelledby="chart-answers">
          <h2 id="chart-answers">Time to answer</h2>
          <Histogram
            series={[
              { name: 'You', bins: answers.mine.histogram.map(({ uptoMs, count }) => ({ upto: uptoMs, count })) },
              { name: 'They', bins: answers.theirs.histogram.map(({ uptoMs, count }) => ({ upto: uptoMs, count })) },
            ]}
            label={span}
          />
        </section>
        <section className="chart" aria-labelledby="chart-lengths">
          <h2 id="chart-lengths">Length of conversations</h2>
          <Histogram
            series={[{ name: 'Conversations', bins: conversations.byMessages }]}
            label={count}
            unit="messages"
          />
        </section>
        <section className="chart" aria-labelledby="chart-durations">
          <h2 id="chart-durations">How long they last</h2>
          <Histogram series={[{ name: 'Conversations', bins: conversations.byDurationMs }]} label={span} />
        </section>
        <section className="chart" aria-labelledby="chart-kinds">
          <h2 id="chart-kinds">What is sent</h2>
          <Bars items={stats.kinds.map(({ kind, messages }) => ({ name: KINDS[kind] ?? kind, value: messages }))} />
        </section>
        <section className="chart" aria-labelledby="chart-reactions">
          <h2 id="chart-reactions">Reactions</h2>
          <Bars items={stats.reactions.map(({ kind, count }) => ({ name: REACTIONS[kind] ?? kind, value: count }))} />
        </section>
        <section className="chart" aria-labelledby="chart-services">
          <h2 id="chart-services">Services</h2>
          <Bars
            items={stats.services.map(({ service, messages }) => ({ name: service ?? 'unknown', value: messages }))}
          />
        </section>
      </div>
    </>
  );
}

const KINDS: Record<string, string> = {
  text: 'Text',
  audio: 'Voice',
  sticker: 'Stickers',
  location: 'Locations',
  app: 'Apps',
  unknown: 'Unknown',
};

const REACTIONS: Record<string, string> = {
  loved: 'Loved',
  liked: 'Liked',
  disliked: 'Disliked',
  laughed: 'Laughed',
  emphasized: 'Emphasised',
  questioned: 'Questioned',
  emoji: 'Emoji',
  sticker: 'Stickers',
};

const MOST_PEOPLE = 12;

function peopleBars({ people }: Stats) {
  return people.slice(0, MOST_PEOPLE).map(({ contactId, name, isMe, messages, medianAnswerMs }) => ({
    name: isMe ? 'You' : (name ?? 'Unknown'),
    value: messages,
    seed: contactId,
    note: isMe || medianAnswerMs === null ? null : `answers in ${span(medianAnswerMs)}`,
  }));
}
