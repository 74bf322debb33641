import { type ChatRow, type MessagesSchema, readHandles, readOwnAccounts } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Address, normaliseAddress, ownAddress, ownerRegion, parseRegion } from '../transform/index.ts';

/** The addresses of a source, each normalised once, by the region of its handle or else of the owner. */
export class SourceAddresses {
  readonly region: ReturnType<typeof ownerRegion>;
  /** The owner's own addresses. */
  readonly own: Address[];
  /** By row id of Apple's `handle`: the address as it was written, and normalised. */
  readonly handles: { rowid: number; raw: string; address: Address }[];
  readonly #known = new Map<string, Address>();

  constructor(
    db: Database,
    schema: MessagesSchema,
    chats: readonly ChatRow[],
    evidence: { region: string | null; locale: string | null },
  ) {
    const handles = readHandles(db, schema);
    const accounts = chats.flatMap((chat) => [chat.accountLogin, chat.lastAddressedHandle]);
    const ownRaw = [...accounts, ...readOwnAccounts(db, schema)]
      .map((raw) => ownAddress(raw ?? ''))
      .filter((raw) => raw !== '');
    this.region = ownerRegion({
      ownAddresses: ownRaw,
      handleCountries: handles.map((handle) => handle.country),
      locale: evidence.locale,
      override: evidence.region,
    });
    this.handles = handles.flatMap(({ rowid, id, country }) =>
      id === null || id === '' ? [] : [{ rowid, raw: id, address: this.normalise(id, country) }],
    );
    this.own = unique(ownRaw.map((raw) => this.normalise(raw)));
  }

  /** `country` is what Apple notes beside a handle; it may be missing, or nonsense. */
  normalise = (raw: string, country: string | null = null): Address => {
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    const address = normaliseAddress(raw, parseRegion(country) ?? this.region);
    this.#known.set(raw, address);
    return address;
  };
}

export function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [address.value, address])).values()];
}
