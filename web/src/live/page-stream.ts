import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { EventItem, MetricsSample } from '../data/types.ts';
import { LiveStream, type StreamState } from './stream.ts';

/** The connection of this page: there is one. */
export const pageStream = new LiveStream();

export function useStreamState(): StreamState {
  return useSyncExternalStore(pageStream.onState, () => pageStream.state);
}

/** Calls the newest `listener` for every event, as long as the component is shown. */
export function useEvents(listener: (event: EventItem) => void): void {
  const latest = useLatest(listener);
  useEffect(() => pageStream.onEvent((event) => latest.current(event)), [latest]);
}

/** Calls the newest `listener` when what is shown has to be loaded anew. */
export function useReset(listener: () => void): void {
  const latest = useLatest(listener);
  useEffect(() => pageStream.onReset(() => latest.current()), [latest]);
}

export function useMetrics(listener: (sample: MetricsSample) => void): void {
  const latest = useLatest(listener);
  useEffect(() => pageStream.onMetrics((sample) => latest.current(sample)), [latest]);
}

function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}
