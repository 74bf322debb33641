import {
  type Destination,
  insertEdits,
  insertListedRows,
  insertRows,
  type Projection,
  type RowRange,
} from '../load/index.ts';
import type { MessagesSchema } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Columns, messageProjection, type RowContext, registerRowFunctions } from '../transform/index.ts';

/** Columns of Apple's `message` under the alias m. */
export function messageColumns(schema: MessagesSchema): Columns {
  return (name) => (name === 'ROWID' ? 'm.ROWID' : schema.column('m', 'message', name));
}

/** What was learned about messages beside their columns. */
export type SliceFindings = {
  /** The order of attachments, by message, where there is more than one. */
  attachmentOrder: Map<number, string[]>;
  undecodable: number[];
};

/** Copies messages of a source, a range of row ids at a time. Both threads of a large import use one of these. */
export class SliceCopier {
  readonly findings: SliceFindings = { attachmentOrder: new Map(), undecodable: [] };
  readonly #db: Database;
  readonly #destination: Pick<Destination, 'messages' | 'edits' | 'keepIds'>;
  readonly #projection: Projection;
  readonly #table: string;
  readonly #functions: ReturnType<typeof registerRowFunctions>;

  constructor(
    db: Database,
    schema: MessagesSchema,
    context: RowContext,
    sourceId: number,
    destination: Pick<Destination, 'messages' | 'edits' | 'keepIds'>,
  ) {
    this.#db = db;
    this.#destination = destination;
    this.#table = `${schema.name}.message`;
    this.#projection = messageProjection(messageColumns(schema), sourceId, context.meContact);
    this.#functions = registerRowFunctions(db, context);
  }

  copy(range: RowRange): void {
    const source = { table: this.#table, alias: 'm', where: PLACED, id: this.#destination.keepIds };
    insertRows(this.#db, this.#destination.messages, this.#projection, source, range);
    this.#takeFindings();
  }

  /** Copies the messages among the rows of a list. */
  copyListed(list: string): void {
    const source = { table: this.#table, alias: 'm', where: PLACED, list, id: this.#destination.keepIds };
    insertListedRows(this.#db, this.#destination.messages, this.#projection, source);
    this.#takeFindings();
  }

  #takeFindings(): void {
    const found = this.#functions.take();
    insertEdits(this.#db, this.#destination.edits, found.edits);
    for (const [rowid, order] of found.attachmentOrder) this.findings.attachmentOrder.set(rowid, order);
    this.findings.undecodable.push(...found.undecodable.keys());
  }
}

/** Only rows that become messages have a chat. */
const PLACED = 'chat_of(m.ROWID) IS NOT NULL';
