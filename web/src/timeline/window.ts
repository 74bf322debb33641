import type { Timeline, TimelineMessage } from '../data/types.ts';

/**
 * The part of a timeline that is held, oldest first: a window that is moved, not a list that grows, so that a chat of
 * any length costs the same. Pure: every step gives a new window.
 */
export type Window = {
  items: readonly TimelineMessage[];
  /** What to ask `before` and `after` for what lies beyond; null where nothing does. */
  older: string | null;
  newer: string | null;
};

export const EMPTY: Window = { items: [], older: null, newer: null };
/** So many messages are held at most; then those farthest from where one is are let go of. */
export const MOST_HELD = 1_200;

export function ofPage({ items, older, newer }: Timeline): Window {
  return { items, older, newer };
}

export function prepend(window: Window, page: Timeline): Window {
  const known = new Set(window.items.map((item) => item.guid));
  const items = [...page.items.filter((item) => !known.has(item.guid)), ...window.items];
  const kept = items.slice(0, MOST_HELD);
  const newer = kept.length < items.length ? (kept.at(-1)?.cursor ?? null) : window.newer;
  return { items: kept, older: page.older, newer };
}

export function append(window: Window, page: Timeline): Window {
  const known = new Set(window.items.map((item) => item.guid));
  const items = [...window.items, ...page.items.filter((item) => !known.has(item.guid))];
  const kept = items.slice(-MOST_HELD);
  const older = kept.length < items.length ? (kept[0]?.cursor ?? null) : window.older;
  return { items: kept, older, newer: page.newer };
}

/**
 * Takes over messages as they are now: known ones where they stand, others where their time puts them, if that lies
 * in the window or at an end behind which there is nothing.
 */
export function upsert(window: Window, messages: readonly TimelineMessage[]): Window {
  if (messages.length === 0) return window;
  const fresh = new Map(messages.map((message) => [message.guid, message]));
  const moved = new Set<string>();
  const items = window.items.flatMap((item) => {
    const now = fresh.get(item.guid);
    if (now === undefined) return [item];
    if (inOrder(now, item) !== 0) {
      moved.add(item.guid);
      return [];
    }
    fresh.delete(item.guid);
    return [now];
  });
  for (const message of [...fresh.values()].sort(inOrder)) {
    let at = items.length;
    for (let before = items[at - 1]; before !== undefined && inOrder(before, message) > 0; before = items[at - 1]) {
      at -= 1;
    }
    if (at === items.length && window.newer !== null) continue;
    if (at === 0 && window.older !== null) continue;
    items.splice(at, 0, message);
  }
  return { ...window, items };
}

export function remove(window: Window, guids: readonly string[]): Window {
  const gone = new Set(guids);
  return { ...window, items: window.items.filter((item) => !gone.has(item.guid)) };
}

/** The order of the API: by the moment of sending, then by id; what has no moment stands first. */
function inOrder(a: TimelineMessage, b: TimelineMessage): number {
  const [early, late] = [a.sentAt ?? '', b.sentAt ?? ''];
  return early === late ? a.id - b.id : early < late ? -1 : 1;
}
