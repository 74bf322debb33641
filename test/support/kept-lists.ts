import { KeptItems, StoreReader } from '../../src/api/index.ts';
import { chatList, timelinePage } from '../../src/store/index.ts';

const FIRST = { limit: 100, after: null, query: null };

/**
 * Asks for the lists of chats, and for the end of each, again and again, as the server does, and tells where one that was kept, and renewed by what
 * events named, is not what the store says.
 */
export class KeptLists implements Disposable {
  readonly #reader: StoreReader;
  readonly #kept = new KeptItems();

  constructor(store: string) {
    this.#reader = new StoreReader(store);
    this.look();
  }

  /** Faults, in words without text or addresses. */
  look(): string[] {
    return this.#reader.read((db) => [
      ...[false, true].flatMap((unified) =>
        difference(
          `the list of chats (unified: ${unified})`,
          chatList(db, { ...FIRST, unified }, this.#kept).items,
          chatList(db, { ...FIRST, unified }).items,
        ),
      ),
      ...db.all<{ id: number }>('SELECT id FROM chats').flatMap(({ id }) => {
        const page = { place: null, limit: 20 };
        const kept = timelinePage(db, [id], page, this.#kept.messages)?.items ?? [];
        return difference(`the timeline of chat ${id}`, kept, timelinePage(db, [id], page)?.items ?? []);
      }),
    ]);
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

function difference<Item extends object>(what: string, kept: readonly Item[], anew: readonly Item[]): string[] {
  const at = anew.findIndex((item, index) => JSON.stringify(item) !== JSON.stringify(kept[index]));
  if (at < 0) return anew.length === kept.length ? [] : [`${what} is longer than it should be`];
  const [now, before] = [anew[at], kept[at]];
  const fields = (Object.keys(now ?? {}) as (keyof Item)[]).filter(
    (field) => JSON.stringify(now?.[field]) !== JSON.stringify(before?.[field]),
  );
  return [`${what} is behind in row ${at}: ${fields.map(String).join(', ')}`];
}
