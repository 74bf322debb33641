import type { Database } from '../sqlite/index.ts';

/**
 * Writes which message has which attachments, by row ids of the source: as the body orders them, then as they came.
 * `joins` is what to read them from, with the alias j. `apple`: the name under which the source is attached.
 */
export class AttachmentJoiner {
  readonly #db: Database;
  readonly #apple: string;
  #order: ReadonlyMap<number, readonly string[]> = new Map();

  constructor(db: Database, apple: string) {
    this.#db = db;
    this.#apple = apple;
    db.function('body_place', (message: number, guid: string) => {
      const place = this.#order.get(message)?.indexOf(guid) ?? 0;
      return place < 0 ? Number.MAX_SAFE_INTEGER : place;
    });
  }

  insert(into: string, joins: string, order: ReadonlyMap<number, readonly string[]>): void {
    this.#order = order;
    this.#db.run(
      `INSERT INTO ${into} (message_id, position, attachment_id)
       SELECT message, row_number() OVER (PARTITION BY message ORDER BY place, attachment) - 1, attachment FROM (
         SELECT j.message_id AS message, a.ROWID AS attachment, body_place(j.message_id, CAST(a.guid AS TEXT)) AS place
         FROM ${joins} JOIN ${this.#apple}.attachment a ON a.ROWID = j.attachment_id
         WHERE a.guid IS NOT NULL AND chat_of(j.message_id) IS NOT NULL
           AND EXISTS (SELECT 1 FROM ${this.#apple}.message m WHERE m.ROWID = j.message_id))`,
    );
    this.#order = new Map();
  }
}
