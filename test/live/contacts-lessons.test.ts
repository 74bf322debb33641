import { describe, expect, it } from 'vitest';
import { actions, address } from '../../src/simulator/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { named, say, scene, senderOf, stranger } from '../support/contacts-scene.ts';
import { NOW_MS, runImport } from '../support/fixture.ts';
import { ANN } from '../support/live-messages.ts';

const SECOND = 1_000;
const EVE = address('+14155550199');

describe('L32 a message without a handle', () => {
  it("is mine when I wrote it on another device, and else nobody's", async () => {
    using s = await scene();
    const mine = say(s.store, 'me');
    const whose = say(s.store, ANN, s.store.group);
    // What is typed on a phone comes to the Mac without a handle.
    s.store.pen.database.db.run('UPDATE message SET handle_id = 0 WHERE guid IN (?, ?)', mine.guid, whose.guid);
    s.book.addCard({ uid: 'ME', firstName: 'Mia' });
    s.book.setMe('ME');
    s.store.wake();
    await s.store.syncContacts();
    expect(s.store.message(mine.guid)).toMatchObject({ is_from_me: 1, handle_id: null });
    expect(senderOf(s.store, mine.guid)).toBe('Mia');
    expect(s.store.message(whose.guid)).toMatchObject({ sender_id: null, handle_id: null });
  });
});

describe('L33 a merge', () => {
  it('leaves nothing that points to the contact that is gone, and a rename meanwhile waits for nobody', async () => {
    using s = await scene();
    stranger(s.store, EVE, 'begins a conversation');
    // Ann has said more, so that it is the other one who is merged away.
    for (let said = 0; said < 3; said += 1) say(s.store, ANN);
    s.store.wake();
    // Somebody reads all the while, as a page does.
    using reader = openStoreForReading(s.store.store);
    reader.exec('BEGIN');
    expect(reader.value('SELECT count(*) FROM contacts')).toBeGreaterThan(0);
    s.book.editCard('ANN', { lastName: 'Baker' });
    s.book.addPhone('ANN', '+14155550199');
    await s.store.syncContacts();
    const contact = named(s.store, 'Ann Baker');
    using db = openStoreForReading(s.store.store);
    expect(db.value('SELECT count(*) FROM conversations WHERE initiator_id = ?', contact?.id ?? 0)).toBe(2);
    const gone = (table: string, column: string) =>
      db.value(`SELECT count(*) FROM ${table} WHERE ${column} NOT IN (SELECT id FROM contacts)`);
    for (const [table, column] of POINTING) expect(gone(table, column), table).toBe(0);
  });
});

const POINTING = [
  ['messages', 'sender_id'],
  ['reactions', 'sender_id'],
  ['conversations', 'initiator_id'],
  ['handles', 'contact_id'],
  ['contact_cards', 'contact_id'],
  ['contact_identifiers', 'contact_id'],
] as const;

it('L36 the dates of a chat follow its messages, and another import leaves them', async () => {
  using s = await scene();
  const dates = () => {
    using db = openStoreForReading(s.store.store);
    return [...exportLines(db, 'chats')].map(({ createdAt, lastMessageAt, messageCount }) => ({
      ...{ createdAt, lastMessageAt, messageCount },
    }));
  };
  const at = (atMs: number) => new Date(atMs).toISOString();
  actions.send(s.store.pen, s.store.direct, { from: ANN, atMs: NOW_MS - 90 * SECOND, text: 'first' });
  s.store.wake();
  actions.send(s.store.pen, s.store.direct, { from: ANN, atMs: NOW_MS, text: 'last' });
  s.store.wake();
  const followed = dates();
  expect(followed).toContainEqual({ createdAt: at(NOW_MS - 90 * SECOND), lastMessageAt: at(NOW_MS), messageCount: 2 });
  await runImport(s.store, { clock: s.store.clock, addressBook: s.folder });
  expect(dates()).toEqual(followed);
});
