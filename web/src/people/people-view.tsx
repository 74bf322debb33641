import { useDeferredValue, useEffect, useRef, useState } from 'react';
import type { Contact } from '../data/types.ts';
import { usePages } from '../data/use-pages.ts';
import { useEvents } from '../live/page-stream.ts';
import { Avatar } from '../parts/avatar.tsx';
import { MINUTE_MS, msOf, plural, when } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { useNowBy } from '../parts/now.ts';
import { Empty, Failed, Loading, More } from '../parts/states.tsx';
import { href, type Route } from '../shell/route.ts';

const PAGE = 500;
const AGAIN_MS = 600;

/** Everybody who wrote or takes part, with all their addresses, and oneself. */
export function PeopleView({ route }: { route: Route }) {
  const [filter, setFilter] = useState(route.query.get('q') ?? '');
  const q = useDeferredValue(filter.trim());
  const { items, error, isLoading, hasMore, more, reload } = usePages<Contact>('contacts', { limit: PAGE, q });
  useContactEvents(reload);
  // The list begins with addresses, which sort before letters: those in an address book are what one came for.
  const hasKnown = items.some((contact) => contact.origin !== 'placeholder');
  useEffect(() => {
    if (hasMore && !hasKnown) more();
  }, [hasMore, hasKnown, more]);
  const onScroll = ({ currentTarget: page }: React.UIEvent<HTMLElement>) => {
    if (hasMore && page.scrollHeight - page.scrollTop - page.clientHeight < 900) more();
  };
  return (
    <div className="page scroll" onScroll={onScroll}>
      <div className="page-column page-wide" data-walk>
        <h1 className="page-title">People</h1>
        <label className="find find-large">
          <Icon name="search" />
          <span className="sr-only">Filter people by name or address</span>
          <input
            type="search"
            placeholder="A name, a number, an address"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
        {items.length === 0 && error !== null && <Failed error={error} onRetry={reload} />}
        {items.length === 0 && error === null && isLoading && <Loading what="people" />}
        {items.length === 0 && error === null && !isLoading && <Empty title="Nobody here" />}
        <Group people={items.filter((contact) => contact.isMe || contact.origin !== 'placeholder')} />
        <Group
          title="In no address book"
          people={items.filter((contact) => !contact.isMe && contact.origin === 'placeholder')}
        />
        {hasMore && <More onMore={more} />}
      </div>
    </div>
  );
}

function Group({ title, people }: { title?: string; people: readonly Contact[] }) {
  if (people.length === 0) return null;
  return (
    <section className="people-group">
      {title !== undefined && <h2 className="people-title">{title}</h2>}
      <ul className="people">
        {[...people]
          .sort((a, b) => Number(b.isMe) - Number(a.isMe))
          .map((contact) => (
            <li key={contact.id}>
              <Person contact={contact} />
            </li>
          ))}
      </ul>
    </section>
  );
}

function useContactEvents(reload: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEvents(({ type }) => {
    if (!type.startsWith('contact_')) return;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      reload();
    }, AGAIN_MS);
  });
}

function Person({ contact }: { contact: Contact }) {
  const nowMs = useNowBy(MINUTE_MS);
  const { id, name, identifiers, directChats, isMe, isOrganization } = contact;
  const title = name ?? identifiers[0] ?? 'Somebody without an address';
  const [main] = directChats;
  const messages = directChats.reduce((sum, chat) => sum + chat.messageCount, 0);
  const lastMs = Math.max(0, ...directChats.map((chat) => msOf(chat.lastMessageAt) ?? 0));
  return (
    <article className="person">
      <Avatar name={title} seed={id} size={44} />
      <div className="person-words">
        <h3>
          {main === undefined ? (
            title
          ) : (
            <a href={href('chats', main.id)} data-walk-stop>
              {title}
            </a>
          )}
          {isMe && <span className="chip chip-me">You</span>}
          {isOrganization && <span className="chip">Organisation</span>}
        </h3>
        <ul className="person-ids">
          {identifiers.map((identifier) => identifier !== title && <li key={identifier}>{identifier}</li>)}
        </ul>
        {directChats.length > 0 && (
          <p className="faint">
            {plural(messages, 'message')}
            {lastMs > 0 && ` · last ${when(lastMs, nowMs)}`}
          </p>
        )}
      </div>
    </article>
  );
}
