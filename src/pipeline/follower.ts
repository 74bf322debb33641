import { type Clock, InvariantError } from '../kernel/index.ts';
import {
  applyBatch,
  type ContactChanges,
  type Misfit,
  type QuarantineEntry,
  type QuarantineReason,
  quarantinedSince,
  quarantineRows,
  recordSweep,
  resolveQuarantine,
  resplitChat,
  writePosition,
} from '../load/index.ts';
import type { NewEvent } from '../model/index.ts';
import { appendEvents } from '../outbox/index.ts';
import { SqliteError } from '../sqlite/index.ts';
import { messageStateSql } from '../transform/index.ts';
import { Findings } from './compare-rows.ts';
import type { RestartReason } from './continuity.ts';
import { findOnWake, type Recent } from './find-on-wake.ts';
import { HISTORICAL_AFTER_MS } from './live.limits.ts';
import { eventsOf, resplitEvents } from './live-events.ts';
import { nobodyChanged, type PeopleChange } from './live-people.ts';
import type { LiveSource } from './live-source.ts';
import { messageColumns } from './slice-copier.ts';
import { APPLE } from './source-run.ts';
import { Sweep } from './sweep.ts';
import { TouchedRows } from './touched-rows.ts';

export type Mode = 'catching-up' | 'live';

/** What one batch came to. `more`: there is more to read at once. `position`: that of its last event, if it had one. */
export type StepResult =
  | { kind: 'done'; more: boolean; rows: number; position: number | null }
  | { kind: 'restart'; reason: RestartReason };

export type FollowerOptions = { gapMs: number; mirrorDeletes: boolean; clock: Clock };

type Work = {
  rows: Set<number>;
  attachments: Set<number>;
  vanished: { messages: number[]; reactions: number[] };
  /** The position once this is done; null: as it was. */
  position: LiveSource['position'] | null;
  more: boolean;
  /** Chats may have got other names or members. */
  hasGroupEvents: boolean;
};

/** Results of SQLite (sqlite.org/rescode.html) that are about a row, not about the disk or another program. */
const ROW_ERRORS = [18, 19, 20];

/**
 * Follows one opening of a source, batch by batch. Every batch is one transaction: rows, conversations, position and
 * events are there together or not at all, so a crash can only repeat work and never skip it. Nothing here waits: who
 * calls decides when.
 */
export class Follower {
  readonly #source: LiveSource;
  readonly #options: FollowerOptions;
  readonly #sweep: Sweep;
  #recent: Recent = new Map();
  readonly #touched = new TouchedRows();
  #mayHaveMissed = true;
  /** Whether the people and chats in memory are those of the store: not before they are loaded, nor after a rollback. */
  #isLoaded = false;
  #wantsContacts = false;
  rowsRead = 0;

  constructor(source: LiveSource, options: FollowerOptions) {
    this.#source = source;
    this.#options = options;
    this.#sweep = new Sweep(source);
  }

  /** Loads people and chats: once, before anything else. After a rollback the next batch does so by itself. */
  load(): number | null {
    const { db } = this.#source;
    const position = db.transaction(() => {
      const nowMs = this.#options.clock.now();
      const people = this.#source.people.load(nowMs);
      return appendEvents(db, nowMs, [...eventsOf(people, null, []), ...this.#resplitUnited(people)]);
    });
    this.#isLoaded = true;
    return position;
  }

  /** Takes over what has changed where changes are likely: one bounded batch. */
  step(mode: Mode): StepResult {
    // Before the snapshot: what is read of the log is in it, and what comes later is found next time.
    this.#touched.add(this.#source.log.read());
    let more = true;
    const result = this.#run(mode, () => {
      const found = findOnWake(this.#source, this.#recent, this.#touched, mode);
      this.#recent = found.recent;
      more = found.more;
      return found;
    });
    if (more) return result;
    this.#mayHaveMissed ||= !this.#touched.isComplete;
    this.#touched.clear();
    return result;
  }

  /** Old rows may have changed without the log telling which: a sweep is wanted at once, and not in its turn. */
  get mayHaveMissed(): boolean {
    return this.#mayHaveMissed;
  }

  /** Chats may have been renamed since the names were last read: the next step looks, once enough time has passed. */
  get hasPutOff(): boolean {
    return this.#source.people.isStale;
  }

  /** Compares the next slice of everything, and takes over what it finds. Answers true when the sweep is at its end. */
  sweepSlice(mode: Mode): { result: StepResult; done: boolean } {
    let done = false;
    // What is missed from now on is the next one's.
    if (this.#sweep.isAtStart) this.#mayHaveMissed = false;
    const result = this.#run(mode, () => {
      const findings = new Findings();
      done = this.#sweep.next(findings);
      return workOf(findings);
    });
    if (result.kind === 'done') this.#sweep.advance();
    if (done) recordSweep(this.#source.db, this.#source.sourceId, this.#options.clock.now());
    return { result, done };
  }

  /** Whether somebody wrote, since this was asked last, whom no card names: a look at the address books may help. */
  takeWantsContacts(): boolean {
    const wants = this.#wantsContacts;
    this.#wantsContacts = false;
    return wants;
  }

  /** Contacts were settled by another on the writer's connection: who stands for whom in memory follows. */
  contactsChanged(changes: ContactChanges): void {
    if (this.#isLoaded) this.#source.people.moveContacts(changes);
  }

  get sourceId(): number {
    return this.#source.sourceId;
  }

  get sweepSlices(): number {
    return this.#sweep.slices;
  }

  /** Reads single rows again: what was in quarantine. */
  retry(rowids: readonly number[]): StepResult {
    return this.#run('catching-up', () => ({ ...workOf(new Findings()), rows: new Set(rowids) }));
  }

  #run(mode: Mode, find: () => Work): StepResult {
    let work: Work | null = null;
    try {
      return this.#batch(mode, () => {
        work = find();
        return work;
      });
    } catch (error) {
      this.#recent = new Map();
      if (work === null || !isRowError(error)) throw error;
      return this.#isolate(mode, work);
    }
  }

  /** One transaction. Nothing is written where nothing was found. */
  #batch(mode: Mode, find: () => Work): StepResult {
    const source = this.#source;
    const { db } = source;
    db.exec('BEGIN IMMEDIATE');
    try {
      const continuity = source.checkContinuity('quick');
      if (continuity.kind === 'restart') {
        db.exec('ROLLBACK');
        return continuity;
      }
      const nowMs = this.#options.clock.now();
      const loaded = this.#isLoaded ? null : source.people.load(nowMs);
      const work = find();
      const people = loaded ?? source.people.refresh(nowMs, work.hasGroupEvents);
      const events = this.#apply(mode, work, people, nowMs);
      const position = appendEvents(db, nowMs, events);
      if (work.position !== null) writePosition(db, source.sourceId, work.position, nowMs);
      db.exec('COMMIT');
      this.#isLoaded = true;
      if (work.position !== null) source.position = work.position;
      source.renewAnchors(work.rows.size);
      this.rowsRead += work.rows.size;
      return { kind: 'done', more: work.more, rows: work.rows.size, position };
    } catch (error) {
      // What is in memory may tell of what is rolled back; it is loaded, and told of, with what commits next.
      this.#isLoaded = false;
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  #apply(mode: Mode, work: Work, people: PeopleChange, nowMs: number): NewEvent[] {
    const source = this.#source;
    const { db, sourceId } = source;
    const resplit = this.#resplitUnited(people);
    if (work.rows.size + work.attachments.size + work.vanished.messages.length + work.vanished.reactions.length === 0) {
      return [...eventsOf(people, null, []), ...resplit];
    }
    const twins = source.takeLateTwins(work.vanished.messages);
    const misfits = source.rows.stage(
      [...work.rows, ...twins.rows],
      work.attachments,
      source.comparison.recentlyDeleted(),
      nowMs,
    );
    const applied = applyBatch(db, {
      sourceId,
      vanished: { ...work.vanished, messages: [...work.vanished.messages, ...this.#orphaned(misfits)] },
      removals: twins.removals,
      historicalBeforeMs: mode === 'live' ? nowMs - HISTORICAL_AFTER_MS : null,
      mirrorDeletes: this.#options.mirrorDeletes,
      moment: { gapMs: this.#options.gapMs, nowMs },
    });
    if (mode === 'live') this.#wantsContacts ||= source.people.metStrangers(nowMs);
    applied.deleted.push(...twins.aliases.map((alias) => ({ ...alias, removed: true })));
    const quarantined = this.#quarantine(misfits, nowMs);
    return [...eventsOf(people, applied, quarantined), ...resplit];
  }

  /** Messages of ours whose rows are in no chat any more: for whoever looks at Messages, they are gone. */
  #orphaned(misfits: ReadonlyMap<QuarantineReason, readonly Misfit[]>): number[] {
    const { db, sourceId } = this.#source;
    const held = 'SELECT id FROM messages WHERE source_id = ? AND source_rowid = ? AND deleted_at IS NULL';
    return (misfits.get('no_chat') ?? []).flatMap(({ rowid }) => db.value<number>(held, sourceId, rowid) ?? []);
  }

  /** What could be placed leaves quarantine; what does not fit enters it. Answers what has newly been given up on. */
  #quarantine(misfits: ReadonlyMap<QuarantineReason, readonly Misfit[]>, nowMs: number): QuarantineEntry[] {
    const { db, sourceId, schema } = this.#source;
    resolveQuarantine(db, sourceId);
    if (misfits.size === 0) return [];
    const seen = new Set(quarantinedSince(db, sourceId, new Set()).map((entry) => entry.id));
    for (const [reason, rows] of misfits) {
      // However old its date: iCloud brings old messages, and their chats a moment later.
      const held = reason === 'no_chat' ? rows.map(({ rowid }) => ({ rowid, held: true })) : rows;
      quarantineRows(db, held, {
        sourceId,
        schema: APPLE,
        body: messageColumns(schema)('attributedBody'),
        state: messageStateSql(messageColumns(schema)),
        reason,
        nowMs,
      });
    }
    return quarantinedSince(db, sourceId, seen);
  }

  #resplitUnited({ united }: Pick<PeopleChange, 'united'>): NewEvent[] {
    const { db } = this.#source;
    const moment = { gapMs: this.#options.gapMs, nowMs: this.#options.clock.now() };
    for (const chat of united) resplitChat(db, chat, moment);
    return resplitEvents(united);
  }

  /** One bad row must not stop the rest: the batch is halved until it is alone, and then it is put aside. */
  #isolate(mode: Mode, work: Work): StepResult {
    const parts = halves(work);
    if (parts === null) return this.#putAside(work);
    let position: number | null = null;
    for (const one of parts) {
      const result = this.#run(mode, () => one);
      if (result.kind === 'restart') return result;
      position = result.position ?? position;
    }
    // Only when all of it has been dealt with may the position move on.
    return this.#advance(work, work.rows.size, position);
  }

  /** What has vanished, or is an attachment, has no place in quarantine: it is left as it is, and a sweep finds it again. */
  #putAside(work: Work): StepResult {
    const { db, sourceId, schema } = this.#source;
    const nowMs = this.#options.clock.now();
    const position = db.transaction(() => {
      const seen = new Set(quarantinedSince(db, sourceId, new Set()).map((entry) => entry.id));
      quarantineRows(
        db,
        [...work.rows].map((rowid) => ({ rowid })),
        {
          sourceId,
          schema: APPLE,
          body: messageColumns(schema)('attributedBody'),
          state: messageStateSql(messageColumns(schema)),
          reason: 'row_unreadable',
          nowMs,
        },
      );
      return appendEvents(db, nowMs, eventsOf(nobodyChanged(), null, quarantinedSince(db, sourceId, seen)));
    });
    return this.#advance(work, work.rows.size, position);
  }

  #advance(work: Work, rows: number, position: number | null): StepResult {
    const { position: reached } = work;
    if (reached !== null) {
      const { db, sourceId } = this.#source;
      db.transaction(() => writePosition(db, sourceId, reached, this.#options.clock.now()));
      this.#source.position = reached;
    }
    return { kind: 'done', more: work.more, rows, position };
  }
}

function workOf(findings: Findings): Work {
  return {
    rows: findings.rows,
    attachments: findings.attachments,
    vanished: { messages: [...findings.vanishedMessages], reactions: [...findings.vanishedReactions] },
    position: null,
    more: false,
    hasGroupEvents: false,
  };
}

/** Two halves; null where one thing alone is left. What has vanished comes first: it may have come again as a new row. */
function halves({ rows, attachments, vanished, more }: Work): [Work, Work] | null {
  const count = vanished.messages.length + vanished.reactions.length + rows.size + attachments.size;
  if (count <= 1) return null;
  const middle = Math.ceil(count / 2);
  const part = (isIn: (at: number) => boolean): Work => {
    let at = 0;
    const some = (things: Iterable<number>) => [...things].filter(() => isIn(at++));
    return {
      vanished: { messages: some(vanished.messages), reactions: some(vanished.reactions) },
      rows: new Set(some(rows)),
      attachments: new Set(some(attachments)),
      ...{ position: null, more, hasGroupEvents: false },
    };
  };
  return [part((at) => at < middle), part((at) => at >= middle)];
}

function isRowError(error: unknown): boolean {
  if (error instanceof SqliteError) return ROW_ERRORS.includes(error.code);
  if (error instanceof InvariantError || error instanceof TypeError || error instanceof RangeError) return true;
  return (error as { code?: unknown }).code === 'ERR_OUT_OF_RANGE';
}
