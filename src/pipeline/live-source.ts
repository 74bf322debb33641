import { SparseInts } from '../kernel/index.ts';
import {
  createStaging,
  findLateTwins,
  indexStaging,
  type Position,
  type Removal,
  readPosition,
  removeMessages,
} from '../load/index.ts';
import {
  dataVersion,
  isDamage,
  type MessagesFile,
  type MessagesSchema,
  probeSchema,
  WalReader,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForWriting, SMALL_CACHE_KIB } from '../store/index.ts';
import { RowContext } from '../transform/index.ts';
import { RowComparison } from './compare-rows.ts';
import { ContactLookUp } from './contact-look-up.ts';
import { type Anchor, type Continuity, checkContinuity, newestAnchors, spreadAnchors } from './continuity.ts';
import { LivePeople } from './live-people.ts';
import { LiveRows } from './live-rows.ts';
import type { PeopleOptions } from './lookups.ts';
import { APPLE, attachSource } from './source-run.ts';

export type LiveSourceOptions = {
  store: string;
  source: MessagesFile;
  sourceId: number;
  people: PeopleOptions;
  /** Kept from one opening to the next, where there is another. */
  lookUp?: ContactLookUp;
  mirrorDeletes: boolean;
};

/** The writer's cache, in KiB, and statements' own tables in memory: batches are small. */
const CACHE_KIB = 32_768;

/** The newest rows are looked for again after so many. */
const ANCHORS_EVERY_ROWS = 50;

/** Pages of the log before it is written back: what SQLite does unasked. */
const CHECKPOINT_PAGES = 1_000;

/**
 * One opening of a followed source: the writer's connection with Apple's file attached, and all that is known of it. It
 * is opened anew when the file has been replaced; what it holds in memory is loaded anew after a rollback.
 */
export class LiveSource implements Disposable {
  readonly db: Database;
  readonly schema: MessagesSchema;
  readonly sourceId: number;
  readonly people: LivePeople;
  readonly rows: LiveRows;
  readonly comparison: RowComparison;
  /** The log of Apple's file. */
  readonly log: WalReader;
  readonly #attached: Disposable;
  /** Rows spread over all: proof of a whole file. */
  readonly anchors: readonly Anchor[];
  #newest: Anchor[];
  #rowsSinceAnchors = 0;
  readonly #schemaVersion: unknown;
  #isClosed = false;
  position: Position;

  constructor(options: LiveSourceOptions) {
    const { sourceId } = options;
    this.sourceId = sourceId;
    this.db = openStoreForWriting(options.store, SMALL_CACHE_KIB);
    try {
      this.db.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_KIB}`);
      this.#attached = attachSource(this.db, options);
      // Opened after our own reading has made sure that there is one.
      this.schema = probeSchema(this.db, APPLE, options.source.path);
      const chats = new SparseInts();
      const context = new RowContext(chats);
      createStaging(this.db);
      indexStaging(this.db);
      const { people, lookUp = new ContactLookUp(people.addressBook) } = options;
      const { db, schema } = this;
      this.people = new LivePeople({ db, schema, context, people, sourceId, lookUp });
      this.rows = new LiveRows(this.db, this.schema, context, sourceId, this.people.chatOfRow, chats);
      this.comparison = new RowComparison(this.db, this.schema, sourceId, this.people.chatOfRow, options.mirrorDeletes);
      this.position = readPosition(this.db, sourceId);
      this.anchors = spreadAnchors(this.db, sourceId);
      this.#newest = newestAnchors(this.db, sourceId);
      this.#schemaVersion = this.#readSchemaVersion();
      this.log = new WalReader(options.source.path);
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** The counter of commits that others made to Apple's file; null when it cannot be asked. */
  version(): number | null {
    return dataVersion(this.db, APPLE);
  }

  /** On every wake the newest rows are asked for, on opening many. */
  checkContinuity(depth: 'quick' | 'full'): Continuity {
    // A system upgrade adds columns while we look: what was probed, and every fingerprint, is of the old ones.
    if (this.#readSchemaVersion() !== this.#schemaVersion) return { kind: 'restart', reason: 'schema_changed' };
    const anchors = depth === 'quick' ? this.#newest : this.anchors;
    return checkContinuity(this.db, this.schema, anchors, this.position.lastMessageRowid);
  }

  #readSchemaVersion(): unknown {
    return this.db.value(`PRAGMA ${APPLE}.schema_version`);
  }

  /** Whether what is committed here is written back from the log here, or by somebody else. */
  writeBack(isOn: boolean): void {
    this.db.exec(`PRAGMA wal_autocheckpoint = ${isOn ? CHECKPOINT_PAGES : 0}`);
  }

  /** After a batch of so many rows: newer ones prove more. */
  renewAnchors(rows: number): void {
    this.#rowsSinceAnchors += rows;
    if (this.#rowsSinceAnchors < ANCHORS_EVERY_ROWS) return;
    this.#rowsSinceAnchors = 0;
    this.#newest = newestAnchors(this.db, this.sourceId);
  }

  /** Look-ups that memory answered. */
  get caches(): Record<string, { lookUps: number; hitRate: number }> {
    const { lookUps, misses } = this.people;
    const { compared, differing } = this.comparison;
    return {
      people: rate(lookUps, misses),
      rows: rate(compared, differing),
    };
  }

  /** Messages that live on in a newcomer: it leaves the store, and its row is to be read again as theirs. */
  takeLateTwins(vanished: readonly number[]): {
    rows: number[];
    removals: Removal[];
    aliases: { guid: string; chat: number }[];
  } {
    const twins = findLateTwins(this.db, this.sourceId, APPLE, vanished);
    const removed = removeMessages(
      this.db,
      twins.map((twin) => twin.id),
    );
    return {
      rows: twins.map((twin) => twin.rowid),
      removals: removed.flatMap(({ id, conversation }) =>
        conversation === null ? [] : [{ message: id, conversation }],
      ),
      aliases: removed.map(({ guid, chat }) => ({ guid, chat })),
    };
  }

  /** Whatever fails, nothing stays open; done again, it does nothing. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.log[Symbol.dispose]();
    try {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      this.#attached[Symbol.dispose]();
    } catch (error) {
      // Letting go of a file reads it, should its schema not be known any more; one that is damaged goes with the connection.
      if (!isDamage(error)) throw error;
    } finally {
      this.db.close();
    }
  }
}

function rate(lookUps: number, misses: number): { lookUps: number; hitRate: number } {
  return { lookUps, hitRate: lookUps === 0 ? 0 : Number(((lookUps - misses) / lookUps).toFixed(4)) };
}
