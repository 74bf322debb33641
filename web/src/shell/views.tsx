import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { Route, View } from './route.ts';

type Other = Exclude<View, 'chats' | 'search' | 'people'>;
type Shown = ComponentType<{ route: Route }>;

/**
 * Views that are files of their own, which the first paint does not wait for: what one may type into at once is none.
 */
const FILES: Readonly<Record<Other, () => Promise<{ default: Shown }>>> = {
  numbers: () => import('../numbers/numbers-view.tsx').then(({ NumbersView }) => ({ default: NumbersView })),
  activity: () => import('../activity/activity-view.tsx').then(({ ActivityView }) => ({ default: ActivityView })),
  queue: () => import('../queue/queue-view.tsx').then(({ QueueView }) => ({ default: QueueView })),
  health: () => import('../health/health-view.tsx').then(({ HealthView }) => ({ default: HealthView })),
};

export const VIEWS: Readonly<Record<Other, LazyExoticComponent<Shown>>> = {
  numbers: lazy(FILES.numbers),
  activity: lazy(FILES.activity),
  queue: lazy(FILES.queue),
  health: lazy(FILES.health),
};

/** Some time after the first paint; then every view opens at once, and also while the program is away. */
const FETCH_AFTER_MS = 1_500;

/** Fetches the files of all views. What fails here is asked for again by whoever opens the view. */
export function fetchViews(): void {
  setTimeout(() => {
    for (const fetchFile of Object.values(FILES)) fetchFile().catch(() => undefined);
  }, FETCH_AFTER_MS);
}
