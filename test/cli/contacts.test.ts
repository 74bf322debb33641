import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import type { ChatLine, ContactLine, MessageLine } from '../../src/model/index.ts';
import { type BookPen, openBookPen } from '../../src/simulator/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { SyncProcess } from '../support/sync-process.ts';
import { errorCode, jsonLines, Workplace } from './chatstats.ts';
import { guidOf, names, type Scene, scene } from './sync-scene.ts';

/** Short, so that a test need not wait for a minute. */
const SOON = ['--contacts-seconds', '0.2'];

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

type People = Scene & { book: string; pen: BookPen; follow(...more: string[]): SyncProcess };

/** A Messages and an address book that a process follows. */
function people(name: string): People {
  const s = scene(place, name);
  const book = place.file(name, 'AddressBook');
  mkdirSync(book);
  const pen = openBookPen(`${book}/AddressBook-v22.abcddb`, 'macos');
  const started: SyncProcess[] = [];
  return {
    ...s,
    ...{ book, pen },
    follow(...more) {
      const sync = new SyncProcess({ store: s.store, source: s.source, addressBook: book, more: [...SOON, ...more] });
      started.push(sync);
      return sync;
    },
    async [Symbol.asyncDispose]() {
      pen.close();
      for (const sync of started) if (!sync.hasEnded) await sync.stop('SIGKILL');
      await s[Symbol.asyncDispose]();
    },
  };
}

const read = <K extends 'contacts' | 'chats' | 'messages'>({ store }: { store: string }, kind: K) => {
  using db = openStoreForReading(store);
  return [...exportLines(db, kind)];
};
const contacts = (s: People) => read(s, 'contacts') as ContactLine[];
const nameOf = (s: People, address: string) =>
  contacts(s).find(({ identifiers }) => identifiers.includes(address))?.name ?? null;

/** Two people whom no card names, with their direct chats: those who wrote most. */
function unnamed(s: People): [string, string] {
  const said = new Map<string, number>();
  const direct = new Set(
    (read(s, 'chats') as ChatLine[]).filter(({ kind }) => kind === 'direct').map((c) => c.identifier),
  );
  for (const { sender } of read(s, 'messages') as MessageLine[]) {
    if (sender?.startsWith('+') && direct.has(sender)) said.set(sender, (said.get(sender) ?? 0) + 1);
  }
  const known = new Map(
    contacts(s).flatMap((contact) => contact.identifiers.map((value) => [value, contact] as const)),
  );
  const most = [...said.keys()].filter((address) => known.get(address)?.origin === 'placeholder');
  most.sort((a, b) => (said.get(b) ?? 0) - (said.get(a) ?? 0));
  return [must(most[0], 'somebody wrote'), must(most[1], 'somebody else wrote')];
}

describe('contacts, while sync goes on', () => {
  it('follow the cards as they are edited, and no message is lost meanwhile', async () => {
    await using s = people('edited');
    const sync = await s.follow().live();
    const [one, other] = unnamed(s);
    const uid = s.pen.addCard({ firstName: 'Anna', lastName: 'Archer', phones: [one] });
    await sync.until(() => nameOf(s, one) === 'Anna Archer', 'named her');
    expect((read(s, 'chats') as ChatLine[]).find(({ identifier }) => identifier === one)?.name).toBe('Anna Archer');
    const said: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      said.push(guidOf(await s.act({ act: 'say', text: `message ${at}` })));
      s.pen.editCard(uid, { lastName: `Archer ${at}` });
      if (at === 10) s.pen.addPhone(uid, other);
    }
    await sync.until(() => nameOf(s, one) === 'Anna Archer 19', 'followed the last name');
    expect(nameOf(s, other)).toBe('Anna Archer 19');
    expect(contacts(s).filter(({ name }) => name === 'Anna Archer 19')).toHaveLength(1);
    await sync.event('contact_merged', () => true);
    for (const guid of said) await sync.event('messages_synced', names(guid));
    const unified = jsonLines((await s.run('export', 'chats', '--unified')).stdout) as (ChatLine & {
      chats: string[];
    })[];
    expect(unified.find(({ chats }) => chats.includes(one))).toMatchObject({
      chats: [one, other].sort(),
      name: 'Anna Archer 19',
    });
    s.pen.removeCard(uid);
    await sync.until(() => nameOf(s, one) === one && nameOf(s, other) === other, 'let go of the name');
    const verify = await s.run('--json', 'verify', s.source, '--address-book', s.book);
    expect(JSON.parse(verify.stdout), verify.stderr).toMatchObject({ ok: true, differences: [] });
    expect((await sync.stop()).status).toBe(0);
  });

  it('are looked at as soon as sync starts, whatever happened to the cards while it was off', async () => {
    await using s = people('off');
    const rarely = ['--contacts-seconds', '3600'];
    await (await s.follow(...rarely).live()).stop();
    const [one] = unnamed(s);
    s.pen.addCard({ firstName: 'Anna', phones: [one] });
    const sync = await s.follow(...rarely).live();
    await sync.until(() => nameOf(s, one) === 'Anna', 'named her');
    await sync.stop();
    s.pen.addCard({ organization: 'Barnes', phones: [unnamed(s)[0]] });
    expect((await s.follow('--once').ended).status).toBe(0);
    expect(contacts(s).map(({ name }) => name)).toContain('Barnes');
  });

  it('are merged and taken apart by the process that follows, when another asks', async () => {
    await using s = people('merged');
    const sync = await s.follow().live();
    const [one, other] = unnamed(s);
    const before = contacts(s);
    const merged = JSON.parse((await s.run('--json', 'contacts', 'merge', one, other)).stdout) as {
      merge: number;
      from: number;
      into: number;
    };
    expect(
      contacts(s)
        .find(({ id }) => id === merged.into)
        ?.identifiers.sort(),
    ).toEqual([one, other].sort());
    const during = guidOf(await s.act({ act: 'say', text: 'meanwhile' }));
    await sync.event('messages_synced', names(during));
    const undone = await s.run('contacts', 'undo', String(merged.merge));
    expect(undone.status, undone.stderr).toBe(0);
    expect(contacts(s)).toEqual(before);
    using db = openStoreForReading(s.store);
    expect(
      db.value(
        'SELECT count(*) FROM messages m JOIN handles h ON h.id = m.handle_id WHERE m.sender_id <> h.contact_id',
      ),
    ).toBe(0);
    const again = await s.run('contacts', 'undo', String(merged.merge));
    expect([again.status, errorCode(again)]).toEqual([2, 'MERGE_NOT_FOUND']);
    const merges = JSON.parse((await s.run('--json', 'contacts', 'merges')).stdout) as { merges: object[] };
    expect(merges.merges).toMatchObject([{ ...{ id: merged.merge, reason: 'user', undoneBy: 'user' } }]);
  });
});

describe('contacts', () => {
  it('are listed, synced, reported and shown with their pictures, without anybody following', async () => {
    await using s = people('alone');
    const imported = await s.run('import', s.source, '--address-book', s.book);
    expect(imported.status, imported.stderr).toBe(0);
    const [one] = unnamed(s);
    const picture = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
    s.pen.addCard({ firstName: 'Anna', phones: [one], image: picture });
    s.pen.addCard({ organization: 'Firm', isCompany: true, phones: [one] });
    const synced = await s.run('--json', 'contacts', 'sync', '--address-book', s.book);
    expect(JSON.parse(synced.stdout), synced.stderr).toMatchObject({ books: 1, cards: 2, updated: 1, problems: [] });
    const list = JSON.parse((await s.run('--json', 'contacts')).stdout) as {
      contacts: (ContactLine & { messages: number })[];
    };
    const anna = must(
      list.contacts.find(({ name }) => name === 'Anna'),
      'she has a card',
    );
    expect(anna.messages).toBeGreaterThan(0);
    const conflicts = JSON.parse((await s.run('--json', 'contacts', 'conflicts')).stdout) as { conflicts: object[] };
    expect(conflicts.conflicts).toMatchObject([{ identifier: one }]);
    const none = await s.run('contacts', 'avatar', '999999');
    expect([none.status, errorCode(none)]).toEqual([2, 'CONTACT_NOT_FOUND']);
    expect((await s.run('contacts', 'avatar', String(anna.id))).status).toBe(0);
    const wrong = await s.run('contacts', 'merge', one);
    expect([wrong.status, errorCode(wrong)]).toEqual([2, 'USAGE']);
    const text = await s.run('contacts', 'list');
    expect(text.stdout).toContain(`${anna.id}  Anna  ${one}  card`);
  });
});
