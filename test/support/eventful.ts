import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fixedClock } from '../../src/kernel/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import { actions, address, ChatMaker, Handles, openMessagesDatabase, Random } from '../../src/simulator/index.ts';
import { openWritable } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { canonicalStore } from './canonical-store.ts';
import { NOW_MS, runImport, temporaryFolder } from './fixture.ts';
import { ANN, liveMessages } from './live-messages.ts';

const MINUTE = 60_000;
type Three = [string, string, string];
const STRANGER = address('+14155550155');

export type Eventful = {
  folder: string;
  /** A database of Messages. */
  source: string;
  /** The store that was imported from it. */
  base: string;
  /** Puts the source back to what it was when it was imported. */
  reset(): void;
  /** Makes much happen in it. */
  happen(): void;
};

/**
 * A source in which every kind of change happens at once that one batch takes over. They are the same ones every time:
 * after `reset`, `happen` makes them again.
 */
export async function eventful(): Promise<Eventful> {
  const folder = temporaryFolder();
  const [source, base, before] = ['chat.db', 'base.db', 'before.db'].map((name) => path.join(folder, name)) as Three;
  const { pen, direct, group, close } = liveMessages(source);
  const say = (by: actions.Pen, text: string, minutesAgo: number) =>
    actions.send(by, direct, { from: ANN, atMs: NOW_MS - minutesAgo * MINUTE, text });
  const edited = say(pen, 'edited', 300);
  const unsent = say(pen, 'unsent', 299);
  const deleted = say(pen, 'deleted', 298);
  const twin = say(pen, 'twin', 600);
  const reacted = actions.react(pen, edited, { from: 'me', code: 2000, atMs: NOW_MS - 200 * MINUTE });
  const late = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'late', join: false });
  const { owner } = pen.handles;
  close();
  await runImport({ source, store: base }, { clock: fixedClock(NOW_MS) });
  copyDatabase(source, before);

  const happen = () => {
    const database = openMessagesDatabase(source, 'macos-26');
    const random = new Random(11);
    const by: actions.Pen = { database, random, handles: new Handles(database, random, owner, { live: true }) };
    actions.edit(by, structuredClone(edited), 'edited, better', NOW_MS);
    actions.unsend(by, structuredClone(unsent), NOW_MS);
    actions.deleteForGood(by, deleted);
    actions.deleteForGood(by, twin);
    say(by, 'twin', 600);
    actions.unreact(by, reacted, 'me', NOW_MS);
    actions.join(by, late);
    const chat = new ChatMaker(database, random, by.handles).direct(STRANGER, ['iMessage']);
    actions.send(by, { ...chat.rows[0], isGroup: false }, { from: STRANGER, atMs: NOW_MS, text: 'new chat' });
    const photo = { guid: 'at_0_photo', transfer_state: 5, filename: '~/photo.heic' };
    actions.send(by, group, { from: 'me', atMs: NOW_MS, text: '\ufffc', attachments: [photo] });
    actions.rename(by, group, 'Renamed', ANN, NOW_MS);
    say(by, 'bridges', 240);
    actions.send(by, group, { from: ANN, atMs: NOW_MS, text: 'waits', join: false });
    database.close();
  };
  return { folder, source, base, happen, reset: () => copyDatabase(before, source) };
}

/** A copy of a database that nobody has open, without a log. */
export function copyDatabase(from: string, to: string): void {
  {
    using db = openWritable(from);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${to}${suffix}`, { force: true });
  copyFileSync(from, to);
}

/** What the store says, and what the world was told since the import; ids of one store apart. */
export function outcome(store: string) {
  using db = openStoreForReading(store);
  const events = readEvents(db, { after: 0, limit: 10_000 }).filter((event) => !event.type.startsWith('import_'));
  return { store: canonicalStore(store), events: events.map(({ type, chatId, data }) => ({ type, chatId, data })) };
}
