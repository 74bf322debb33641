import { ChatStatsError } from '../kernel/index.ts';
import { resolveAliases } from '../load/index.ts';
import { dataVersion } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { SourceRun } from './source-run.ts';

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

  /** Brings what is staged up to date. Throws `ChatsUnited` where only staging it anew could. */
  renew(): void {
    const version = dataVersion(this.#db, 'main');
    if (version === this.#version) return;
    this.#version = version;
    this.#renewSenders();
    const aliases = this.#db.value<number>('SELECT count(*) FROM main.message_aliases') ?? 0;
    if (aliases !== this.#aliases) resolveAliases(this.#db);
    this.#aliases = aliases;
    const gone = this.#db.value(
      'SELECT 1 FROM json_each(?) c WHERE NOT EXISTS (SELECT 1 FROM main.chats h WHERE h.id = c.value) LIMIT 1',
      JSON.stringify(this.#chats),
    );
    if (gone !== null) throw new ChatsUnited();
  }

  #renewSenders(): void {
    const now = new Map(
      this.#db
        .all<{ handle: number; contact: number }>('SELECT id AS handle, contact_id AS contact FROM main.handles')
        .map(({ handle, contact }) => [handle, contact]),
    );
    for (const [handle, contact] of this.#contacts) {
      const current = now.get(handle);
      if (current === undefined || current === contact) continue;
      this.#setSender(current, 'is_from_me = 0 AND handle_id = ?', handle);
      this.#contacts.set(handle, current);
    }
    const me = this.#db.value<number>('SELECT id FROM main.contacts WHERE is_me = 1');
    if (me === null || me === this.#me) return;
    this.#setSender(me, 'is_from_me <> 0 AND sender_id = ?', this.#me);
    this.#me = me;
  }

  #setSender(contact: number, where: string, param: number): void {
    for (const table of ['messages', 'reactions']) {
      this.#db.run(`UPDATE temp.staged_${table} SET sender_id = ? WHERE ${where}`, contact, param);
    }
  }
}

/** Chats that rows were staged for are no more. Nothing was lost: the import begins again, and finds less to do. */
export class ChatsUnited extends ChatStatsError {
  constructor() {
    super('ENGINE_BUSY', 'chats were united while the source was read; import it again');
  }
}
