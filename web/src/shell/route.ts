import { useMemo, useSyncExternalStore } from 'react';

/**
 * Where one is, kept behind the # of the address: it is never sent to a server, so no words one looks for and no chat
 * one reads get into a log.
 */
export type View = 'chats' | 'search' | 'people' | 'numbers' | 'activity' | 'queue' | 'health';
export type Route = { view: View; id: string | null; query: URLSearchParams };

const VIEWS: readonly View[] = ['chats', 'search', 'people', 'numbers', 'activity', 'queue', 'health'];

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name, id] = path.split('/');
  const view = VIEWS.find((known) => known === name) ?? 'chats';
  return { view, id: id === undefined || id === '' ? null : decode(id), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(view: View, id?: string | number | null, query: Record<string, string | null> = {}): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== '');
  const search = new URLSearchParams(set).toString();
  const path = id === undefined || id === null ? view : `${view}/${encodeURIComponent(id)}`;
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

/** Goes to a place, at once; `replace` leaves no step behind for the way back. */
export function go(to: string, { replace = false } = {}): void {
  if (to === location.hash) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  // The browser tells of its own steps only, and later: whoever types on must not lose a letter to that.
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}
