import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { openWritable } from '../../sqlite/index.ts';
import { Random } from '../random.ts';
import { IosBookRows } from './ios-rows.ts';
import { MacBookRows } from './macos-rows.ts';
import type { BookPenOptions, BookRows, PenCard, ValueKind } from './pen-types.ts';

/** Where the clock of a pen without one begins. */
const FIRST_ACT_MS = Date.UTC(2026, 10, 20);
const SECOND_MS = 1000;

/**
 * Opens a book to edit it as Contacts does, while others read it: every act is one transaction, and a book of macOS is in
 * WAL mode. The file is made, with the whole schema of its system, when it is not there; in one that is there, entities
 * are looked up by name.
 */
export function openBookPen(file: string, kind: 'macos' | 'ios', options: BookPenOptions = {}): BookPen {
  const isNew = !existsSync(file) || statSync(file).size === 0;
  mkdirSync(path.dirname(file), { recursive: true });
  const db = openWritable(file);
  const random = options.random ?? new Random(1);
  const rows =
    kind === 'macos'
      ? new MacBookRows(db, file, random, isNew ? (options.model ?? 'current') : null)
      : new IosBookRows(db, file, random, isNew);
  return new BookPen(rows, options.nowMs ?? secondAfterSecond());
}

function secondAfterSecond(): () => number {
  let nowMs = FIRST_ACT_MS;
  return () => {
    nowMs += SECOND_MS;
    return nowMs;
  };
}

/** Acts on the cards of one book. A card, or a value of one, that is not there is an error of the caller's, and thrown. */
export class BookPen {
  readonly #rows: BookRows;
  readonly #nowMs: () => number;

  constructor(rows: BookRows, nowMs: () => number) {
    this.#rows = rows;
    this.#nowMs = nowMs;
  }

  /** Makes a card and returns its identity: `uid`, or one as the system makes them. */
  addCard({ uid, ...content }: PenCard & { uid?: string }): string {
    return this.inOneCommit(() => {
      const identity = uid ?? this.#rows.newUid();
      if (this.#rows.findCard(identity) !== null) throw new Error('there is a card with this uid already');
      const card = this.#rows.insertCard(identity, this.#nowMs());
      this.#write(card, content);
      return identity;
    });
  }

  editCard(uid: string, changes: PenCard): void {
    this.#act(uid, (card) => this.#write(card, changes));
  }

  removeCard(uid: string): void {
    this.inOneCommit(() => {
      const card = this.#card(uid);
      if (this.#rows.me() === card) this.#rows.markMe(null);
      this.#rows.writePicture(card, 'image', null);
      this.#rows.writePicture(card, 'thumbnail', null);
      this.#replaceValues(card, 'phone', []);
      this.#replaceValues(card, 'email', []);
      this.#rows.deleteCard(card);
    });
  }

  /** Adds a number after the others of the card; one that is there is then there twice, as Contacts allows. */
  addPhone(uid: string, value: string): void {
    this.#act(uid, (card) => this.#rows.insertValue(card, 'phone', value));
  }

  /** Takes away the first number that is typed exactly so. */
  removePhone(uid: string, value: string): void {
    this.#act(uid, (card) => this.#removeValue(card, 'phone', value));
  }

  addEmail(uid: string, value: string): void {
    this.#act(uid, (card) => this.#rows.insertValue(card, 'email', value));
  }

  removeEmail(uid: string, value: string): void {
    this.#act(uid, (card) => this.#removeValue(card, 'email', value));
  }

  /** Takes a number from one card and gives it to another, in one transaction. */
  movePhone(from: string, to: string, value: string): void {
    this.inOneCommit(() => {
      this.removePhone(from, value);
      this.addPhone(to, value);
    });
  }

  /** Makes a card that of the owner, instead of any other; null: none is. */
  setMe(uid: string | null): void {
    this.inOneCommit(() => this.#rows.markMe(uid === null ? null : this.#card(uid)));
  }

  /** Several acts as one transaction: seen by others all at once, or not at all when `work` throws. */
  inOneCommit<T>(work: () => T): T {
    return this.#rows.db.isTransaction ? work() : this.#rows.db.transaction(work);
  }

  close(): void {
    this.#rows.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #act(uid: string, work: (card: number) => void): void {
    this.inOneCommit(() => {
      const card = this.#card(uid);
      work(card);
      this.#rows.touch(card, this.#nowMs());
    });
  }

  #card(uid: string): number {
    const card = this.#rows.findCard(uid);
    if (card === null) throw new Error('there is no card with this uid');
    return card;
  }

  #write(card: number, { phones, emails, isMe, image, thumbnail, ...texts }: PenCard): void {
    this.#rows.writeTexts(card, texts);
    if (phones !== undefined) this.#replaceValues(card, 'phone', phones);
    if (emails !== undefined) this.#replaceValues(card, 'email', emails);
    if (isMe === true) this.#rows.markMe(card);
    if (isMe === false && this.#rows.me() === card) this.#rows.markMe(null);
    if (image !== undefined) this.#rows.writePicture(card, 'image', image);
    if (thumbnail !== undefined) this.#rows.writePicture(card, 'thumbnail', thumbnail);
  }

  /** Rows at the beginning that say what they should stay; those after them are made anew, for their order. */
  #replaceValues(card: number, kind: ValueKind, values: readonly string[]): void {
    const old = this.#rows.values(card, kind);
    let kept = 0;
    while (kept < values.length && old[kept]?.value === values[kept]) kept += 1;
    for (const { row } of old.slice(kept)) this.#rows.deleteValue(row, kind);
    for (const value of values.slice(kept)) this.#rows.insertValue(card, kind, value);
  }

  #removeValue(card: number, kind: ValueKind, value: string): void {
    const found = this.#rows.values(card, kind).find((candidate) => candidate.value === value);
    if (found === undefined) throw new Error(`the card has no such ${kind}`);
    this.#rows.deleteValue(found.row, kind);
  }
}
