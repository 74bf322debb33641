import { finish } from '../kernel/index.ts';
import {
  type ContactChanges,
  findContact,
  type PreparedDecision,
  peopleVersion,
  prepareMerge,
  prepareUndo,
} from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { contactEvents } from './contact-events.ts';
import type { ContactSyncOptions } from './contact-sync.ts';
import { PATIENT_ATTEMPTS, WriterTurns } from './writer-turns.ts';

/** A merge that was made or undone, and the two contacts. */
export type MergeResult = { merge: number; from: number; into: number };

/** What the user may decide about contacts. Contacts are named by their ids or one of their addresses. */
export type ContactDecision = { kind: 'merge'; first: string; second: string } | { kind: 'undo'; merge: number };

/**
 * Thinks a decision out in short tasks, and then makes it in one transaction. Throws CONTACT_NOT_FOUND, MERGE_NOT_FOUND,
 * USAGE, and `WriterChanged` when the writer was opened anew meanwhile.
 */
export async function decideContacts(options: ContactSyncOptions, decision: ContactDecision): Promise<MergeResult> {
  const turns = new WriterTurns(options);
  for (let attempt = 1; attempt <= PATIENT_ATTEMPTS; attempt += 1) {
    const version = await turns.version();
    const prepared = await turns.slices((db) => prepare(db, decision, options.clock.now()));
    const result = await turns.task((db) => (peopleVersion(db) === version ? make(db, options, prepared) : null));
    if (result !== null) return result;
  }
  return await turns.task((db) => make(db, options, finish(prepare(db, decision, options.clock.now()))));
}

function prepare(db: Database, decision: ContactDecision, nowMs: number): Generator<void, PreparedDecision> {
  if (decision.kind === 'undo') return prepareUndo(db, decision.merge, nowMs);
  return prepareMerge(db, [findContact(db, decision.first), findContact(db, decision.second)], nowMs);
}

function make(db: Database, { clock, onCommitted }: ContactSyncOptions, prepared: PreparedDecision): MergeResult {
  const made = db.transaction(() => {
    const { changes, ...result } = prepared.write();
    return { result, changes, position: appendEvents(db, clock.now(), contactEvents(changes)) };
  });
  onCommitted(made.position, made.changes satisfies ContactChanges);
  return made.result;
}
