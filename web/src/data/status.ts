import { useEffect } from 'react';
import { pageStream } from '../live/page-stream.ts';
import { type ApiError, asApiError, ask } from './client.ts';
import { Observable, useObservable } from './observable.ts';
import type { Status } from './types.ts';

/** The state of the program, asked for every few seconds, more often while an import runs, and when something is told. */
export type StatusSeen = { value: Status | null; error: ApiError | null };

const EVERY_MS = 5_000;
const EVERY_MS_IMPORTING = 500;
const TOLD_AT_ONCE = /^(?:state$|import_|source_|row_quarantined)/;

const seen = new Observable<StatusSeen>({ value: null, error: null });
let timer: ReturnType<typeof setTimeout> | null = null;
let isAsking = false;

/** Asks now, and keeps asking. */
export async function refreshStatus(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  if (timer !== null) clearTimeout(timer);
  try {
    const { body } = await ask<Status>('status');
    seen.set({ value: body, error: null });
  } catch (error) {
    seen.set({ value: seen.get().value, error: asApiError(error) });
  } finally {
    isAsking = false;
    const { value, error } = seen.get();
    const isSoon = error !== null || value === null || value.import !== null || value.store === null;
    // Whoever has to sign in loads the page again by that.
    if (error?.status !== 401) timer = setTimeout(() => void refreshStatus(), isSoon ? EVERY_MS_IMPORTING : EVERY_MS);
  }
}

export function useStatus(): StatusSeen {
  return useObservable(seen);
}

/** Once for the page: asks again when the stream tells of something that changes the state. */
export function useStatusFollowing(): void {
  useEffect(() => {
    const stops = [
      pageStream.onEvent(({ type }) => {
        if (TOLD_AT_ONCE.test(type)) void refreshStatus();
      }),
      pageStream.onState(() => void refreshStatus()),
      pageStream.onReset(() => void refreshStatus()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
}
