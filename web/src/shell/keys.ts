import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { go, href, parseRoute, type View } from './route.ts';

/**
 * Keys that work everywhere: / for search, Escape for the way back, g and a letter for a view, up and down through the
 * links of a list that says data-walk.
 */
const VIEWS: Record<string, View> = {
  c: 'chats',
  s: 'search',
  p: 'people',
  n: 'numbers',
  a: 'activity',
  q: 'queue',
  h: 'health',
};
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
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') walk(event);
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
  // Drawn before the next key is heard: the field has to be there for it.
  flushSync(() => go(href('search')));
  document.querySelector<HTMLInputElement>('input[data-search]')?.focus();
}

/** From one link of a list to the next, and from its field to the first. */
function walk(event: KeyboardEvent): void {
  const { target } = event;
  const list = target instanceof Element ? target.closest('[data-walk]') : null;
  if (list === null || target instanceof HTMLSelectElement) return;
  const stops = [...list.querySelectorAll<HTMLElement>('[data-walk-stop], input[type="search"]')];
  const at = target instanceof HTMLElement ? stops.indexOf(target) : -1;
  const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
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
