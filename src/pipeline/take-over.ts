import {
  type Applied,
  beginBatch,
  COMPARED,
  type Compared,
  lastStaged,
  type Moment,
  mergeMessages,
  mergeOthers,
  messagesWith,
  NewMessages,
  nothingApplied,
  reactionFacts,
  takeAway,
  updateAttachmentJoins,
} from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';
import { APPLE } from './source-run.ts';

/** Rows, and messages with attachments, that are looked up one by one. */
const STEP_ONE_BY_ONE = 250;

export type TakeOverOptions = {
  /** Rows of one step. */
  stepRows: number;
  /** Nobody else writes until everything is taken over. */
  isAlone: boolean;
  sourceId: number;
  mirrorDeletes: boolean;
  moment(): Moment;
  /** What a complete reading of the source did not find, by our ids. */
  unseen: ReadonlyMap<Compared, readonly number[]>;
  /** The highest row id of a message. */
  lastRowid: number;
  /** See `BatchOptions`. */
  tell: ((applied: Applied) => void) | null;
};

/** What was changed so far. */
export type TakenOver = {
  inserted: number;
  updated: number;
  conversations: number;
  reactions: number;
  attachments: number;
};

/**
 * All that a later import takes over, step by step: each is part of a transaction, and leaves the store whole. Answers
 * of each step how many rows it was about.
 */
export class TakeOver {
  readonly #db: Database;
  readonly #options: TakeOverOptions;
  readonly #fresh: NewMessages;
  readonly #twins = new Set<number>();
  /** Messages with a higher id have come with this import. */
  readonly #lastKnown: number;
  readonly changes: TakenOver = { inserted: 0, updated: 0, conversations: 0, reactions: 0, attachments: 0 };
  readonly total: number;

  constructor(db: Database, options: TakeOverOptions) {
    this.#db = db;
    this.#options = options;
    this.#fresh = new NewMessages(db);
    this.#lastKnown = db.value<number>('SELECT max(id) FROM main.messages') ?? 0;
    const staged = (['messages', 'reactions', 'poll_votes', 'attachments'] as const).map((table) =>
      lastStaged(db, table),
    );
    this.total = staged.reduce((sum, rows) => sum + rows, 0);
  }

  *steps(): Generator<number, void> {
    for (const range of this.#ranges('messages')) {
      const rows = beginBatch(this.#db, 'messages', ...range);
      if (rows > 0) this.#messages();
      yield rows;
    }
    yield* this.#unseen('messages');
    for (const table of COMPARED) {
      if (table === 'messages') continue;
      for (const range of this.#ranges(table)) {
        const rows = beginBatch(this.#db, table, ...range);
        const changed = rows === 0 ? 0 : mergeOthers(this.#db, table, this.#batch);
        this.changes[table === 'attachments' ? 'attachments' : 'reactions'] += changed;
        yield rows;
      }
      beginBatch(this.#db, table, 0, 0);
      yield* this.#unseen(table);
    }
    yield* this.#joins();
  }

  get #batch() {
    const { sourceId, moment, isAlone: found, tell } = this.#options;
    return { sourceId, apple: APPLE, moment: moment(), fresh: this.#fresh, twins: this.#twins, found, tell };
  }

  #messages(): void {
    const { inserted, updated, conversations } = mergeMessages(this.#db, this.#batch);
    this.changes.inserted += inserted;
    this.changes.updated += updated;
    this.changes.conversations += conversations;
  }

  *#ranges(table: Compared): Generator<[number, number]> {
    const { stepRows } = this.#options;
    const last = lastStaged(this.#db, table);
    for (let from = 1; from <= last; from += stepRows) yield [from, from + stepRows - 1];
  }

  *#unseen(table: Compared): Generator<number, void> {
    const { sourceId, mirrorDeletes, moment, unseen } = this.#options;
    const all = unseen.get(table) ?? [];
    for (let at = 0; at < all.length; at += STEP_ONE_BY_ONE) {
      const ids = all.slice(at, at + STEP_ONE_BY_ONE);
      const taken = takeAway(this.#db, table, { sourceId, ids, mirrorDeletes, moment: moment() });
      this.changes.updated += taken.deleted.length;
      this.changes.reactions += taken.reactions.changed;
      this.#tell({
        deleted: taken.deleted,
        conversations: taken.conversations,
        reactionsAdded: reactionFacts(this.#db, taken.reactions.added),
        reactionsEnded: reactionFacts(this.#db, taken.reactions.ended),
      });
      yield ids.length;
    }
  }

  /** Lists of attachments, once both sides are in the store. */
  *#joins(): Generator<number, void> {
    for (const [from, to] of joinRanges(this.#db, this.#options.lastRowid)) {
      const changed = updateAttachmentJoins(this.#db, { from, to }).filter((id) => id <= this.#lastKnown);
      if (this.#options.tell !== null) this.#tell({ updated: messagesWith(this.#db, changed, 'attachments') });
      yield 0;
    }
  }

  #tell(parts: Partial<Applied>): void {
    this.#options.tell?.({ ...nothingApplied(), ...parts });
  }
}

/** Ranges of row ids of messages with so many attachments each. */
function* joinRanges(db: Database, lastRowid: number): Generator<[number, number]> {
  let from = Number.MIN_SAFE_INTEGER;
  while (from <= lastRowid) {
    const to =
      db.value<number>(
        `SELECT message_id FROM temp.staged_message_attachments WHERE message_id >= ? ORDER BY message_id
         LIMIT 1 OFFSET ${STEP_ONE_BY_ONE}`,
        from,
      ) ?? Number.MAX_SAFE_INTEGER;
    yield [from, to];
    from = to + 1;
  }
}
