import { type FormEvent, useEffect, useState } from 'react';
import type { Chat, SearchItem } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { count, date, MINUTE_MS, msOf, when } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { useNowBy } from '../parts/now.ts';
import { RichText, type Span } from '../parts/rich-text.tsx';
import { Empty, Failed, Loading, More } from '../parts/states.tsx';
import { go, href, type Route } from '../shell/route.ts';

type Found = { items: SearchItem[]; isComplete: boolean };

const FIRST = 50;
/** The most that the API answers at once. */
const MOST = 500;
const SEARCH_AFTER_MS = 180;

/** Everything that was said, by its words; a result leads to its place in the timeline. */
export function SearchView({ route }: { route: Route }) {
  const query = route.query.get('q') ?? '';
  const chatId = route.query.get('chat');
  const [words, setWords] = useState(query);
  const [limit, setLimit] = useState(FIRST);
  // The address follows the field, a moment later, so that a result can be left and come back to.
  useEffect(() => {
    const timer = setTimeout(() => {
      if (words.trim() === query) return;
      setLimit(FIRST);
      go(href('search', null, { q: words.trim(), chat: chatId }), { replace: true });
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [words, query, chatId]);
  const { value, error, isLoading, reload } = useAnswer<Found>(query === '' ? null : 'search', {
    ...{ q: query, limit },
    chat: chatId,
  });
  const chat = useAnswer<Chat>(chatId === null ? null : `chats/${encodeURIComponent(chatId)}`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(href('search', null, { q: words.trim(), chat: chatId }), { replace: true });
  };
  return (
    <div className="page scroll" data-search-view>
      <div className="page-column" data-walk>
        <h1 className="page-title">Search</h1>
        <search>
          <form className="find find-large" onSubmit={submit}>
            <Icon name="search" />
            <label className="sr-only" htmlFor="search-words">
              Words to look for
            </label>
            <input
              id="search-words"
              data-search
              type="search"
              placeholder="Words, or parts of words, in any script"
              value={words}
              // biome-ignore lint/a11y/noAutofocus: whoever comes to the search came to type.
              autoFocus
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setWords(event.target.value)}
            />
            <kbd>/</kbd>
          </form>
        </search>
        {chatId !== null && (
          <p className="filter">
            Only in <strong>{chat.value?.title ?? 'this chat'}</strong>
            <a href={href('search', null, { q: query })}>Search all chats</a>
          </p>
        )}
        <p className="found" role="status">
          {value === null ? '' : describe(value, query)}
        </p>
        {error !== null && <Failed error={error} onRetry={reload} />}
        {error === null && value === null && isLoading && <Loading what="results" lines={6} />}
        {query === '' && <Empty title="Everything that was ever said">Words in “quotes” stay together.</Empty>}
        {value !== null && value.items.length === 0 && (
          <Empty title="Nothing was found">Fewer words, or parts of them, find more.</Empty>
        )}
        {value !== null && value.items.length > 0 && <Hits found={value} query={query} />}
        {value !== null && !value.isComplete && limit < MOST && (
          <More onMore={() => setLimit(MOST)} disabled={isLoading} />
        )}
      </div>
    </div>
  );
}

function describe({ items, isComplete }: Found, query: string): string {
  if (items.length === 0) return '';
  return `${isComplete ? '' : 'The newest '}${count(items.length)} ${items.length === 1 ? 'message' : 'messages'} with “${query}”`;
}

function Hits({ found, query }: { found: Found; query: string }) {
  const nowMs = useNowBy(MINUTE_MS);
  return (
    <ol className="hits">
      {found.items.map((hit) => (
        <li key={hit.guid}>
          <a className="hit" data-walk-stop href={href('chats', hit.chatId, { at: hit.guid, q: query })}>
            <span className="hit-top">
              <span className="hit-chat">{hit.chatTitle}</span>
              <span className="hit-who">{whoOf(hit)}</span>
              <Sent iso={hit.sentAt} nowMs={nowMs} />
            </span>
            <span className="hit-text">
              <Excerpt text={hit.text ?? ''} highlights={hit.highlights} />
            </span>
          </a>
        </li>
      ))}
    </ol>
  );
}

/** Who said it, where the chat does not say that already. */
function whoOf({ isFromMe, senderName, sender, chatTitle }: SearchItem): string {
  if (isFromMe) return 'You';
  const name = senderName ?? sender ?? '';
  return name === chatTitle ? '' : name;
}

function Sent({ iso, nowMs }: { iso: string | null; nowMs: number }) {
  const ms = msOf(iso);
  if (ms === null || iso === null) return null;
  return (
    <time dateTime={iso} title={date(ms)}>
      {when(ms, nowMs)}
    </time>
  );
}

const BEFORE = 60;
const AFTER = 220;

/** The text around its first highlight. A link within a link is not possible: the words alone are shown. */
function Excerpt({ text, highlights }: { text: string; highlights: readonly Span[] }) {
  const [first] = highlights;
  const from = first === undefined || first[0] <= BEFORE ? 0 : first[0] - BEFORE;
  const to = Math.min(text.length, (first?.[0] ?? 0) + AFTER);
  const marks = highlights.map(([start, length]): Span => [start - from, length]).filter(([start]) => start >= 0);
  return (
    <>
      {from > 0 && '…'}
      <RichText text={text.slice(from, to)} marks={marks} hasLinks={false} />
      {to < text.length && '…'}
    </>
  );
}
