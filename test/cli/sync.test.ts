import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveStatus } from '../../src/engine/index.ts';
import { must } from '../../src/kernel/index.ts';
import { ownStore } from '../../src/load/index.ts';
import type { StoredEvent } from '../../src/model/index.ts';
import { type ActorCommand, address } from '../../src/simulator/index.ts';
import { openStoreForReading, type SourceLine } from '../../src/store/index.ts';
import { eventsOf, lastEventOf, SyncProcess } from '../support/sync-process.ts';
import { errorCode, jsonLines, Workplace } from './chatstats.ts';
import { agrees, guidOf, messageOf, names, type Scene, scene } from './sync-scene.ts';

const MINUTE = 60_000;
/** A stop takes five seconds at most. */
const STOP_MS = 5_000;

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

describe('sync', () => {
  it('imports first, follows, and ends at Ctrl-C with a summary', async () => {
    await using s = scene(place, 'first');
    const sync = await s.sync().live();
    expect(sync.stderr).toMatch(
      /^importing the history first\nimporting into .+\n(?:.+\n)*?up to date, following .+\n$/,
    );
    const said = await s.act({ act: 'say', text: 'after the import' });
    await sync.event('messages_synced', names(guidOf(said)));
    const ended = await sync.stop('SIGINT');
    expect([ended.status, ended.by], ended.stderr).toEqual([0, null]);
    expect(ended.ms).toBeLessThan(STOP_MS);
    expect(ended.stdout).toMatch(/^ +messages read +\d+\n +batches +\d+\n +last message row +[\d,]+\n$/);
    expect(ended.stdout).toContain(`${must(said.rowId, 'a row')}`);
    // Nobody has the store any more, and nothing of the process is left beside it.
    ownStore(s.store)[Symbol.dispose]();
    expect(existsSync(`${s.store}-socket`)).toBe(false);
    using db = openStoreForReading(s.store);
    expect(db.value('PRAGMA integrity_check')).toBe('ok');
    await agrees(s);
  });

  it('catches up with what came while it was off, also --once, and tells as JSON', async () => {
    await using s = scene(place, 'off');
    await (await s.sync().live()).stop();
    const position = lastEventOf(s.store);
    const said = guidOf(await s.act({ act: 'say', text: 'while it was off' }));
    const edited = guidOf(await s.act({ act: 'edit' }));
    const once = await s.sync('--once', '--json').ended;
    expect(once.status, once.stderr).toBe(0);
    expect(once.stdout.trimEnd().split('\n')).toHaveLength(1);
    const highest = Math.max(...s.actor.lines.map((line) => line.rowId ?? 0));
    expect(JSON.parse(once.stdout)).toMatchObject({ state: 'stopped', lastMessageRowid: highest });
    expect(messageOf(s.store, said)).toMatchObject({ text: 'while it was off', historical: 0 });
    const events = eventsOf(s.store, position);
    expect(events.some((event) => event.type === 'messages_synced' && names(said)(event))).toBe(true);
    expect(events.some((event) => event.type === 'message_updated' && names(edited)(event))).toBe(true);
    await agrees(s);

    const live = await s.sync('--json').live();
    const ended = await live.stop('SIGTERM');
    expect([ended.status, ended.ms < STOP_MS]).toEqual([0, true]);
    expect(ended.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ state: 'live' });
  });

  it('is cancelled by Ctrl-C while it imports, and leaves nothing behind', async () => {
    const store = place.file('cancelled.db');
    place.history('long.db', { messages: 65_000 });
    const sync = new SyncProcess({ store, source: place.file('long.db') });
    await sync.says('importing into');
    const ended = await sync.stop('SIGINT');
    expect(ended.stderr).toMatch(/error CANCELLED: .+\nhint: .+\n$/);
    expect(ended.status).toBe(130);
    expect(ended.ms).toBeLessThan(STOP_MS);
    expect(readdirSync(place.folder).filter((name) => name.startsWith('cancelled.db'))).toEqual(['cancelled.db-owner']);
  });

  it('refuses what it cannot follow, by exit code', async () => {
    const missing = await place.run(['--db', 'no.db', 'sync', '--source', 'nowhere/chat.db']);
    expect([errorCode(missing), missing.status]).toEqual(['SOURCE_NOT_FOUND', 3]);
    writeFileSync(place.file('text.db'), 'This is no database, and longer than its head would be. '.repeat(100));
    const text = await place.run(['--db', 'no.db', 'sync', '--source', 'text.db']);
    expect([errorCode(text), text.status]).toEqual(['SOURCE_NOT_DATABASE', 3]);
    place.history('other.db', { messages: 100 });
    await place.run(['--db', 'a-store.db', 'import', 'other.db']);
    const store = await place.run(['--db', 'no.db', 'sync', '--source', 'a-store.db']);
    expect([errorCode(store), store.status]).toEqual(['SOURCE_NOT_MESSAGES', 3]);
    expect(existsSync(place.file('no.db'))).toBe(false);
  });

  it("P7 leaves Apple's files as they are, and P9 its own to their owner alone", async () => {
    await using s = scene(place, 'files');
    await s.act({ act: 'say', text: 'in the log, and not in the file' });
    const digest = () =>
      ['', '-wal'].map((suffix) =>
        createHash('sha256')
          .update(readFileSync(s.source + suffix))
          .digest('hex'),
      );
    const before = digest();
    expect((await s.sync('--once').ended).status).toBe(0);
    expect(digest()).toEqual(before);
    const live = await s.sync().live();
    const files = readdirSync(place.file('files')).filter((name) => name.startsWith('store.db'));
    expect(files.length).toBeGreaterThan(3);
    for (const name of files) expect([name, statSync(place.file('files', name)).mode & 0o077]).toEqual([name, 0]);
    await live.stop();
    expect(digest()).toEqual(before);
  });
});

describe('what Messages does is in the store', () => {
  let s: Scene;
  let sync: SyncProcess;
  beforeAll(async () => {
    s = scene(place, 'acts');
    sync = await s.sync('--log-level', 'trace').live();
  });
  afterAll(async () => await s[Symbol.asyncDispose]());

  const say = async (text: string, more: ActorCommand | object = {}) =>
    guidOf(await s.act({ act: 'say', text, ...more }));
  const updated = (guid: string, field: string) =>
    sync.event('message_updated', (event) => names(guid)(event) && event.data.changed.includes(field));

  it('a message, its edit, its receipts, its unsending', async () => {
    const guid = await say('Grüße 👋', { from: 'me' });
    await sync.event('messages_synced', names(guid));
    expect(messageOf(s.store, guid)).toMatchObject({ text: 'Grüße 👋', is_from_me: 1, historical: 0 });
    await s.act({ act: 'edit', message: guid, text: 'Grüße an alle' });
    await updated(guid, 'editedAt');
    await s.act({ act: 'delivered', message: guid });
    await s.act({ act: 'read', message: guid });
    await updated(guid, 'readAt');
    expect(messageOf(s.store, guid)).toMatchObject({ text: 'Grüße an alle', read_at: expect.any(Number) });
    await s.act({ act: 'unsend', message: guid });
    await updated(guid, 'unsentAt');
    expect(messageOf(s.store, guid)?.text, 'what we held is kept').toBe('Grüße an alle');
  });

  it('reactions, changed and taken back', async () => {
    const guid = await say('react to this');
    await sync.event('messages_synced', names(guid));
    const loved = guidOf(await s.act({ act: 'react', message: guid, from: 'me', code: 2000 }));
    await sync.event('reaction_added', (event) => event.data.guid === loved && event.data.kind === 'loved');
    const liked = guidOf(await s.act({ act: 'changeReaction', message: guid, from: 'me', code: 2001 }));
    await sync.event('reaction_added', (event) => event.data.guid === liked && event.data.kind === 'liked');
    await s.act({ act: 'unreact', message: guid, from: 'me' });
    await sync.event('reaction_removed', (event) => event.data.guid === liked);
  });

  it('an attachment, stage by stage', async () => {
    const first = await s.act({ act: 'sayFile', name: 'plan.pdf', text: '', hold: true });
    const held = must(first.held, 'it is held');
    const guid = guidOf(first);
    for (let more = true; more; ) {
      more = await s.act({ act: 'goOn', held }).then(
        () => true,
        () => false,
      );
      // Every stage is seen by itself.
      if (more) await sync.until(() => statusRow(s.store, guid) !== null, 'has the row');
    }
    await sync.until(() => statusRow(s.store, guid) !== 'pending', 'has the file');
  });

  it('a message whose chat comes later', async () => {
    const late = await s.act({ act: 'sayLate', text: 'late', hold: true, joinAfterMs: 1, never: false });
    const guid = guidOf(late);
    const isHeld = () => {
      using db = openStoreForReading(s.store);
      return db.value(`SELECT 1 FROM quarantine WHERE guid = ? AND state = 'held'`, guid) !== null;
    };
    await sync.until(isHeld, 'holds the row');
    expect(messageOf(s.store, guid)).toBeUndefined();
    await s.act({ act: 'goOn', held: must(late.held, 'it is held') });
    await sync.event('messages_synced', names(guid));
    expect(isHeld()).toBe(false);
  });

  it('a deletion, now and for good, and a restoration', async () => {
    const [recent, gone] = [await say('recently deleted'), await say('gone for good')];
    for (const guid of [recent, gone]) await sync.event('messages_synced', names(guid));
    await s.act({ act: 'deleteRecently', message: recent });
    await sync.event('message_deleted', names(recent));
    await s.act({ act: 'restore', message: recent });
    await updated(recent, 'deletedAt');
    expect(messageOf(s.store, recent)).toMatchObject({ deleted_at: null });
    await s.act({ act: 'delete', message: gone });
    await sync.event('message_deleted', names(gone));
    expect(messageOf(s.store, gone)).toMatchObject({ text: 'gone for good', deleted_at: expect.any(Number) });
  });

  it('a new chat, a new group, its name and its members', async () => {
    const stranger = '+14155550177';
    const from = await s.act({ act: 'newDirect', address: stranger, text: 'you do not know me' });
    await sync.event('messages_synced', names(guidOf(from)));
    const members = ['+14155550101', '+14155550102', '+14155550103'];
    const founded = await s.act({ act: 'newGroup', members: members.join(','), name: 'Founders', text: 'hello' });
    const { chatId } = await sync.event('messages_synced', names(guidOf(founded)));
    const changed = (field: string, after: number) =>
      sync.event('chat_updated', (event) => event.chatId === chatId && event.data.changed.includes(field), after);
    const chat = () => {
      using db = openStoreForReading(s.store);
      return must(db.get<{ name: string; identifier: string }>('SELECT * FROM chats WHERE id = ?', chatId), 'a chat');
    };
    expect(chat().name).toBe('Founders');
    const group = chat().identifier;
    let after = lastEventOf(s.store);
    await s.act({ act: 'rename', chat: group, name: 'Losers' });
    await changed('name', after);
    expect(chat().name).toBe('Losers');
    after = lastEventOf(s.store);
    await s.act({ act: 'addMember', chat: group, member: '+14155550104' });
    await changed('participants', after);
    after = lastEventOf(s.store);
    await s.act({ act: 'leave', chat: group, member: '+14155550103' });
    await changed('participants', after);
    const chats = jsonLines((await s.run('export', 'chats')).stdout);
    const participants = chats.find(({ identifier }) => identifier === group)?.participants as string[];
    expect(participants).toContain(address('+14155550104').normal);
    expect(participants).not.toContain(address('+14155550103').normal);
  });

  it('iCloud brings old messages, which are flagged', async () => {
    const { commits } = await s.act({ act: 'backfill', count: 5, together: true, text: 'long ago' });
    const guid = must(commits.at(-1)?.guid, 'a message');
    const synced = await sync.event('messages_synced', names(guid));
    expect(synced.data.historical).toBeGreaterThan(0);
  });

  it('and all of it agrees, and P9 not a word or an address was said', async () => {
    await agrees(s);
    const ended = await sync.stop();
    const said = ended.stdout + ended.stderr;
    using db = openStoreForReading(s.store);
    const texts = db.all<{ text: string }>('SELECT text FROM messages WHERE length(text) > 3').map((row) => row.text);
    const addresses = db.all<{ address: string }>('SELECT address FROM handles').map((row) => row.address);
    const chats = db.all<{ name: string }>('SELECT name FROM chats WHERE length(name) > 3').map((row) => row.name);
    expect(texts.length).toBeGreaterThan(150);
    expect(addresses.length).toBeGreaterThan(10);
    for (const secret of [...texts, ...addresses, ...chats]) expect(said).not.toContain(secret);
  });
});

function statusRow(store: string, message: string): string | null {
  using db = openStoreForReading(store);
  return db.value<string>('SELECT state FROM attachments WHERE message_guid = ?', message);
}

describe('beside a sync that runs', () => {
  let s: Scene;
  let sync: SyncProcess;
  beforeAll(async () => {
    s = scene(place, 'beside');
    sync = await s.sync().live();
  });
  afterAll(async () => await s[Symbol.asyncDispose]());

  it('another is refused: STORE_OWNED', async () => {
    const second = await s.sync().ended;
    expect([errorCode({ ...second, status: second.status ?? -1 }), second.status]).toEqual(['STORE_OWNED', 5]);
  });

  it('a chat is sealed by hand', async () => {
    // Its last message is older than the gap only when the gap is; a chat of the past has been sealed by the import.
    const old = Date.now() - 200 * MINUTE;
    const said = await s.act({ act: 'newDirect', address: '+14155550166', text: 'old words', atMs: old });
    const { chatId } = await sync.event('messages_synced', names(guidOf(said)));
    const sealed = await s.run('--json', 'seal', String(chatId));
    expect(sealed.status, sealed.stderr).toBe(0);
    const event = (type: StoredEvent['type']) => eventsOf(s.store, 0, [type]).find((other) => other.chatId === chatId);
    await sync.until(() => event('conversation_ready_for_analysis') !== undefined, 'seals');
    using db = openStoreForReading(s.store);
    expect(db.all('SELECT state FROM conversations WHERE chat_id = ?', chatId)).toEqual([{ state: 'ready' }]);
  });

  it('quarantine is tried again, and discarded', async () => {
    const never = await s.act({ act: 'sayLate', text: 'never placed', never: true });
    const row = () => {
      using db = openStoreForReading(s.store);
      return db.get<{ id: number; state: string }>('SELECT id, state FROM quarantine WHERE guid = ?', guidOf(never));
    };
    await sync.until(() => row() !== undefined, 'sets the row aside');
    const retried = await s.run('--json', 'quarantine', 'retry', 'all');
    expect(retried.status, retried.stderr).toBe(0);
    expect(JSON.parse(retried.stdout)).toMatchObject({ retried: expect.any(Number), resolved: 0 });
    const { id } = must(row(), 'it is set aside');
    const discarded = await s.run('--json', 'quarantine', 'discard', String(id));
    expect([discarded.status, JSON.parse(discarded.stdout)]).toEqual([0, { discarded: 1 }]);
    expect(row()?.state).toBe('discarded');
    // It is not looked at again, and not set aside anew.
    await sync.event('messages_synced', names(guidOf(await s.act({ act: 'say', text: 'another' }))));
    expect(row()?.state).toBe('discarded');
  });

  it('another source is imported, and following goes on', async () => {
    place.history('beside/other.db', { messages: 200, seed: 99 });
    const imported = await s.run('--json', 'import', place.file('beside', 'other.db'), '--address-book', 'none');
    expect(imported.status, imported.stderr).toBe(0);
    expect(JSON.parse(imported.stdout)).toMatchObject({ bulk: false });
    const status = JSON.parse((await s.run('--json', 'status')).stdout) as { sources: unknown[] };
    expect(status.sources).toHaveLength(2);
    const said = await s.act({ act: 'say', text: 'still followed' });
    await sync.event('messages_synced', names(guidOf(said)));
    await agrees(s);
  });

  it('a source is taken out again, but not the one that is followed', async () => {
    const list = async () =>
      (JSON.parse((await s.run('--json', 'sources')).stdout) as { sources: SourceLine[] }).sources;
    const [followed, other] = await list();
    expect(other).toMatchObject({ path: place.file('beside', 'other.db') });
    expect(other?.alone).toBeGreaterThan(100);
    const refused = await s.run('sources', 'remove', String(followed?.id));
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('is being followed')]);
    const removed = await s.run('--json', 'sources', 'remove', String(other?.id));
    expect(removed.status, removed.stderr).toBe(0);
    expect(JSON.parse(removed.stdout)).toMatchObject({
      messagesRemoved: other?.alone,
      chatsRemoved: expect.any(Number),
    });
    expect((await list()).map(({ id }) => id)).toEqual([followed?.id]);
    const unknown = await s.run('sources', 'remove', String(other?.id));
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('SOURCE_UNKNOWN')]);
    const said = await s.act({ act: 'say', text: 'followed as before' });
    await sync.event('messages_synced', names(guidOf(said)));
    await agrees(s);
  });

  it('search, export and status answer', async () => {
    const said = await s.act({ act: 'say', text: 'find the xylophone' });
    await sync.event('messages_synced', names(guidOf(said)));
    const search = await s.run('--json', 'search', 'xylophone');
    expect((JSON.parse(search.stdout) as { hits: unknown[] }).hits).toMatchObject([{ guid: guidOf(said) }]);
    const exported = await s.run('export', 'messages');
    expect(jsonLines(exported.stdout).map(({ guid }) => guid)).toContain(guidOf(said));
    const status = JSON.parse((await s.run('--json', 'status')).stdout) as { live: LiveStatus };
    expect(status.live.following).toMatchObject({ state: 'live', lastMessageRowid: said.rowId });
  });
});
