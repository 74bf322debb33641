import path from 'node:path';
import { expect, it } from 'vitest';
import { fixedClock, must } from '../../src/kernel/index.ts';
import { Actor, actions, openMessagesDatabase } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

it('R14 the old number of a deleted message, which another row bears in a file built anew, hides nothing', async () => {
  const folder = temporaryFolder();
  const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  const { pen, direct, close } = liveMessages(place.source);
  const say = (at: number) => actions.send(pen, direct, { from: ANN, atMs: NOW_MS + at, text: `message ${at}` });
  for (let at = 0; at < 9; at += 1) say(at);
  const deleted = say(9);
  for (let at = 10; at < 20; at += 1) say(at);
  const clock = fixedClock(NOW_MS);
  await runImport(place, { clock });
  using driver = new LiveDriver(place, clock);
  await driver.wake('live');
  actions.deleteForGood(pen, deleted);
  await driver.wake('live');
  close();
  {
    using actor = new Actor({ file: place.source, generation: 'macos-26', seed: 1, clock });
    actor.perform('replaceRenumbered');
  }
  await driver.wake('live');
  await driver.sweep();
  const before = driver.rowsRead;
  await driver.sweep();
  expect(driver.rowsRead - before, 'what has been read once needs no second look').toBe(0);

  const database = openMessagesDatabase(place.source, 'macos-26');
  const its = 'SELECT guid FROM message WHERE ROWID = ?';
  const guid = must(database.db.value<string>(its, deleted.rowId), 'its number is that of another row');
  const message = (of: string) => {
    using store = openStoreForReading(place.store);
    const row = store.get<{ id: number; deletedAt: number | null }>(
      'SELECT id, deleted_at AS deletedAt FROM messages WHERE guid = ?',
      of,
    );
    return must(row, 'it was said');
  };
  expect(message(guid).id, 'one that is older, so that the deleted one is heard last').toBeLessThan(
    message(deleted.guid).id,
  );
  actions.deleteForGood({ ...pen, database }, deleted);
  database.db.exec('DELETE FROM deleted_messages; DELETE FROM sync_deleted_messages');
  database.close();
  await driver.sweep();
  expect(message(guid).deletedAt, 'nothing but the sweep can tell').toBe(NOW_MS);
});
