import { useCallback, useEffect, useRef, useState } from 'react';
import { pageStream, useReset } from '../live/page-stream.ts';
import { type ApiError, address, asApiError, ask, isAbort, type Params } from './client.ts';

export type Loaded<T> = {
  /** The newest answer, also while a newer one is on its way; null before the first. */
  value: T | null;
  error: ApiError | null;
  isLoading: boolean;
  reload: () => void;
};

type State<T> = { key: string; value: T | null; error: ApiError | null; isLoading: boolean };

/**
 * One answer of the API, asked again when the question changes, when the stream says that something was missed, and,
 * after a failure, when the connection is back. A `path` of null asks nothing.
 */
export function useAnswer<T>(path: string | null, params: Params = {}): Loaded<T> {
  const key = path === null ? '' : address(path, params);
  const [state, setState] = useState<State<T>>({ key, value: null, error: null, isLoading: path !== null });
  const [turn, setTurn] = useState(0);
  const question = useRef({ path, params });
  useEffect(() => {
    question.current = { path, params };
  });
  const reload = useCallback(() => setTurn((before) => before + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for path and params, the turn for a wish to ask again.
  useEffect(() => {
    const { path, params } = question.current;
    if (path === null) return;
    const abort = new AbortController();
    setState((before) =>
      before.key === key ? { ...before, isLoading: true } : { key, value: null, error: null, isLoading: true },
    );
    ask<T>(path, params, abort.signal).then(
      ({ body }) => setState({ key, value: body, error: null, isLoading: false }),
      (error: unknown) => {
        if (isAbort(error)) return;
        setState((before) => ({ ...before, error: asApiError(error), isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [key, turn]);

  useReset(reload);
  const hasFailed = state.error !== null;
  useEffect(() => {
    if (!hasFailed) return;
    return pageStream.onState(() => {
      if (pageStream.state === 'live') reload();
    });
  }, [hasFailed, reload]);

  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : null,
    error: isCurrent ? state.error : null,
    isLoading: path !== null && (!isCurrent || state.isLoading),
    reload,
  };
}
