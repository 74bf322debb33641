import { expireHeld, extendSearchIndex } from '../load/index.ts';
import { appendEvents, trimEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { INDEX_ROWS, TRIM_ROWS } from './live.limits.ts';
import { quarantineEvents } from './live-events.ts';
import { HOLD_ORPHANS_MS } from './options.ts';

/** What is done when there is nothing else to do, in short transactions. `more`: there is more of it at once. */
export function upkeepSlice(db: Database, nowMs: number): { more: boolean; position: number | null } {
  const position = db.transaction(() =>
    appendEvents(db, nowMs, quarantineEvents(expireHeld(db, nowMs - HOLD_ORPHANS_MS))),
  );
  const index = extendSearchIndex(db, { maxRows: INDEX_ROWS });
  const trimmed = db.transaction(() => trimEvents(db, { nowMs, limit: TRIM_ROWS }));
  return { more: !index.done || trimmed.more, position };
}
