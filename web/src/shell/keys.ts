import { useEffect } from 'react';
import { go, href, parseRoute, type View } from './route.ts';

/** Keys that work everywhere: / for search, Escape for the way back, g and a letter for a view. */
const VIEWS: Record<string, View> = { c: 'chats', s: 'search', p: 'people', n: 'numbers', a: 'activity', h: 'health' };
const CHORD_MS = 1_000;

export function useGlobalKeys(): void {
  useEffect(() => {
    let chordUntilMs = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === 'Escape') {
        leave(event);
        return;
      }
      if (isTyping(event.target)) return;
      if (event.key === '/') {
        event.preventDefault();
        toSearch();
      } else if (event.key === 'g') {
        chordUntilMs = event.timeStamp + CHORD_MS;
      } else if (event.timeStamp < chordUntilMs) {
        const view = VIEWS[event.key];
        if (view !== undefined) go(href(view));
        chordUntilMs = 0;
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function toSearch(): void {
  go(href('search'));
  const focus = () => document.querySelector<HTMLInputElement>('input[data-search]')?.focus();
  // The field may be drawn only after the view has changed.
  requestAnimationFrame(() => requestAnimationFrame(focus));
}

/** Out of a field first, then out of a chat. */
function leave(event: KeyboardEvent): void {
  if (isTyping(event.target)) {
    if (event.target.value === '') event.target.blur();
    return;
  }
  const { view, id } = parseRoute(location.hash);
  if (view === 'chats' && id !== null) {
    go(href('chats'));
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-chat-list] [tabindex="0"]')?.focus());
  }
}

function isTyping(target: EventTarget | null): target is HTMLInputElement {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
