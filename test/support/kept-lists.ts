import { KeptChats, StoreReader } from '../../src/api/index.ts';
import { chatList } from '../../src/store/index.ts';

const FIRST = { limit: 100, after: null, query: null };

/**
 * Asks for the lists of chats again and again, as the server does, and tells where one that was kept, and renewed by what
 * events named, is not what the store says.
 */
export class KeptLists implements Disposable {
  readonly #reader: StoreReader;
  readonly #kept = new KeptChats();

  constructor(store: string) {
    this.#reader = new StoreReader(store);
    this.look();
  }

  /** Faults, in words without text or addresses. */
  look(): string[] {
    return this.#reader.read((db) =>
      [false, true].flatMap((unified) => {
        const kept = chatList(db, { ...FIRST, unified }, this.#kept);
        const anew = chatList(db, { ...FIRST, unified });
        if (JSON.stringify(kept) === JSON.stringify(anew)) return [];
        const at = anew.items.findIndex((item, index) => JSON.stringify(item) !== JSON.stringify(kept.items[index]));
        const [now, before] = [anew.items[at], kept.items[at]];
        const fields = Object.keys(now ?? {}).filter(
          (field) =>
            JSON.stringify(now?.[field as keyof typeof now]) !== JSON.stringify(before?.[field as keyof typeof before]),
        );
        return [`the list of chats (unified: ${unified}) is behind in row ${at}: ${fields.join(', ')}`];
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
