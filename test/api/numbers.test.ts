import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Chat, Event, SearchItem, Stats, Status } from '../../src/api/index.ts';
import { must } from '../../src/kernel/index.ts';
import type { Database } from '../../src/sqlite/index.ts';
import { exportLines, openStoreForReading, storeStats } from '../../src/store/index.ts';
import { type Served, served } from './served.ts';

let place: Served;
let db: Database;
let chat: Chat;

beforeAll(async () => {
  place = await served();
  db = openStoreForReading(place.store);
  chat = must((await place.json<{ items: Chat[] }>('/chats?limit=1')).items[0], 'the history has chats');
});
afterAll(async () => {
  db.close();
  await place[Symbol.asyncDispose]();
});

describe('numbers', () => {
  it('agree with those of the command line', async () => {
    const stats = await place.json<Stats>('/stats?timezone=America/St_Johns');
    const known = storeStats(db, { limit: 50, timeZone: 'America/St_Johns' });
    expect(stats.days.map(({ day, messages }) => ({ day, messages }))).toEqual(known.byDay);
    expect(stats.weekdayHours).toEqual(known.byWeekdayHour);
    expect(stats.kinds).toEqual(known.kinds);
    expect(stats.services).toEqual(known.services);
    expect(stats.reactions).toEqual(known.reactions);
    expect(stats.conversations.count).toBe(known.conversations.count);
    expect(stats.people.map(({ contactId, messages }) => ({ contactId, messages }))).toEqual(
      known.topSenders.map(({ contactId, messages }) => ({ contactId, messages })),
    );
    const lengths = stats.conversations.byMessages.reduce((total, { count }) => total + count, 0);
    expect(lengths).toBe(stats.conversations.count);
  });

  it('of one chat and one span of time add up', async () => {
    const whole = await place.json<Stats>(`/stats?chat=${chat.id}`);
    expect(whole.messages).toBe(chat.messageCount);
    const middle = '2022-01-01T00:00:00Z';
    const before = await place.json<Stats>(`/stats?chat=${chat.id}&to=${middle}`);
    const after = await place.json<Stats>(`/stats?chat=${chat.id}&from=${middle}`);
    const undated = Number(
      db.value(`SELECT count(*) FROM messages WHERE chat_id = ? AND sent_at IS NULL AND kind <> 'event'`, chat.id),
    );
    expect(before.messages + after.messages + undated).toBe(whole.messages);
  });

  it.each(['/stats?timezone=Mars/Olympus', '/stats?from=yesterday'])('%s is refused', async (path) => {
    const response = await place.get(path);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'USAGE']);
  });
});

describe('search', () => {
  it('finds what is there, newest first, and marks it', async () => {
    const word = 'the';
    const { items, isComplete } = await place.json<{ items: SearchItem[]; isComplete: boolean }>(
      `/search?q=${word}&limit=20`,
    );
    expect(items.length).toBeGreaterThan(0);
    expect(isComplete).toBe(items.length < 20);
    for (const { text, highlights, chatTitle } of items) {
      expect(chatTitle).not.toBe('');
      for (const [start, length] of highlights) expect(text?.slice(start, start + length).toLowerCase()).toBe(word);
    }
    const here = items[0]?.chatId ?? 0;
    const within = await place.json<{ items: SearchItem[] }>(`/search?q=${word}&chat=${here}`);
    expect(new Set(within.items.map(({ chatId }) => chatId))).toEqual(new Set([here]));
  });
});

describe('events', () => {
  it('are listed from a position on, or the newest of them', async () => {
    const first = await place.json<{ items: Event[]; next: number | null }>('/events?after=0&limit=1');
    expect([first.items.map(({ id }) => id), first.next]).toEqual([[1], 1]);
    const rest = await place.json<{ items: Event[]; next: number | null }>('/events?after=1');
    expect([rest.items.map(({ id }) => id), rest.next]).toEqual([[2], null]);
    expect((await place.json<{ items: Event[] }>('/events?limit=1')).items.map(({ id }) => id)).toEqual([2]);
    expect(await place.json('/events?type=import_completed')).toMatchObject({ items: [{ id: 2 }] });
  });
});

describe('state', () => {
  it('is told in one answer, as figures, and as a verdict', async () => {
    const status = await place.json<Status>('/status');
    expect(status.store?.counts.messages).toBe([...exportLines(db, 'messages')].length);
    expect(status).toMatchObject({ lastEvent: 2, import: null, streams: { clients: 0, cutOff: 0 } });
    place.engine.say('problem', { code: 'SOURCE_LOCKED', text: 'it is locked' });
    place.engine.say('problem', { code: 'SOURCE_LOCKED', text: 'it is locked' });
    place.engine.say('state', { state: 'source-missing' });
    expect(await place.json('/status')).toMatchObject({ problems: [{ code: 'SOURCE_LOCKED', times: 2 }] });
    expect(await place.json('/health')).toMatchObject({ state: 'failed' });
    const metrics = await place.get('/metrics');
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await metrics.text();
    expect(text).toMatch(/^chatstats_rows\{kind="messages"\} \d+$/m);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(?:# |chatstats_\w+(?:\{\w+="[^"]*"\})? -?[\d.e+]+$)/);
  });

  it('is what the doctor says', async () => {
    const { ok, checks } = await place.json<{ ok: boolean; checks: { id: string; state: string }[] }>('/doctor');
    expect(ok).toBe(true);
    const states = new Map(checks.map(({ id, state }) => [id, state]));
    expect([states.get('source'), states.get('store'), states.get('store-integrity')]).toEqual(['ok', 'ok', 'skipped']);
  });

  it('can be asked for all that is documented', async () => {
    const document = await place.json<{ openapi: string; paths: Record<string, unknown> }>('/openapi.json');
    expect(document.openapi).toBe('3.1.0');
    const promised =
      'status health chats chats/{id} chats/{id}/messages chats/{id}/conversations conversations/{id} contacts search stats events quarantine jobs backups metrics import chats/{id}/seal contacts/sync analysis/run analysis/backfill jobs/{id}/retry quarantine/{id}/retry stream stream/messages stream/chats stream/contacts stream/queue stream/events stream/metrics';
    for (const path of promised.split(' ')) expect(Object.keys(document.paths)).toContain(`/api/${path}`);
  });
});

describe('what changes something', () => {
  it('is asked of the engine', async () => {
    place.engine.answer = (name) => (name === 'seal' ? { sealed: 1 } : { retried: 1, resolved: 0 });
    expect(await (await place.post(`/chats/${chat.id}/seal`)).json()).toEqual({ sealed: 1 });
    expect(await (await place.post('/quarantine/7/retry')).json()).toEqual({ retried: 1, resolved: 0 });
    expect((await place.post('/import')).status).toBe(202);
    expect((await place.post('/import', { source: '/elsewhere/chat.db' })).status).toBe(202);
    expect(place.engine.calls).toMatchObject([
      { name: 'seal', args: { chat: chat.identifier } },
      { name: 'quarantineRetry', args: { ids: [7] } },
      { name: 'import', args: { source: { path: place.source } } },
      { name: 'import', args: { source: { path: '/elsewhere/chat.db' } } },
    ]);
  });

  it('is asked of the engine about people, too', async () => {
    const synced = { books: 1, cards: 2, created: 1, updated: 1, merged: 0, removed: 0, problems: [] };
    const merged = { merge: 3, from: 9, into: 8 };
    place.engine.calls.length = 0;
    place.engine.answer = (name) => (name === 'contactsSync' ? synced : merged);
    expect(await (await place.post('/contacts/sync')).json()).toEqual(synced);
    expect(await (await place.post('/contacts/merge', { first: '8', second: '+14155550101' })).json()).toEqual(merged);
    expect(await (await place.post('/contacts/merges/3/undo')).json()).toEqual(merged);
    expect(place.engine.calls).toMatchObject([
      { name: 'contactsSync' },
      { name: 'contactsMerge', args: { first: '8', second: '+14155550101' } },
      { name: 'contactsUndo', args: { merge: 3 } },
    ]);
    expect((await place.post('/contacts/merge', { first: '8' })).status).toBe(400);
    expect(await place.json('/contacts/merges')).toEqual({ items: [] });
    expect(Array.isArray((await place.json<{ items: unknown[] }>('/contacts/conflicts')).items)).toBe(true);
    expect((await place.get('/contacts/1/avatar')).status).toBe(404);
  });

  it('is asked of the engine about analysis, too', async () => {
    const forecast = { conversations: 3, runs: 4, messages: 50, texts: 900 };
    place.engine.calls.length = 0;
    place.engine.answer = (name) =>
      name === 'analysisPlan'
        ? { plan: 2, forecast }
        : name === 'jobsRetry'
          ? { retried: 1, replaced: 0 }
          : { cancelled: 1 };
    const run = await place.post('/analysis/run', { top: 5 });
    expect([run.status, await run.json()]).toEqual([202, { plan: 2, forecast }]);
    expect((await place.post('/analysis/backfill', { pass: 'llm', dryRun: true })).status).toBe(202);
    expect((await place.post('/analysis/backfill', {})).status).toBe(400);
    expect(await (await place.post('/analysis/cancel')).json()).toEqual({ cancelled: 1 });
    expect(await (await place.post('/jobs/7/retry')).json()).toEqual({ retried: 1, replaced: 0 });
    expect(place.engine.calls).toEqual([
      { name: 'analysisPlan', args: { what: 'run', passes: null, chat: null, top: 5, isDry: false } },
      { name: 'analysisPlan', args: { what: 'backfill', passes: ['llm'], chat: null, top: null, isDry: true } },
      { name: 'analysisCancel', args: {} },
      { name: 'jobsRetry', args: { ids: [7] } },
    ]);
  });
});
