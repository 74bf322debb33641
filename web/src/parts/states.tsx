import type { ReactNode } from 'react';
import type { ApiError } from '../data/client.ts';
import { Icon } from './icons.tsx';

/** What is shown where there is nothing to show: yet, at all, or because something failed. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <svg className="state-mark" width="56" height="40" viewBox="0 0 56 40" fill="none" aria-hidden="true">
        <path
          d="M8 6v12M8 26v8M22 6v4M22 18v16M36 6v16M36 30v4M50 6v8M50 22v12"
          strokeWidth="3"
          strokeLinecap="round"
        />
      </svg>
      <p className="state-title">{title}</p>
      {children !== undefined && <div className="state-text">{children}</div>}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <div className="state state-failed" role="alert">
      <span className="state-icon">
        <Icon name="warn" size={28} />
      </span>
      <p className="state-title">{error.message}</p>
      <p className="state-text">{error.hint}</p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** Grey lines in the shape of what is coming, named for those who cannot see them. */
export function Loading({ what, lines = 6 }: { what: string; lines?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="sr-only">Loading {what}</span>
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move.
        <div key={at} className="skeleton-line" />
      ))}
    </div>
  );
}

/** At the end of a list that goes on. */
export function More({ onMore, disabled = false }: { onMore: () => void; disabled?: boolean }) {
  return (
    <button type="button" className="button" disabled={disabled} onClick={onMore}>
      Show more
    </button>
  );
}
