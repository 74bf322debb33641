import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import { Actor, actions } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const MINUTE = 60_000;

describe('what has changed when a followed file is found to be replaced', () => {
  it.each([false, true])(
    'R40 is told like whatever is caught up on (mirrored deletions: %s)',
    async (mirrorDeletes) => {
      const folder = temporaryFolder();
      const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
      const { pen, direct, close } = liveMessages(place.source);
      const say = (at: number) =>
        actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 600 * MINUTE + at * MINUTE, text: `message ${at}` });
      const said = { kept: say(0), edited: say(1), read: say(2), deleted: say(3), loved: say(4) };
      const reaction = actions.react(pen, said.loved, { from: 'me', code: 2000, atMs: NOW_MS - 500 * MINUTE });
      const clock = fixedClock(NOW_MS);
      await runImport(place, { clock });
      using driver = new LiveDriver(place, clock, mirrorDeletes);
      await driver.wake('live');
      driver.close();
      const before = lastEvent(place.store);

      // We are away, and so is the file that we knew.
      actions.edit(pen, said.edited, 'said otherwise', NOW_MS - 400 * MINUTE);
      actions.receipt(pen, said.read, 'read', NOW_MS - 400 * MINUTE);
      actions.deleteForGood(pen, said.deleted);
      actions.unreact(pen, reaction, 'me', NOW_MS - 300 * MINUTE);
      const fresh = say(200);
      close();
      {
        using actor = new Actor({ file: place.source, generation: 'macos-26', seed: 1, clock });
        actor.perform('replaceRenumbered');
      }
      await driver.wake('catching-up');
      await driver.sweep();

      const events = eventsAfter(place.store, before);
      const told = (type: string) => events.filter((event) => event.type === type);
      const guids = (type: string) => told(type).flatMap(({ data }) => (data as { guids?: string[] }).guids ?? []);
      expect(told('source_restarted')).toHaveLength(1);
      expect(guids('messages_synced')).toEqual([fresh.guid]);
      expect(guids('message_updated')).toEqual(expect.arrayContaining([said.edited.guid, said.read.guid]));
      expect(guids('message_updated')).not.toContain(said.kept.guid);
      expect(told('message_deleted').map(({ data }) => data)).toEqual([
        { guids: [said.deleted.guid], removed: mirrorDeletes },
      ]);
      expect(told('reaction_removed')).toHaveLength(1);
      expect(told('conversation_started').length + told('conversation_extended').length).toBe(1);
    },
  );
});

function lastEvent(store: string): number {
  using db = openStoreForReading(store);
  return db.value<number>('SELECT max(id) FROM events') ?? 0;
}

function eventsAfter(store: string, after: number) {
  using db = openStoreForReading(store);
  return readEvents(db, { after, limit: 1_000 });
}
