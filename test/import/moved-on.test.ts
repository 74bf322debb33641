import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import type { MessageLine } from '../../src/model/index.ts';
import { actions, type Generation } from '../../src/simulator/index.ts';
import { openWritable } from '../../src/sqlite/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { canonicalStore, conversationIds } from '../support/canonical-store.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, BOB, liveMessages } from '../support/live-messages.ts';

const MINUTE = 60_000;
const START = NOW_MS - 100 * 60 * MINUTE;

function world(generation: Generation = 'macos-26') {
  const folder = temporaryFolder();
  const fixture = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  return { fixture, folder, ...liveMessages(fixture.source, generation) };
}

function message(store: string, guid: string): MessageLine | undefined {
  using db = openStoreForReading(store);
  return [...exportLines(db, 'messages')].find((line) => line.guid === guid);
}

describe.each<Generation>(['macos-13', 'macos-26'])(
  'importing again a source of %s that has moved on',
  (generation) => {
    it('follows edits, keeps what was unsent, and marks what is gone', async () => {
      const { fixture, pen, direct, close } = world(generation);
      const [edited, unsent, deleted, recent, kept] = ['one', 'two', 'three', 'four', 'five'].map((text, index) =>
        actions.send(pen, direct, { from: index % 2 === 0 ? ANN : 'me', atMs: START + index * MINUTE, text }),
      ) as [actions.LiveMessage, ...actions.LiveMessage[]] & actions.LiveMessage[];
      await runImport(fixture);
      const ids = conversationIds(fixture.store);

      actions.edit(pen, edited, 'one, better', START + 5 * MINUTE);
      actions.unsend(pen, unsent as actions.LiveMessage, START + 2 * MINUTE);
      actions.deleteForGood(pen, deleted as actions.LiveMessage);
      actions.deleteRecently(pen, recent as actions.LiveMessage, START + 9 * MINUTE);
      actions.receipt(pen, recent as actions.LiveMessage, 'read', START + 8 * MINUTE);
      const added = actions.send(pen, direct, { from: ANN, atMs: START + 30 * MINUTE, text: 'six' });
      const clock = fixedClock(NOW_MS + 5_000);
      const summary = await runImport(fixture, { clock });
      close();

      expect(summary.bulk).toBe(false);
      expect(message(fixture.store, edited.guid)).toMatchObject({
        text: 'one, better',
        editedAt: new Date(START + 5 * MINUTE).toISOString(),
        edits: [{ text: 'one' }, { text: 'one, better' }],
      });
      expect(message(fixture.store, unsent?.guid ?? '')).toMatchObject({
        text: 'two',
        unsentAt: new Date(START + 2 * MINUTE).toISOString(),
        editedAt: null,
      });
      expect(message(fixture.store, deleted?.guid ?? '')).toMatchObject({
        text: 'three',
        deletedAt: new Date(clock.now()).toISOString(),
      });
      expect(message(fixture.store, recent?.guid ?? '')).toMatchObject({
        deletedAt: new Date(START + 9 * MINUTE).toISOString(),
        readAt: new Date(START + 8 * MINUTE).toISOString(),
      });
      expect(message(fixture.store, kept?.guid ?? '')?.deletedAt).toBeNull();
      const after = conversationIds(fixture.store);
      for (const [guid, id] of ids) expect(after.get(guid)).toBe(id);
      expect(after.get(added.guid)).toBe(ids.get(edited.guid));
    });

    it('unmarks a message that was restored', async () => {
      const { fixture, pen, direct, close } = world(generation);
      const sent = actions.send(pen, direct, { from: ANN, atMs: START, text: 'back' });
      actions.deleteRecently(pen, sent, START + MINUTE);
      await runImport(fixture);
      expect(message(fixture.store, sent.guid)?.deletedAt).toBe(new Date(START + MINUTE).toISOString());
      actions.restore(pen, sent);
      await runImport(fixture);
      close();
      expect(message(fixture.store, sent.guid)?.deletedAt).toBeNull();
    });
  },
);

describe('importing again', () => {
  it('ends reactions that were changed, taken back or have disappeared', async () => {
    const { fixture, pen, direct, close } = world();
    const sent = actions.send(pen, direct, { from: 'me', atMs: START, text: 'well?' });
    const loved = actions.react(pen, sent, { from: ANN, code: 2000, atMs: START + MINUTE });
    await runImport(fixture);
    const liked = actions.react(pen, sent, { from: ANN, code: 2001, atMs: START + 2 * MINUTE, replaces: loved });
    const clock = fixedClock(NOW_MS + 5_000);
    await runImport(fixture, { clock });
    const kinds = () => {
      using db = openStoreForReading(fixture.store);
      return [...exportLines(db, 'reactions')].map((line) => [line.kind, line.removedAt]);
    };
    expect(kinds()).toEqual([
      ['loved', new Date(START + 2 * MINUTE).toISOString()],
      ['liked', null],
    ]);
    actions.unreact(pen, liked, ANN, START + 3 * MINUTE);
    await runImport(fixture, { clock });
    close();
    expect(kinds().at(-1)).toEqual(['liked', new Date(START + 3 * MINUTE).toISOString()]);
  });

  it('L1 places a message whose chat comes late, and takes it out of quarantine', async () => {
    const { fixture, pen, direct, close } = world();
    actions.send(pen, direct, { from: ANN, atMs: START, text: 'first' });
    const late = actions.send(pen, direct, { from: ANN, atMs: START + MINUTE, text: 'late', join: false });
    const first = await runImport(fixture);
    expect(first).toMatchObject({ messages: 1, quarantined: 1 });
    expect(message(fixture.store, late.guid)).toBeUndefined();
    actions.join(pen, late);
    const second = await runImport(fixture);
    close();
    expect(second).toMatchObject({ messages: 2, quarantined: 0 });
    expect(message(fixture.store, late.guid)?.text).toBe('late');
  });

  it('L9, L41 puts back-filled messages in their place in time: before, between and bridging', async () => {
    const { fixture, pen, direct, close } = world();
    const at = (minutes: number) =>
      actions.send(pen, direct, { from: ANN, atMs: START + minutes * MINUTE, text: `${minutes}` });
    const [early, late] = [at(0), at(150)];
    await runImport(fixture);
    const before = conversationIds(fixture.store);
    expect(before.get(early.guid)).not.toBe(before.get(late.guid));
    const bridge = at(80);
    const ancient = at(-600);
    await runImport(fixture);
    close();
    const after = conversationIds(fixture.store);
    expect(after.get(bridge.guid)).toBe(after.get(early.guid));
    expect(after.get(late.guid)).toBe(after.get(early.guid));
    expect(after.get(early.guid)).toBe(before.get(early.guid));
    expect(after.get(ancient.guid)).not.toBe(after.get(early.guid));
    await expectFreshEqual(fixture);
  });

  it('follows the members and the name of a group', async () => {
    const { fixture, pen, group, close } = world();
    actions.send(pen, group, { from: ANN, atMs: START, text: 'hello all' });
    await runImport(fixture);
    actions.rename(pen, group, 'Renamed', ANN, START + MINUTE);
    actions.leave(pen, group, BOB, START + 2 * MINUTE);
    await runImport(fixture);
    close();
    using db = openStoreForReading(fixture.store);
    const chat = [...exportLines(db, 'chats')].find((line) => line.kind === 'group');
    expect(chat).toMatchObject({ name: 'Renamed', participants: [ANN.normal], messageCount: 1 });
  });

  it('knows the source again when its file has moved', async () => {
    const { fixture, folder, pen, direct, close } = world();
    const [kept, gone] = ['stays', 'goes', 'more'].map((text, index) =>
      actions.send(pen, direct, { from: ANN, atMs: START + index * MINUTE, text }),
    ) as [actions.LiveMessage, actions.LiveMessage];
    await runImport(fixture);
    actions.deleteForGood(pen, gone);
    const moved = path.join(folder, 'elsewhere.db');
    pen.database.db.run('VACUUM INTO ?', moved);
    close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(fixture.source + suffix, { force: true });
    await runImport({ source: moved, store: fixture.store });
    expect(message(fixture.store, gone.guid)?.deletedAt).not.toBeNull();
    expect(message(fixture.store, kept.guid)?.deletedAt).toBeNull();
  });

  it('a second source adds its messages, doubles none, and its deletions are its own', async () => {
    const folder = temporaryFolder();
    const mac = liveMessages(path.join(folder, 'mac.db'));
    const store = path.join(folder, 'store.db');
    const sent = ['a', 'b', 'c'].map((text, index) =>
      actions.send(mac.pen, mac.direct, { from: ANN, atMs: START + index * MINUTE, text }),
    );
    const phone = liveMessages(path.join(folder, 'phone.db'), 'ios-17', 8);
    // The phone holds the same messages under row ids of its own, and one that the Mac has not.
    const own = actions.send(phone.pen, phone.direct, { from: 'me', atMs: START - MINUTE, text: 'from the phone' });
    for (const { guid, atMs, versions } of sent.slice(0, 2)) {
      actions.send(phone.pen, phone.direct, { from: ANN, atMs, text: versions[0]?.text ?? '', fields: { guid } });
    }
    mac.close();
    phone.close();
    await runImport({ source: path.join(folder, 'mac.db'), store });
    const summary = await runImport({ source: path.join(folder, 'phone.db'), store });
    expect(summary.messages).toBe(4);
    expect(message(store, own.guid)?.text).toBe('from the phone');
    for (const { guid } of sent) expect(message(store, guid)?.deletedAt).toBeNull();
    using db = openStoreForReading(store);
    expect(db.value('SELECT count(*) FROM conversations')).toBe(1);
  });
});

async function expectFreshEqual(fixture: { source: string; store: string }): Promise<void> {
  const fresh = path.join(temporaryFolder(), 'fresh.db');
  await runImport({ source: fixture.source, store: fresh });
  expect(canonicalStore(fixture.store)).toEqual(canonicalStore(fresh));
}

describe('conversations of a store that is imported into again', () => {
  it('become ready when their silence has lasted, though nothing came', async () => {
    const { fixture, pen, direct, close } = world();
    actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 10 * MINUTE, text: 'just now' });
    await runImport(fixture, { clock: fixedClock(NOW_MS) });
    const states = () => {
      using db = openStoreForReading(fixture.store);
      return [...exportLines(db, 'conversations')].map((line) => [line.state, line.sealedAt]);
    };
    expect(states()).toEqual([['active', null]]);
    await runImport(fixture, { clock: fixedClock(NOW_MS + 80 * MINUTE) });
    close();
    expect(states()).toEqual([['ready', new Date(NOW_MS + 80 * MINUTE).toISOString()]]);
  });

  it('L40 keep the gap of the store, until another is asked for: then all are split anew', async () => {
    const { fixture, pen, direct, group, close } = world();
    for (const chat of [direct, group]) {
      for (const minutes of [0, 60]) {
        actions.send(pen, chat, { from: ANN, atMs: START + minutes * MINUTE, text: `${minutes}` });
      }
    }
    const count = async (gapMs: number | null) => (await runImport(fixture, { gapMs })).conversations;
    expect(await count(30 * MINUTE)).toBe(4);
    expect(await count(null)).toBe(4);
    expect(await count(90 * MINUTE)).toBe(2);
    expect(await count(null)).toBe(2);
    close();
  });
});

describe('a file that stands where a known one stood', () => {
  it('L9 is another source when it is another history: nothing of the first is marked deleted', async () => {
    const { fixture, pen, direct, close } = world();
    const kept = actions.send(pen, direct, { from: ANN, atMs: START, text: 'from the old Mac' });
    await runImport(fixture);
    close();
    rmSync(fixture.source);
    const anew = liveMessages(fixture.source, 'macos-26', 99);
    actions.send(anew.pen, anew.direct, { from: ANN, atMs: START + MINUTE, text: 'from the new Mac' });
    anew.close();
    expect(await runImport(fixture)).toMatchObject({ messages: 2, conversations: 1 });
    expect(message(fixture.store, kept.guid)?.deletedAt).toBeNull();
  });

  it('is the same source when its numbering goes on, though all we knew was deleted', async () => {
    const { fixture, pen, direct, close } = world();
    const gone = actions.send(pen, direct, { from: ANN, atMs: START, text: 'gone' });
    await runImport(fixture);
    actions.deleteForGood(pen, gone);
    await runImport(fixture);
    close();
    expect(message(fixture.store, gone.guid)?.deletedAt).not.toBeNull();
  });

  it('adds to the members of a group, and takes none away, when it is a further source', async () => {
    const { fixture, pen, group, close } = world();
    const sent = actions.send(pen, group, { from: ANN, atMs: START, text: 'hello' });
    await runImport(fixture);
    const second = path.join(temporaryFolder(), 'chat.db');
    pen.database.db.run('VACUUM INTO ?', second);
    close();
    using other = openWritable(second);
    other.exec(`UPDATE message SET guid = 'other-' || guid; DELETE FROM chat_handle_join`);
    other.close();
    await runImport({ source: second, store: fixture.store });
    using db = openStoreForReading(fixture.store);
    const chat = [...exportLines(db, 'chats')].find((line) => line.kind === 'group');
    expect(chat?.participants).toEqual([ANN.normal, BOB.normal]);
    expect(message(fixture.store, `other-${sent.guid}`)?.text).toBe('hello');
  });
});
