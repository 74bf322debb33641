import {
  type ChatRow,
  type HandleRow,
  type MessagesSchema,
  OwnAccounts,
  readChatHandles,
  readHandles,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type Address,
  byFrequency,
  isOwnAddress,
  normaliseAddress,
  normaliseInRegions,
  numberRegion,
  ownAddress,
  ownerRegion,
  parseRegion,
  type Region,
} from '../transform/index.ts';

/**
 * The addresses of a source, each normalised once. One written without a country is read by the country that Apple
 * notes beside its handle, else by the region of the own number to which its chats belong, where they agree, else by
 * the owner's region. One text is one address, wherever it stands, so that a chat and who writes in it stay together.
 */
export class SourceAddresses {
  /** The owner's: what the user said, else what the source and the machine tell; null when nothing does. */
  readonly region: Region | null;
  /** The owner's region, then those of further own numbers: the most used first. Empty when there is none. */
  readonly regions: readonly Region[];
  /** The owner's own addresses. */
  readonly own: Address[];
  /** By row id of Apple's `handle`: the address as it was written, and normalised. */
  readonly handles: { rowid: number; raw: string; address: Address }[];
  readonly #known = new Map<string, Address>();
  /** By text that needs one: the region by which it is read. */
  readonly #regionOf: ReadonlyMap<string, Region>;

  /**
   * `accounts` remembers what it has read, and belongs to who constructs this more than once for a source; without
   * it, every message is looked at.
   */
  constructor(
    db: Database,
    schema: MessagesSchema,
    chats: readonly ChatRow[],
    evidence: { region: string | null; locale: string | null },
    accounts: OwnAccounts = new OwnAccounts(db, schema),
  ) {
    const handles = readHandles(db, schema);
    const claims = accounts.read();
    const ofChats = chats.flatMap((chat) => [chat.accountLogin, chat.lastAddressedHandle]).map(ownText);
    const certain = [...new Set([...ofChats, ...[...claims.accounts, ...claims.received].map(ownText)])].filter(
      isPlausible,
    );
    const told = {
      ownAddresses: certain,
      handleCountries: handles.map((handle) => handle.country),
      locale: evidence.locale,
    };
    this.region = ownerRegion({ ...told, override: evidence.region });
    const hints = [this.region, ownerRegion({ ...told, override: null })];

    const numbers = new OwnNumbers(certain, hints);
    const { ownRegions } = numbers;
    this.regions = [
      ...new Set([
        ...(this.region === null ? [] : [this.region]),
        ...byFrequency([...ownRegions, ...ofChats.flatMap((text) => numbers.regionOf(text) ?? [])]),
      ]),
    ];
    // Who names a region that no own number has knows better than the numbers, for every chat.
    const isContradicted = evidence.region !== null && this.region !== null && !ownRegions.includes(this.region);
    this.#regionOf = readRegions(
      handles,
      isContradicted ? [] : chats,
      (chat) => numbers.regionOf(ownText(chat.lastAddressedHandle)) ?? numbers.regionOf(ownText(chat.accountLogin)),
      () => readChatHandles(db, schema),
    );
    this.handles = handles.flatMap(({ rowid, id }) =>
      id === null || id === '' ? [] : [{ rowid, raw: id, address: this.normalise(id) }],
    );
    const others = [
      ...this.handles.map(({ address }) => address),
      ...chats.flatMap((chat) => (chat.chatIdentifier ? [this.normalise(chat.chatIdentifier)] : [])),
    ];
    this.own = numbers.all(claims.sent.map(ownText).filter(isPlausible), others, this.regions);
  }

  normalise = (raw: string): Address => {
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    const address = normaliseAddress(raw, this.#regionOf.get(raw) ?? this.region);
    this.#known.set(raw, address);
    return address;
  };
}

export function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [address.value, address])).values()];
}

function ownText(raw: string | null): string {
  return ownAddress(raw ?? '');
}

function isPlausible(text: string): boolean {
  return isOwnAddress(normaliseAddress(text, null));
}

/** Own addresses as texts, and the regions of the numbers among them. */
class OwnNumbers {
  readonly #texts: readonly string[];
  readonly #regions = new Map<string, Region | null>();
  /** The region of each own number that is written with its country. */
  readonly ownRegions: readonly Region[];

  constructor(texts: readonly string[], hints: readonly (Region | null)[]) {
    this.#texts = texts;
    for (const text of this.#texts) this.#regions.set(text, numberRegion(normaliseAddress(text, null).value, hints));
    this.ownRegions = [...this.#regions.values()].filter((region) => region !== null);
  }

  regionOf(text: string): Region | null {
    return this.#regions.get(text) ?? null;
  }

  /** All of them normalised; `sent` are claims that count where they are not the address of others. */
  all(sent: readonly string[], others: readonly Address[], regions: readonly Region[]): Address[] {
    const own = unique(inRegions(this.#texts, regions, []));
    const taken = new Set(others.map(({ value }) => value));
    const further = inRegions(sent, regions, own).filter(({ value }) => !taken.has(value));
    return unique([...own, ...further]);
  }
}

/**
 * The same number may be there with its country and without ("5186537460" for SMS): a reading that gives one that is
 * known to be one's own is the right one.
 */
function inRegions(texts: readonly string[], regions: readonly Region[], known: readonly Address[]): Address[] {
  const addresses = new Map(known.map((address) => [address.value, address]));
  for (const text of texts) {
    const { value } = normaliseAddress(text, null);
    if (value.startsWith('+')) addresses.set(value, { value, kind: 'phone' });
  }
  return texts.map((text) => {
    const readings = regions.map((region) => normaliseAddress(text, region));
    return readings.find(({ value }) => addresses.has(value)) ?? normaliseInRegions(text, regions);
  });
}

/** By text of a handle or a direct chat that names no country: the region that the text's row, or else its chats, tell. */
function readRegions(
  handles: readonly HandleRow[],
  chats: readonly ChatRow[],
  regionOfChat: (chat: ChatRow) => Region | null,
  joins: () => readonly { chat: number; handle: number }[],
): Map<string, Region> {
  const ofRows = new Map<string, Region>();
  const textOf = new Map<number, string>();
  for (const { rowid, id, country } of handles) {
    if (id === null || !needsRegion(id)) continue;
    textOf.set(rowid, id);
    const region = parseRegion(country);
    if (region !== null && !ofRows.has(id)) ofRows.set(id, region);
  }
  const ofChats = new Map<string, Set<Region>>();
  const note = (text: string, region: Region) => {
    const known = ofChats.get(text);
    if (known === undefined) ofChats.set(text, new Set([region]));
    else known.add(region);
  };
  const chatRegions = new Map<number, Region>();
  for (const chat of chats) {
    const region = regionOfChat(chat);
    if (region === null) continue;
    chatRegions.set(chat.rowid, region);
    const text = chat.chatIdentifier || chat.guid?.split(';').slice(2).join(';') || '';
    if (needsRegion(text)) note(text, region);
  }
  for (const { chat, handle } of textOf.size === 0 ? [] : joins()) {
    const [text, region] = [textOf.get(handle), chatRegions.get(chat)];
    if (text !== undefined && region !== undefined) note(text, region);
  }
  const agreed = [...ofChats].flatMap(([text, [region, ...others]]): [string, Region][] =>
    region === undefined || others.length > 0 ? [] : [[text, region]],
  );
  return new Map([...agreed, ...ofRows]);
}

function needsRegion(text: string): boolean {
  const { value, kind } = normaliseAddress(text, null);
  return kind === 'phone' && !value.startsWith('+');
}
