import { Suspense, useEffect } from 'react';
import { ChatsView } from '../chats/chats-view.tsx';
import { chatList } from '../chats/list-model.ts';
import { useObservable } from '../data/observable.ts';
import { useStatus, useStatusFollowing } from '../data/status.ts';
import { PeopleView } from '../people/people-view.tsx';
import { SearchView } from '../search/search-view.tsx';
import { FirstImport } from './first-import.tsx';
import { ImportBar } from './import-bar.tsx';
import { useGlobalKeys } from './keys.ts';
import { Login } from './login.tsx';
import { Rail } from './rail.tsx';
import { type Route, useRoute } from './route.ts';
import { ViewBoundary } from './view-boundary.tsx';
import { VIEWS } from './views.tsx';

/** The whole page: a door where one has to sign in, the first import while there is nothing else, then the views. */
export function App() {
  const route = useRoute();
  const { value: status, error } = useStatus();
  useStatusFollowing();
  useGlobalKeys();
  useTitle(route);
  useChatsAfterImport(status?.store !== null && status !== null);

  if (error?.status === 401) return <Login />;
  if (status !== null && status.store === null) return <FirstImport status={status} />;
  return (
    <div className={`app view-${route.view}${route.id === null ? '' : ' has-id'}`}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Rail route={route} status={status} error={error} />
      <main id="main" className="main" tabIndex={-1}>
        {status !== null && status.import !== null && <ImportBar progress={status.import} />}
        <Content route={route} />
      </main>
    </div>
  );
}

function Content({ route }: { route: Route }) {
  if (route.view === 'chats') return <ChatsView route={route} />;
  if (route.view === 'search') return <SearchView route={route} />;
  if (route.view === 'people') return <PeopleView route={route} />;
  const View = VIEWS[route.view];
  return (
    <ViewBoundary key={route.view}>
      <Suspense fallback={null}>
        <View route={route} />
      </Suspense>
    </ViewBoundary>
  );
}

/** The list was asked for before there was anything: with the store it has to be asked for again. */
function useChatsAfterImport(isThere: boolean): void {
  useEffect(() => {
    const { items, isLoading } = chatList.state.get();
    if (isThere && items.length === 0 && !isLoading) void chatList.load();
  }, [isThere]);
}

const TITLES = {
  chats: 'Chats',
  search: 'Search',
  people: 'People',
  numbers: 'Numbers',
  activity: 'Activity',
  queue: 'Queue',
  health: 'Health',
} as const;

function useTitle({ view, id }: Route): void {
  const { items, unseen } = useObservable(chatList.state);
  const chat = view === 'chats' && id !== null ? items.find((item) => item.members.includes(Number(id))) : undefined;
  const waiting = unseen.size === 0 ? '' : `(${unseen.size}) `;
  const title = `${waiting}${chat?.title ?? TITLES[view]} · ChatStats`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
