import { Bell, ChatStatsError, pause } from '../kernel/index.ts';
import { type ContactDecision, decideContacts, type MergeResult } from './contact-decisions.ts';
import { ContactLookUp } from './contact-look-up.ts';
import { type ContactSyncOptions, type ContactSyncResult, syncContacts } from './contact-sync.ts';
import type { FollowOptions } from './follow-options.ts';
import type { Follower } from './follower.ts';
import type { LiveSource } from './live-source.ts';
import { mayPass, problemOf } from './passing-errors.ts';
import { WriterChanged } from './writer-turns.ts';

/** While the source is away there is no writer: the next look comes after this. */
const AGAIN_MS = 1_000;
const ATTEMPTS = 5;

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

  /** Something that the user decided; null while there is no writer, for the source is away. */
  async decide(decision: ContactDecision): Promise<MergeResult | null> {
    if (this.#followed.source() === null) return null;
    return await this.#persistently(() => this.#inOrder(() => decideContacts(this.#turns(), decision)));
  }

  /** A sync that somebody asked for; null while there is no writer, for the source is away. */
  async syncNow(): Promise<ContactSyncResult | null> {
    if (this.#followed.source() === null) return null;
    return await this.#persistently(() => this.sync(true));
  }

  /** A source that is opened anew in the middle of it makes it begin anew. */
  async #persistently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof WriterChanged)) throw error;
        if (attempt === ATTEMPTS) {
          throw new ChatStatsError('ENGINE_BUSY', 'the source is being opened again and again', { cause: error });
        }
        await pause(AGAIN_MS, this.#options.signal);
      }
    }
  }

  /** One sync. Throws what locating the address books throws. */
  async sync(force: boolean): Promise<ContactSyncResult> {
    const result = await this.#inOrder(() => syncContacts(this.#turns(), force));
    for (const problem of result.problems) this.#options.onProblem('ADDRESS_BOOK', problem);
    return result;
  }

  /** One after the other: each is made of many tasks. */
  async #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next;
    return await next;
  }

  #turns(): ContactSyncOptions {
    const { addressBook, clock, lanes } = this.#options;
    return {
      root: addressBook,
      clock,
      writer: () => this.#followed.source()?.db ?? null,
      inTurn: (task) => lanes.run('contacts', task),
      onCommitted: (position, changes) => {
        this.#followed.follower()?.contactsChanged(changes);
        this.#followed.committed(position);
      },
    };
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
