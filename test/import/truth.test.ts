import { describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import type { MessageLine } from '../../src/model/index.ts';
import { GENERATIONS } from '../../src/simulator/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { sorted } from '../support/canonical-store.ts';
import { madeUpHistory, runImport } from '../support/fixture.ts';

describe.each(GENERATIONS)('a history of %s', (generation) => {
  it('is in the store exactly as it was written, and stays so when it is imported again', async () => {
    const fixture = madeUpHistory({ generation, truth: true, addressBook: true });
    const truth = must(fixture.history.truth, 'the truth was asked for');
    const addressBook = `${fixture.folder}/AddressBook`;
    const first = await runImport(fixture, { addressBook });
    expect(first.bulk).toBe(true);
    const before = lines(fixture.store);

    expect(before.messages.map(({ conversationId: _, ...line }) => line)).toEqual(sorted(truth.messages));
    expect(before.reactions).toEqual(sorted(truth.reactions));
    expect(before.attachments).toEqual(sorted(truth.attachments));
    expect(before.chats.map(({ name: _, ...chat }) => chat)).toEqual(
      sorted(truth.chats.map(({ name: _, ...chat }) => chat)),
    );
    expect(before.chats.filter((chat) => chat.kind === 'group').map((chat) => chat.name)).toEqual(
      sorted(truth.chats.filter((chat) => chat.kind === 'group')).map(
        (chat) => chat.name ?? memberNames(chat.participants, truth.contacts),
      ),
    );
    expect(partition(before.messages)).toEqual(truth.conversations.map((guids) => [...guids].sort()).sort(byFirst));
    const known = before.contacts.filter((contact) => contact.origin === 'address-book');
    const facts = ({ name, identifiers }: { name: string | null; identifiers: string[] }) => ({ name, identifiers });
    expect(sorted(known.filter((contact) => !contact.isMe).map(facts))).toEqual(
      sorted(truth.contacts.filter((contact) => !contact.isMe).map(facts)),
    );
    expect(first.quarantined).toBe(truth.orphans + truth.undecodable);

    const second = await runImport(fixture, { addressBook });
    expect(second.bulk).toBe(false);
    expect(lines(fixture.store)).toEqual(before);
  });
});

/** A group that nobody named bears the names of its members, those whom a card names first. */
function memberNames(
  participants: readonly string[],
  contacts: readonly { name: string | null; identifiers: string[] }[],
) {
  const nameOf = (address: string) => contacts.find(({ identifiers }) => identifiers.includes(address))?.name ?? null;
  const named = new Set(participants.flatMap((address) => nameOf(address) ?? []));
  const others = participants.filter((address) => nameOf(address) === null);
  return [...[...named].sort(compare), ...others.sort(compare)].join(', ');
}

function lines(store: string) {
  using db = openStoreForReading(store);
  return {
    messages: sorted([...exportLines(db, 'messages')]).sort((a, b) => compare(a.guid, b.guid)),
    reactions: sorted([...exportLines(db, 'reactions')]),
    attachments: sorted([...exportLines(db, 'attachments')]),
    chats: sorted([...exportLines(db, 'chats')]),
    contacts: [...exportLines(db, 'contacts')],
    conversations: [...exportLines(db, 'conversations')],
  };
}

function partition(messages: readonly MessageLine[]): string[][] {
  const groups = new Map<number, string[]>();
  for (const { conversationId, guid } of messages) {
    if (conversationId !== null) groups.set(conversationId, [...(groups.get(conversationId) ?? []), guid]);
  }
  return [...groups.values()].map((group) => group.sort()).sort(byFirst);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byFirst = (a: string[], b: string[]) => compare(a[0] ?? '', b[0] ?? '');
