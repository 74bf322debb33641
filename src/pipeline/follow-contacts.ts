import { Bell, ChatStatsError } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { Decision } from './contact-decisions.ts';
import { ContactLookUp } from './contact-look-up.ts';
import { type ContactSyncResult, syncContacts, WriterChanged } from './contact-sync.ts';
import type { FollowOptions } from './follow-options.ts';
import type { Follower } from './follower.ts';
import type { LiveSource } from './live-source.ts';
import { mayPass, problemOf } from './passing-errors.ts';

/** While the source is away there is no writer: the next look comes after this. */
const AGAIN_MS = 1_000;

type Followed = {
  source(): LiveSource | null;
  follower(): Follower | null;
  committed(position: number | null): void;
};

/**
 * Contacts, while a source is followed: brought up to date at once when following begins, then every so often, and
 * sooner when somebody writes whom no card names. An address book that cannot be read is told of and stops nothing.
 */
export class FollowContacts {
  readonly #options: FollowOptions;
  readonly #followed: Followed;
  readonly #bell = new Bell();
  readonly lookUp: ContactLookUp;
  /** Syncs one after the other: each is made of many tasks. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FollowOptions, followed: Followed) {
    this.#options = options;
    this.#followed = followed;
    this.lookUp = new ContactLookUp(options.addressBook);
  }

  /** Somebody wants a look sooner. */
  hurry(): void {
    this.#bell.ring();
  }

  async loop(): Promise<void> {
    const { signal, contactsMs } = this.#options;
    let force = true;
    while (!signal.aborted) {
      const isDone = await this.#attempt(force);
      if (isDone) force = false;
      await this.#bell.wait(isDone ? contactsMs : Math.min(contactsMs, AGAIN_MS), signal);
    }
  }

  /** Does something to contacts on the writer that is open, so that what is in memory follows; null when none is. */
  decide(decide: (db: Database) => Decision): Decision | null {
    const source = this.#followed.source();
    if (source === null) return null;
    const decision = decide(source.db);
    this.#followed.follower()?.contactsChanged(decision.changes);
    this.#followed.committed(decision.position);
    return decision;
  }

  /** One sync. Throws what locating the address books throws. */
  async sync(force: boolean): Promise<ContactSyncResult> {
    const { addressBook, clock, lanes } = this.#options;
    const run = async () =>
      await syncContacts(
        {
          root: addressBook,
          clock,
          writer: () => this.#followed.source()?.db ?? null,
          inTurn: (task) => lanes.run('contacts', task),
          onCommitted: (position, changes) => {
            this.#followed.follower()?.contactsChanged(changes);
            this.#followed.committed(position);
          },
        },
        force,
      );
    const next = this.#last.then(run, run);
    this.#last = next;
    const result = await next;
    for (const problem of result.problems) this.#options.onProblem('ADDRESS_BOOK', problem);
    return result;
  }

  /** False when it has to be tried again soon. */
  async #attempt(force: boolean): Promise<boolean> {
    try {
      await this.sync(force);
      return true;
    } catch (error) {
      if (this.#options.signal.aborted) return true;
      if (error instanceof WriterChanged) return false;
      if (!mayPass(error) && !(error instanceof ChatStatsError)) throw error;
      this.#options.onProblem(...problemOf(error, this.#options.source.path));
      return error instanceof ChatStatsError;
    }
  }
}
