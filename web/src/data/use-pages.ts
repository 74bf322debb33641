import { useCallback, useEffect, useRef, useState } from 'react';
import { useReset } from '../live/page-stream.ts';
import { type ApiError, address, asApiError, ask, isAbort, type Params } from './client.ts';

type Page<T> = { items: T[]; next: string | null };
export type Pages<T> = {
  items: readonly T[];
  error: ApiError | null;
  /** Nothing is there yet. */
  isLoading: boolean;
  hasMore: boolean;
  /** Loads the next page, unless one is on its way or there is none. */
  more: () => void;
  reload: () => void;
};

type State<T> = { key: string; items: T[]; next: string | null; error: ApiError | null; isLoading: boolean };

/** A list that pages by cursor, page after page as it is scrolled. */
export function usePages<T>(path: string | null, params: Params = {}): Pages<T> {
  const key = path === null ? '' : address(path, params);
  const [state, setState] = useState<State<T>>({ key, items: [], next: null, error: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const question = useRef({ path, params });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => {
    question.current = { path, params };
  });

  const load = useCallback((after: string | null, key: string) => {
    const { path, params } = question.current;
    if (path === null) return;
    abort.current?.abort();
    const current = new AbortController();
    abort.current = current;
    ask<Page<T>>(path, { ...params, after }, current.signal).then(
      ({ body }) => {
        setState((before) => ({
          ...{ key, next: body.next, error: null, isLoading: false },
          items: after === null || before.key !== key ? body.items : [...before.items, ...body.items],
        }));
        abort.current = null;
      },
      (error: unknown) => {
        if (isAbort(error)) return;
        abort.current = null;
        setState((before) => ({ ...before, key, error: asApiError(error), isLoading: false }));
      },
    );
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the turn stands for a wish to ask again.
  useEffect(() => {
    setState((before) => (before.key === key ? before : { key, items: [], next: null, error: null, isLoading: true }));
    load(null, key);
    return () => abort.current?.abort();
  }, [key, turn, load]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useReset(reload);
  const isCurrent = state.key === key;
  const more = useCallback(() => {
    if (state.key !== key || state.next === null || abort.current !== null) return;
    load(state.next, key);
  }, [state.key, state.next, key, load]);
  return {
    items: isCurrent ? state.items : [],
    error: isCurrent ? state.error : null,
    isLoading: path !== null && (!isCurrent || state.isLoading),
    hasMore: isCurrent && state.next !== null,
    more,
    reload,
  };
}
