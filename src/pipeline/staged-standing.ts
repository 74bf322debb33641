import { meContact, resolveAliases } from '../load/index.ts';
import { dataVersionSeen } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { SourceRun } from './source-run.ts';
import { NotBeside } from './turns.ts';
import { contactsByHandle, isChatGone } from './who-is-there.ts';

/**
 * What staged rows say of the store was true when they were staged. Whoever follows another source may have changed it
 * since: an address stands for somebody else, a message is known by a further guid, chats have been united. Asked at
 * the beginning of every turn.
 */
export class StagedStanding {
  readonly #db: Database;
  readonly #chats: readonly number[];
  #version: number | null;
  #contacts: Map<number, number>;
  #me: number;
  #aliases: number;

  constructor(db: Database, run: SourceRun) {
    this.#db = db;
    this.#chats = [...new Set(run.lookUps.chatOfRow.values())];
    // Older than what the rows were staged by, so that the first turn looks at everything.
    this.#version = null;
    this.#contacts = new Map([...run.context.parties.values()].map(({ handle, contact }) => [handle, contact]));
    this.#me = run.context.meContact;
    this.#aliases = -1;
  }

  /** Brings what is staged up to date. Throws `NotBeside` where only staging it anew could. */
  renew(): void {
    const version = dataVersionSeen(this.#db, 'main');
    if (version === this.#version) return;
    this.#version = version;
    this.#renewSenders();
    const aliases = this.#db.value<number>('SELECT count(*) FROM main.message_aliases') ?? 0;
    if (aliases !== this.#aliases) resolveAliases(this.#db);
    this.#aliases = aliases;
    if (isChatGone(this.#db, this.#chats)) throw new NotBeside('chats were united while the source was read');
  }

  #renewSenders(): void {
    const now = contactsByHandle(this.#db);
    for (const [handle, contact] of this.#contacts) {
      const current = now.get(handle);
      if (current === undefined || current === contact) continue;
      this.#setSender(current, 'is_from_me = 0 AND handle_id = ?', handle);
      this.#contacts.set(handle, current);
    }
    const me = meContact(this.#db);
    if (me === this.#me) return;
    this.#setSender(me, 'is_from_me <> 0 AND sender_id = ?', this.#me);
    this.#me = me;
  }

  #setSender(contact: number, where: string, param: number): void {
    for (const table of ['messages', 'reactions']) {
      this.#db.run(`UPDATE temp.staged_${table} SET sender_id = ? WHERE ${where}`, contact, param);
    }
  }
}
