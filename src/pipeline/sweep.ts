import { endOfSlice } from '../sources/messages/index.ts';
import type { Findings } from './compare-rows.ts';
import { SWEEP_ROWS } from './live.limits.ts';
import type { LiveSource } from './live-source.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;
const FIRST = -EVERYTHING;

type Place = { table: 'message' | 'attachment'; from: number };

/**
 * Compares everything, slice by slice, so that no read transaction is long: the net under the comparison of the newest
 * rows. It finds changes of old rows, rows that are gone, and deletions that Apple's feeds have forgotten.
 */
export class Sweep {
  readonly #source: LiveSource;
  #place: Place = { table: 'message', from: FIRST };
  #after = this.#place;

  constructor(source: LiveSource) {
    this.#source = source;
  }

  get isAtStart(): boolean {
    return this.#place.table === 'message' && this.#place.from === FIRST;
  }

  /** About how many slices the whole takes. */
  get slices(): number {
    const { lastMessageRowid, lastAttachmentRowid } = this.#source.position;
    return 2 + Math.ceil(lastMessageRowid / SWEEP_ROWS) + Math.ceil(lastAttachmentRowid / SWEEP_ROWS);
  }

  /**
   * Compares one slice, the same one until `advance` says that what it found was taken over; true when it was the last,
   * and the next one begins anew.
   */
  next(findings: Findings): boolean {
    const { db, schema, comparison, position } = this.#source;
    const { table, from } = this.#place;
    const known = table === 'message' ? position.lastMessageRowid : position.lastAttachmentRowid;
    const end = schema.has(table) ? endOfSlice(db, schema, table, from, SWEEP_ROWS) : null;
    // Rows beyond where we have read are new, and not the sweep's business; rows that we hold and are gone are.
    const isLast = end === null || end >= known;
    const range = { from, to: isLast ? known : end };
    if (table === 'message') comparison.compareMessages([range], comparison.recentlyDeleted(), findings);
    else comparison.compareAttachments([{ from, to: isLast ? EVERYTHING : end }], findings);
    if (!isLast) this.#after = { table, from: range.to + 1 };
    else this.#after = { table: table === 'message' ? 'attachment' : 'message', from: FIRST };
    return isLast && table === 'attachment';
  }

  advance(): void {
    this.#place = this.#after;
  }
}
