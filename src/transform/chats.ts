import type { ChatRow } from '../sources/messages/index.ts';
import type { Address } from './addresses.ts';

/** A row of Apple's `chat` table, as far as identity goes, with the addresses that take part. */
export type RawChat = Omit<ChatRow, 'accountLogin' | 'lastAddressedHandle'> & { participants: readonly string[] };

export type ChatIdentity = {
  kind: 'direct' | 'group';
  /** A direct chat's normalised address; a group's `chat_identifier` of its oldest row. */
  identifier: string;
  name: string | null;
  services: string[];
  participants: string[];
  /** Every name under which Apple knows this chat; a later import finds it by any of them. */
  aliases: string[];
  rowids: number[];
};

const STYLE_GROUP = 43;
const STYLE_DIRECT = 45;
const STYLE_ROOM = 35;
/** The service that macOS 26 writes where a chat row stands for all services. */
const ANY_SERVICE = 'any';

/**
 * Unites Apple's chat rows into chats. Direct: one chat for one address, over all services. Groups: by Apple's own
 * identity (`chat_identifier`, `group_id`, `chat_lookup`), never by name or members. Rows come in the order of ROWID.
 */
export function uniteChats(
  rows: readonly RawChat[],
  lookup: readonly { identifier: string; chat: number }[],
  normalise: (raw: string) => Address,
): ChatIdentity[] {
  const sets = new Sets();
  const aliasesOf = new Map<number, string[]>();
  const known = new Map<number, RawChat>();
  for (const row of rows) {
    known.set(row.rowid, row);
    aliasesOf.set(row.rowid, isGroup(row) ? groupAliases(row) : [`direct:${directAddress(row, normalise)}`]);
  }
  for (const { identifier, chat } of lookup) {
    const row = known.get(chat);
    if (row !== undefined && isGroup(row)) aliasesOf.get(chat)?.push(`group:${identifier}`);
  }
  for (const [rowid, aliases] of aliasesOf) for (const alias of aliases) sets.unite(rowid, alias);

  return sets.groups().map((rowids) =>
    describe(
      rowids.map((rowid) => known.get(rowid) as RawChat),
      aliasesOf,
      normalise,
    ),
  );
}

function describe(
  rows: RawChat[],
  aliasesOf: Map<number, string[]>,
  normalise: (raw: string) => Address,
): ChatIdentity {
  const [oldest] = rows as [RawChat, ...RawChat[]];
  const kind = isGroup(oldest) ? 'group' : 'direct';
  const identifier = kind === 'group' ? groupIdentifier(oldest) : directAddress(oldest, normalise);
  const participants = new Set(rows.flatMap((row) => row.participants.map((raw) => normalise(raw).value)));
  if (kind === 'direct' && participants.size === 0) participants.add(identifier);
  const services = new Set(
    rows.map((row) => row.serviceName ?? '').filter((name) => name !== '' && name !== ANY_SERVICE),
  );
  return {
    kind,
    identifier,
    name: kind === 'group' ? lastName(rows) : null,
    services: [...services].sort(),
    participants: [...participants].sort(),
    aliases: [...new Set(rows.flatMap((row) => aliasesOf.get(row.rowid) ?? []))].sort(),
    rowids: rows.map((row) => row.rowid),
  };
}

/** The name of the newest row that has one: Apple makes a new row when members change, and the name follows it. */
function lastName(rows: RawChat[]): string | null {
  return rows.findLast((row) => (row.displayName ?? '') !== '')?.displayName ?? null;
}

function isGroup(row: RawChat): boolean {
  if (row.style === STYLE_GROUP || row.style === STYLE_ROOM) return true;
  if (row.style === STYLE_DIRECT) return false;
  return row.guid?.includes(';+;') === true || (row.roomName ?? '') !== '';
}

function groupIdentifier(row: RawChat): string {
  return row.chatIdentifier || row.roomName || row.guid?.split(';').at(-1) || `row:${row.rowid}`;
}

function groupAliases(row: RawChat): string[] {
  const aliases = [`group:${groupIdentifier(row)}`];
  if (row.groupId !== null && row.groupId !== '') aliases.push(`group-id:${row.groupId}`);
  return aliases;
}

function directAddress(row: RawChat, normalise: (raw: string) => Address): string {
  const raw = row.chatIdentifier || row.guid?.split(';').slice(2).join(';') || row.participants[0];
  return raw === undefined || raw === '' ? `row:${row.rowid}` : normalise(raw).value;
}

/** Disjoint sets of row ids that share an alias, in the order of their smallest row id. */
class Sets {
  readonly #parent = new Map<number, number>();
  readonly #byAlias = new Map<string, number>();

  unite(rowid: number, alias: string): void {
    if (!this.#parent.has(rowid)) this.#parent.set(rowid, rowid);
    const other = this.#byAlias.get(alias);
    if (other === undefined) {
      this.#byAlias.set(alias, rowid);
      return;
    }
    const [a, b] = [this.#root(rowid), this.#root(other)];
    if (a !== b) this.#parent.set(Math.max(a, b), Math.min(a, b));
  }

  groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (const rowid of [...this.#parent.keys()].sort((a, b) => a - b)) {
      const root = this.#root(rowid);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [rowid]);
      else group.push(rowid);
    }
    return [...groups.values()];
  }

  #root(rowid: number): number {
    let root = rowid;
    while (true) {
      const parent = this.#parent.get(root) ?? root;
      if (parent === root) return root;
      root = parent;
    }
  }
}
