import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/model/index.ts';
import { address, type BookPen, openBookPen } from '../../src/simulator/index.ts';
import { Database } from '../../src/sqlite/index.ts';
import { contactConflicts, exportLines, openStoreForReading } from '../../src/store/index.ts';
import { chatNames, contacts, named, say, scene, senderOf, stranger } from '../support/contacts-scene.ts';
import { effort } from '../support/effort.ts';
import { runImport } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { only, types } from '../support/followed-checks.ts';
import { ANN, BOB } from '../support/live-messages.ts';

const SECOND = 1_000;
const EVE = address('+14155550199');

afterEach(() => Database.watch(null));

describe('R31 an unknown sender', () => {
  it('is looked up before a placeholder is made', async () => {
    using s = await scene();
    s.book.addCard({ uid: 'EVE', firstName: 'Eve', lastName: 'Evans', phones: ['+1 415 555 0199'] });
    const { guid } = stranger(s.store, EVE);
    const events = s.store.wake();
    expect(senderOf(s.store, guid)).toBe('Eve Evans');
    expect(types(events).slice(0, 3)).toEqual(['contact_created', 'chat_created', 'messages_synced']);
    expect(only(events, 'contact_created')).toHaveLength(1);
    expect(chatNames(s.store)).toContain('Eve Evans');
    expect(contacts(s.store).filter(({ origin }) => origin === 'placeholder').length).toBe(1);
  });

  it('gets a placeholder otherwise, which gains its name and keeps its id when a card comes', async () => {
    using s = await scene();
    const { guid } = stranger(s.store, EVE);
    s.store.wake();
    const placeholder = named(s.store, EVE.id);
    expect(placeholder).toMatchObject({ origin: 'placeholder', identifiers: [EVE.id] });
    s.book.addCard({ uid: 'EVE', nickname: 'Evie', phones: ['415.555.0199'] });
    const events = await s.store.syncContacts();
    expect(only(events, 'contact_updated')).toMatchObject([
      { data: { contactId: placeholder?.id, changed: ['name', 'origin'] } },
    ]);
    expect(named(s.store, 'Evie')).toMatchObject({ id: placeholder?.id, origin: 'address-book' });
    expect(only(events, 'chat_updated')).toMatchObject([{ data: { changed: ['name'] } }]);
    expect(chatNames(s.store)).toContain('Evie');
    expect(senderOf(s.store, guid)).toBe('Evie');
  });

  it('L34 is looked up again, but not within a minute', async () => {
    using s = await scene();
    const clock = s.store.clock as unknown as { advance(ms: number): void };
    s.store.follower.takeWantsContacts();
    stranger(s.store, EVE);
    s.store.wake();
    const wants = () => s.store.follower.takeWantsContacts();
    expect(wants(), 'it was just looked up').toBe(false);
    clock.advance(59 * SECOND);
    stranger(s.store, EVE);
    s.store.wake();
    expect(wants()).toBe(false);
    clock.advance(2 * SECOND);
    stranger(s.store, EVE);
    s.store.wake();
    expect(wants(), 'the minute is over').toBe(true);
    stranger(s.store, EVE);
    s.store.wake();
    expect(wants()).toBe(false);
    // Whom a card names is no stranger.
    clock.advance(120 * SECOND);
    say(s.store, ANN);
    s.store.wake();
    expect(wants()).toBe(false);
  });
});

describe('R31 an address book', () => {
  it('L34 that changed in its -wal alone is read again, and one that did not is not', async () => {
    using s = await scene();
    await s.store.syncContacts();
    expect(s.store.synced).toMatchObject({ books: 0 });
    s.book.editCard('ANN', { lastName: 'Baker' });
    const events = await s.store.syncContacts();
    expect(s.store.synced).toMatchObject({ books: 1, cards: 1, updated: 1 });
    expect(types(events)).toEqual(['contact_updated', 'chat_updated', 'chat_updated'].slice(0, events.length));
    expect(chatNames(s.store)).toContain('Ann Baker');
    expect(await s.store.syncContacts()).toEqual([]);
    expect(s.store.synced).toMatchObject({ books: 0 });
  });

  it('that cannot be read keeps the names there are, and is read when it can be', async () => {
    using s = await scene();
    const before = contacts(s.store);
    s.book.close();
    const file = path.join(s.folder, 'AddressBook-v22.abcddb');
    rmSync(`${file}-wal`, { force: true });
    rmSync(`${file}-shm`, { force: true });
    writeFileSync(file, 'this is no database '.repeat(500));
    expect(await s.store.syncContacts(true)).toEqual([]);
    expect(s.store.synced?.problems).toEqual([`${file}: not a database, or encrypted`]);
    expect(contacts(s.store)).toEqual(before);
    rmSync(file);
    await expect(s.store.syncContacts(true)).rejects.toMatchObject({ code: 'ADDRESS_BOOK_NOT_FOUND' });
    expect(contacts(s.store)).toEqual(before);
    using again = openBookPen(file, 'macos');
    again.addCard({ uid: 'ANN', firstName: 'Anna', lastName: 'Archer', phones: ['(415) 555-0101'] });
    await s.store.syncContacts();
    expect(named(s.store, 'Anna Archer')?.id).toBe(before.find(({ name }) => name === 'Ann Archer')?.id);
  });

  it('L31 of a further account counts too, and takes its cards along when the account is removed', async () => {
    using s = await scene();
    const account = path.join(s.folder, 'Sources', '0B7A-11');
    mkdirSync(account, { recursive: true });
    const pen = openBookPen(path.join(account, 'AddressBook-v22.abcddb'), 'macos');
    pen.addCard({ uid: 'BOB', firstName: 'Bob', lastName: 'Barnes', phones: ['415-555-0102'] });
    const known = named(s.store, BOB.id);
    await s.store.syncContacts();
    expect(named(s.store, 'Bob Barnes')?.id).toBe(known?.id);
    pen.close();
    rmSync(path.join(s.folder, 'Sources'), { recursive: true });
    await s.store.syncContacts();
    expect(contacts(s.store).find(({ id }) => id === known?.id)).toEqual(known);
  });
});

it('R31 the address book of an iPhone is followed the same way', async () => {
  let pen: BookPen | null = null;
  const store = await followed({
    addressBook(inFolder) {
      const file = path.join(inFolder, 'AddressBook.sqlitedb');
      pen = openBookPen(file, 'ios');
      pen.addCard({ uid: 'ANN', firstName: 'Ann', phones: ['(415) 555-0101'] });
      return file;
    },
  });
  using book = pen as unknown as BookPen;
  expect(chatNames(store)).toContain('Ann');
  book.editCard('ANN', { lastName: 'Archer' });
  book.addCard({ uid: 'BOB', organization: 'Barnes Ltd', phones: ['415 555 0102'] });
  await store.syncContacts();
  expect(store.synced).toMatchObject({ books: 1, cards: 2, problems: [] });
  expect(chatNames(store)).toContain('Ann Archer');
  expect(named(store, 'Barnes Ltd')).toMatchObject({ identifiers: [BOB.id], origin: 'address-book' });
  store.close();
});

describe('R32 a card', () => {
  it('that lets go of a number takes nothing of what it said along', async () => {
    using s = await scene();
    const { guid } = say(s.store, ANN);
    s.store.wake();
    expect(senderOf(s.store, guid)).toBe('Ann Archer');
    s.book.addCard({ uid: 'AMY', firstName: 'Amy', lastName: 'Abel' });
    s.book.movePhone('ANN', 'AMY', '(415) 555-0101');
    await s.store.syncContacts();
    expect(senderOf(s.store, guid)).toBe('Amy Abel');
    expect(named(s.store, 'Ann Archer')).toMatchObject({ identifiers: [] });
    expect(chatNames(s.store)).toContain('Amy Abel');
    s.book.removeCard('AMY');
    const events = await s.store.syncContacts();
    expect(senderOf(s.store, guid)).toBe(ANN.id);
    expect(types(events)).toContain('contact_updated');
    s.book.removeCard('ANN');
    expect(only(await s.store.syncContacts(), 'contact_updated')).toMatchObject([{ data: { changed: ['removed'] } }]);
  });

  it('L31 of another person who has the number too is reported, and nobody is merged', async () => {
    using s = await scene();
    s.book.addCard({ uid: 'FIRM', organization: 'Archer & Sons', isCompany: true, phones: ['415 555 0101'] });
    s.book.addCard({ uid: 'ANN2', firstName: 'Ann', lastName: 'Archer', phones: ['+14155550177'] });
    const events = await s.store.syncContacts();
    expect(only(events, 'contact_merged')).toEqual([]);
    const names = contacts(s.store).map(({ name }) => name);
    expect(
      names.filter((name) => name === 'Ann Archer'),
      'equal names alone merge nobody',
    ).toHaveLength(2);
    using db = openStoreForReading(s.store.store);
    expect(contactConflicts(db)).toMatchObject([{ identifier: ANN.id }]);
    expect(chatNames(s.store)).toContain('Ann Archer');
  });

  it('that comes to name an address that somebody else stood for merges the two, with the reason on record', async () => {
    using s = await scene();
    const { guid } = stranger(s.store, EVE);
    s.store.wake();
    const [eve, ann] = [named(s.store, EVE.id), named(s.store, 'Ann Archer')];
    s.book.addPhone('ANN', '+14155550199');
    const events = await s.store.syncContacts();
    const [merged] = only(events, 'contact_merged');
    expect([merged?.data.from, merged?.data.into].sort()).toEqual([eve?.id, ann?.id].sort());
    expect(senderOf(s.store, guid)).toBe('Ann Archer');
    using db = openStoreForReading(s.store.store);
    expect(db.all('SELECT reason FROM contact_merges')).toEqual([{ reason: 'card_names_address' }]);
    expect(db.value('SELECT count(*) FROM contacts WHERE name = ?', EVE.id)).toBe(0);
  });
});

describe('R34 me', () => {
  it('is the marked card with all own addresses, and moves when another is marked', async () => {
    using s = await scene();
    const own = contacts(s.store).find(({ isMe }) => isMe);
    expect(own).toMatchObject({ origin: 'me', name: null });
    s.book.addCard({ uid: 'ME', firstName: 'Mia', lastName: 'Moss', emails: ['Mia@Example.com'] });
    s.book.setMe('ME');
    await s.store.syncContacts();
    const me = contacts(s.store).filter(({ isMe }) => isMe);
    expect(me).toMatchObject([{ id: own?.id, name: 'Mia Moss', origin: 'address-book' }]);
    expect(me[0]?.identifiers).toEqual(['mia@example.com', ...(own?.identifiers ?? [])]);
    s.book.setMe('ANN');
    const events = await s.store.syncContacts();
    expect(contacts(s.store).filter(({ isMe }) => isMe)).toMatchObject([{ id: own?.id, name: 'Ann Archer' }]);
    expect(named(s.store, 'Mia Moss')).toMatchObject({ isMe: false });
    expect(types(events)).toContain('contact_merged');
  });
});

/** Everything about contacts that a fresh import would say too. */
function outcome(store: string) {
  using db = openStoreForReading(store);
  const lines = [...exportLines(db, 'contacts')].map(({ id: _, ...line }) => JSON.stringify(line)).sort();
  const senders = db.all<Record<string, unknown>>(
    `SELECT m.guid, c.name FROM messages m LEFT JOIN contacts c ON c.id = m.sender_id ORDER BY m.guid`,
  );
  return {
    lines,
    senders,
    chats: [...exportLines(db, 'chats')].map(({ identifier, name }) => `${identifier} ${name}`).sort(),
  };
}

/** Much changes in the address book at once. */
function muchHappens(s: Awaited<ReturnType<typeof scene>>): void {
  stranger(s.store, EVE);
  s.store.wake();
  s.book.editCard('ANN', { lastName: 'Baker', emails: ['ann@example.com'] });
  s.book.addPhone('ANN', '+14155550199');
  s.book.addCard({ uid: 'BOB', firstName: 'Bob', phones: ['4155550102'] });
  s.book.addCard({ uid: 'ME', firstName: 'Mia' });
  s.book.setMe('ME');
}

describe('a sync of contacts', () => {
  it('cut off at any statement ends up the same when it is done again, and never lets go of half', async () => {
    const whole = await scene();
    muchHappens(whole);
    let total = 0;
    Database.watch(() => (total += 1));
    await whole.store.syncContacts();
    Database.watch(null);
    const expected = outcome(whole.store.store);
    whole[Symbol.dispose]();
    expect(total).toBeGreaterThan(30);
    for (let cut = 1; cut <= total; cut += effort(5, 1)) {
      using s = await scene();
      muchHappens(s);
      let seen = 0;
      Database.watch(() => {
        seen += 1;
        if (seen >= cut) throw new Error('power cut');
      });
      await s.store.syncContacts().then(
        () => expect(seen).toBeLessThan(cut),
        (error: unknown) => expect(error).toMatchObject({ message: 'power cut' }),
      );
      Database.watch(null);
      s.store.restart();
      await s.store.syncContacts(true);
      expect(outcome(s.store.store), `cut at statement ${cut} of ${total}`).toEqual(expected);
    }
  });

  it('in the midst of messages, of strangers too, loses none and names all', async () => {
    using s = await scene();
    muchHappens(s);
    let events: StoredEvent[] = [];
    let told = 0;
    const sent: string[] = [];
    const before = s.store.lastEvent();
    const between = () => {
      told += 1;
      const who = address(`+1415555${String(2_000 + told)}`);
      sent.push(stranger(s.store, who).guid, say(s.store, ANN).guid);
      if (told % 3 === 0) s.book.addCard({ firstName: `New ${told}`, phones: [who.id] });
      s.store.wake();
    };
    for (let round = 0; round < 4; round += 1) await s.store.syncContacts(true, between);
    await s.store.syncContacts(true);
    events = s.store.eventsAfter(before);
    const synced = only(events, 'messages_synced').flatMap(({ data }) => data.guids);
    expect(synced.sort()).toEqual(sent.sort());
    const fresh = path.join(s.folder, 'fresh.db');
    await runImport({ source: s.store.source, store: fresh }, { clock: s.store.clock, addressBook: s.folder });
    expect(outcome(s.store.store)).toEqual(outcome(fresh));
  });
});
