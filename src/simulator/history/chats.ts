import type { MessagesDatabase } from '../database.ts';
import { fictionalPhone, type Person } from '../people.ts';
import type { Random } from '../random.ts';
import { pickLanguage } from '../text/texts.ts';
import { address, type Handles } from './handles.ts';
import type { Address, Chat, ChatRecord } from './model.ts';

/** A row of `chat` to be: the service in its guid and what stands behind it. */
type RowPlan = { service: string; identifier: string };

type ChatPlan = {
  kind: 'direct' | 'group';
  members: Address[];
  rows: RowPlan[];
  /** The identifier of export lines. */
  identifier: string;
  name?: string | null;
  isSelf?: boolean;
  /** Its members are not in chat_handle_join: a group that was left, a chat that Messages forgot about. */
  hasNoHandles?: boolean;
  groupId?: string;
  /** How Messages knows that several rows are one group: an equal group_id, or (26 and later) chat_lookup. */
  unitedBy?: 'group_id' | 'chat_lookup';
  /** A direct chat that keeps the rows of its services on 26, too. */
  keepsRows?: boolean;
};

/** Makes rows of `chat` and its joins by the habits of the generation. */
export class ChatMaker {
  readonly chats: Chat[] = [];
  readonly #database: MessagesDatabase;
  readonly #random: Random;
  readonly #handles: Handles;

  constructor(database: MessagesDatabase, random: Random, handles: Handles) {
    this.#database = database;
    this.#random = random;
    this.#handles = handles;
  }

  /** A direct chat over these services: one row from 26 on, a row per service before. */
  direct(member: Address, services: readonly [string, ...string[]], options: { isSelf?: boolean } = {}): Chat {
    const rows = services.map((service) => ({ service, identifier: member.id }));
    return this.make({ kind: 'direct', members: [member], rows, identifier: member.normal, ...options });
  }

  group(members: Address[], service: string, name: string | null): Chat {
    const identifier = this.groupIdentifier();
    return this.make({ kind: 'group', members, rows: [{ service, identifier }], identifier, name });
  }

  groupIdentifier(): string {
    if (this.#random.chance(0.2)) return this.#random.uuid().replaceAll('-', '').toLowerCase();
    return `chat${this.#random.between(100_000_000, 999_999_999)}${this.#random.between(100_000_000, 999_999_999)}`;
  }

  make(plan: ChatPlan): Chat {
    const { anyService } = this.#database.facts;
    const groupId = plan.groupId ?? this.#random.uuid();
    // From 26 on a direct chat has one row for all services; groups that were separate rows stay so.
    const isMerged = anyService && plan.kind === 'direct' && plan.keepsRows !== true;
    const [first, ...others] = isMerged ? plan.rows.slice(0, 1) : plan.rows;
    if (first === undefined) throw new RangeError('a chat needs a row');
    const services = new Set<string>();
    const place = (row: RowPlan, prefix: string): ChatRecord => {
      const id = plan.unitedBy === 'chat_lookup' ? this.#random.uuid() : groupId;
      return this.#row(plan, row, prefix, id, services);
    };
    const rows: [ChatRecord, ...ChatRecord[]] = [
      place(first, anyService ? 'any' : first.service),
      ...others.map((row) => place(row, anyService && plan.kind === 'group' ? 'any' : row.service)),
    ];
    if (plan.unitedBy === 'chat_lookup') this.#addLookups(rows, groupId);
    const chat: Chat = {
      rows,
      identifier: plan.identifier,
      kind: plan.kind,
      name: plan.name ?? null,
      isSelf: plan.isSelf ?? false,
      members: plan.members,
      language: pickLanguage(this.#random),
      services,
      recent: [],
    };
    if (plan.hasNoHandles !== true) this.#joinHandles(chat);
    else chat.members = [];
    this.chats.push(chat);
    return chat;
  }

  #row(plan: ChatPlan, row: RowPlan, prefix: string, groupId: string, services: Set<string>): ChatRecord {
    const isGroup = plan.kind === 'group';
    const { anyService, level } = this.#database.facts;
    const { owner } = this.#handles;
    const saysAny = anyService && !isGroup && prefix === 'any' && this.#random.chance(0.3);
    if (!saysAny) services.add(row.service);
    const roomName = isGroup ? row.identifier : null;
    const noName = this.#random.chance(0.5) ? null : '';
    const rowId = this.#database.insertChat({
      ROWID: null,
      guid: `${prefix};${isGroup ? '+' : '-'};${row.identifier}`,
      style: isGroup ? 43 : 45,
      state: plan.hasNoHandles === true ? 0 : 3,
      account_id: owner.accountGuid,
      properties: null,
      chat_identifier: row.identifier,
      service_name: saysAny ? 'any' : row.service,
      room_name: roomName,
      account_login: owner.login,
      is_archived: 0,
      last_addressed_handle: this.#random.chance(0.9) ? owner.phone : null,
      display_name: plan.name ?? noName,
      group_id: isGroup || level > 2 ? groupId : null,
      is_filtered: this.#random.chance(0.85) ? 0 : this.#random.pick([1, 2, 4, 16, 32]),
      successful_query: 1,
      original_group_id: null,
      last_read_message_timestamp: 0,
      is_blackholed: 0,
    });
    return { rowId, service: row.service, identifier: row.identifier, roomName };
  }

  #joinHandles(chat: Chat): void {
    for (const record of chat.rows) {
      for (const member of chat.members) {
        this.#database.joinHandle(record.rowId, this.#handles.of(member, record.service));
      }
    }
  }

  /** 26 knows that rows are one group because one identifier leads to both, in different domains. */
  #addLookups(rows: readonly ChatRecord[], groupId: string): void {
    const domains = ['iMessageGroupID', 'SMSGroupID'];
    rows.forEach((row, index) => {
      this.#database.addLookup(groupId, domains[index] ?? `domain ${index}`, row.rowId);
      this.#database.addLookup(row.identifier, 'ChatIdentifier', row.rowId, 1);
    });
  }
}

/** Chats that are odd in one way each; every history has them. */
export function makeOddChats(
  maker: ChatMaker,
  random: Random,
  handles: Handles,
  people: readonly Person[],
  knowsLookup: boolean,
): Chat[] {
  const { owner } = handles;
  const phone = (serial: number) => fictionalPhone(6000 + serial * 6);
  const members = people.slice(0, 6).map((person) => address(person.phones[0] ?? person.emails[0] ?? ''));
  const [a, b, c, d] = members;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return [];
  const suffixed: Address = {
    id: `${phone(1)}(smsft)`,
    normal: phone(1),
    country: 'us',
    uncanonical: phone(1).slice(2),
  };
  const removed: Address = { ...address(phone(2)), id: `${phone(2)}(smsft_rm)` };
  const national: Address = { id: phone(3).slice(2), normal: phone(3), country: 'us', uncanonical: phone(3).slice(2) };
  const mail: Address = {
    id: 'Ana.Maria@Example.COM',
    normal: 'ana.maria@example.com',
    country: null,
    uncanonical: null,
  };
  const business = `urn:biz:${random.uuid().toLowerCase()}`;
  const sharedName = 'Weekend';
  const chats = [
    maker.direct(address(owner.phone), ['iMessage'], { isSelf: true }),
    maker.direct({ id: 'AMAZON', normal: 'AMAZON', country: null, uncanonical: null }, ['SMS']),
    maker.direct({ id: '22000', normal: '22000', country: 'us', uncanonical: '22000' }, ['SMS']),
    maker.direct(suffixed, ['SMS']),
    maker.direct(removed, ['SMS']),
    maker.direct(address(business), ['iMessage']),
    maker.direct(mail, ['iMessage']),
    maker.direct(national, ['SMS']),
    maker.direct(address(phone(4)), ['iMessage', 'SMS']),
    maker.direct(address(phone(5)), ['iMessage', 'RCS', 'SMS']),
    maker.direct(address(phone(6)), ['iMessage']),
    maker.direct(address('two.addresses@example.com'), ['iMessage']),
    maker.group([a, b, c], 'iMessage', sharedName),
    maker.group([b, c, d], 'iMessage', sharedName),
    maker.group([a, b, d], 'iMessage', 'Hiking 🥾'),
    maker.group([a, b, d], 'iMessage', 'Hiking, the other one'),
    maker.group([a, c], 'SMS', null),
  ];
  handles.unite([phone(6), 'two.addresses@example.com']);
  chats.push(unitedGroup(maker, [a, b, c, d], 'Family', 'group_id'));
  if (knowsLookup) chats.push(unitedGroup(maker, [a, c, d], 'Cousins', 'chat_lookup'));
  const split = phone(7);
  const rows = ['iMessage', 'SMS'].map((service) => ({ service, identifier: split }));
  chats.push(maker.make({ kind: 'direct', members: [address(split)], rows, identifier: split, keepsRows: true }));
  // Nobody is in it any more: only the owner's own messages are left.
  const forgotten = { service: 'SMS', identifier: phone(8) };
  chats.push(maker.make({ kind: 'direct', members: [], rows: [forgotten], identifier: phone(8), hasNoHandles: true }));
  leftGroup(maker, a);
  return chats;
}

/** A group without members and messages. */
function leftGroup(maker: ChatMaker, member: Address): void {
  const identifier = maker.groupIdentifier();
  const rows = [{ service: 'iMessage', identifier }];
  maker.make({ kind: 'group', members: [member], rows, identifier, name: 'Left long ago', hasNoHandles: true });
}

/** One group in two rows: Messages made a second one when it fell back to SMS. */
function unitedGroup(maker: ChatMaker, members: Address[], name: string, unitedBy: 'group_id' | 'chat_lookup'): Chat {
  const identifier = maker.groupIdentifier();
  const rows = [
    { service: 'iMessage', identifier },
    { service: 'SMS', identifier: maker.groupIdentifier() },
  ];
  return maker.make({ kind: 'group', members, rows, identifier, name, unitedBy });
}

const GROUP_NAMES = [
  'Book club',
  'Team',
  'Famille',
  '家族',
  'Reisegruppe 🏔️',
  'Roommates',
  'Kurs B',
  'بيت',
  'Football on Sundays',
];

/** The ordinary chats: direct ones over usual sets of services, and groups of three to nine. */
export function makeOrdinaryChats(
  maker: ChatMaker,
  random: Random,
  people: readonly Person[],
  count: number,
  level: number,
): Chat[] {
  const chats: Chat[] = [];
  const people2 = random.shuffle(people.slice(6));
  let next = 0;
  while (chats.length < count && next < people2.length) {
    if (random.chance(0.25)) {
      const members = new Map<string, Address>();
      const size = 2 + random.int(random.chance(0.2) ? 8 : 4);
      while (members.size < size) {
        const one = mainAddress(random.pick(people));
        members.set(one.normal, one);
      }
      const name = random.chance(0.6) ? `${random.pick(GROUP_NAMES)} ${random.int(90) + 10}` : null;
      chats.push(maker.group([...members.values()], random.chance(0.9) ? 'iMessage' : 'SMS', name));
      continue;
    }
    const person = people2[next];
    next += 1;
    if (person === undefined) continue;
    const isMail = person.phones.length === 0;
    chats.push(maker.direct(mainAddress(person), isMail ? ['iMessage'] : usualServices(random, level)));
  }
  return chats;
}

function usualServices(random: Random, level: number): [string, ...string[]] {
  const die = random.unit();
  if (die < 0.62) return ['iMessage'];
  if (die < 0.8) return ['SMS'];
  if (die < 0.94 || level < 6) return ['iMessage', 'SMS'];
  return die < 0.98 ? ['RCS'] : ['iMessage', 'RCS', 'SMS'];
}

export function mainAddress(person: Person): Address {
  return address(person.phones[0] ?? person.emails[0] ?? 'nobody@example.com');
}
