import { useSyncExternalStore } from 'react';
import { SECOND_MS } from './format.ts';

/** One clock for the whole page: whoever shows a countdown turns with the same tick. */
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function tick() {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, SECOND_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** The time, to the second; renders again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** The time, rounded down: renders again only when that changes. */
export function useNowBy(stepMs: number): number {
  return useSyncExternalStore(subscribe, () => Math.floor(nowMs / stepMs) * stepMs);
}
