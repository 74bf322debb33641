import type { Clock } from '../kernel/index.ts';
import { type ContactChanges, findContact, mergeContacts, undoMerge } from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForWriting } from '../store/index.ts';
import { contactEvents } from './contact-events.ts';
import { type ContactSyncResult, syncContacts } from './contact-sync.ts';

/** What became of something the user decided: the merge it made or undid, and the two contacts. */
export type Decision = {
  merge: number;
  from: number;
  into: number;
  changes: ContactChanges;
  position: number | null;
};

/** Two contacts, each named by its id or one of its addresses, are one person; the first gives the name. */
export function decideMerge(db: Database, first: string, second: string, clock: Clock): Decision {
  return told(db, clock, (nowMs) => mergeContacts(db, findContact(db, first), findContact(db, second), nowMs));
}

/** A merge is taken back, and will not be made by cards again. */
export function decideUndo(db: Database, merge: number, clock: Clock): Decision {
  return told(db, clock, (nowMs) => undoMerge(db, merge, nowMs));
}

function told(db: Database, clock: Clock, decide: (nowMs: number) => Omit<Decision, 'position'>): Decision {
  return db.transaction(() => {
    const nowMs = clock.now();
    const decided = decide(nowMs);
    return { ...decided, position: appendEvents(db, nowMs, contactEvents(decided.changes)) };
  });
}

/** Brings the contacts of a store that nobody follows into up to date. `root`: null for what the store holds alone. */
export async function syncContactsOnce(
  store: string,
  root: string | null,
  clock: Clock,
  inTurn: <T>(task: () => T) => Promise<T>,
): Promise<ContactSyncResult & { position: number | null }> {
  using db = openStoreForWriting(store);
  let last: number | null = null;
  const result = await syncContacts(
    {
      ...{ root, clock, inTurn, writer: () => db },
      onCommitted: (position) => {
        last = position ?? last;
      },
    },
    true,
  );
  return { ...result, position: last };
}
