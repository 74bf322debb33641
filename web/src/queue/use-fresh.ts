import { useEffect, useRef } from 'react';
import { useEvents } from '../live/page-stream.ts';

/** While much happens, what is shown is asked for so often at most, in milliseconds. */
const GATHER_MS = 500;

/** Events after which the queue, or how analysis stands, is another. */
const CHANGES = /^(?:analysis_|conversation_ready|conversation_sealed|state$)/;

/** Asks anew a moment after an event that changes what is shown; never while an answer is on its way, which it would break off. */
export function useFresh(reload: () => void, isLoading: boolean): void {
  const latest = useRef({ reload, isLoading });
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    latest.current = { reload, isLoading };
  });
  useEvents(({ type }) => {
    if (!CHANGES.test(type)) return;
    timer.current ??= setTimeout(function look() {
      if (latest.current.isLoading) {
        timer.current = setTimeout(look, GATHER_MS);
        return;
      }
      timer.current = null;
      latest.current.reload();
    }, GATHER_MS);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
}
