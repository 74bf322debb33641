import http from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/delivery/index.ts';
import type { NewEvent } from '../../src/model/index.ts';
import { Database } from '../../src/sqlite/index.ts';
import { openStoreForReading, openStoreForWriting } from '../../src/store/index.ts';
import { type Served, served } from './served.ts';
import { SseClient } from './sse-client.ts';

let place: Served;
let guids: { guid: string; chat: number }[];

beforeAll(async () => {
  place = await served({ api: { streams: { pollMs: 20, beatMs: 50, stalledMs: 300 } } });
  using db = openStoreForReading(place.store);
  guids = db.all('SELECT guid, chat_id AS chat FROM messages ORDER BY id LIMIT 400');
});
afterAll(async () => await place[Symbol.asyncDispose]());

const stream = (path: string, headers: Record<string, string> = {}) =>
  new SseClient(`${place.address}api/stream${path}`, headers);

function synced(at: number): NewEvent {
  const message = guids[at % guids.length] ?? { guid: '', chat: 0 };
  return { type: 'messages_synced', chatId: message.chat, data: { guids: [message.guid], historicalGuids: [] } };
}

const some = (count: number, from = 0) => Array.from({ length: count }, (_, at) => synced(from + at));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('a stream', () => {
  it('says how soon to come again, then tells what happens, in order', async () => {
    using client = stream('/messages');
    await client.response;
    await client.until(() => client.retryMs !== null);
    const last = place.tell(some(3));
    await client.untilId(last);
    expect(client.retryMs).toBe(1_000);
    expect(client.ids).toEqual(range(last - 2, last));
    expect(client.received[0]).toMatchObject({
      type: 'messages_synced',
      data: { type: 'messages_synced', id: last - 2 },
    });
    const response = await client.response;
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  });

  it('needs no word of a commit: the table is the truth', async () => {
    using client = stream('/events');
    await client.response;
    await client.until(() => client.retryMs !== null);
    const last = place.tell(some(2), { silently: true });
    await client.untilId(last);
    expect(client.ids).toEqual([last - 1, last]);
  });

  it('is kept alive by comments', async () => {
    using client = stream('/contacts');
    await client.until(() => client.comments.length >= 2);
  });

  it.each([
    ['Last-Event-ID', (after: number) => stream('/messages', { 'last-event-id': String(after) })],
    ['?after=', (after: number) => stream(`/messages?after=${after}`)],
    [
      'Last-Event-ID, whatever the address says',
      (after: number) => stream('/messages?after=1', { 'last-event-id': String(after) }),
    ],
  ])('resumes by %s', async (_how, open) => {
    const last = place.tell(some(300));
    using client = open(last - 290);
    await client.untilId(last);
    expect(client.ids).toEqual(range(last - 289, last));
  });

  it('tells a snapshot and what follows it without a hole', async () => {
    const response = await place.get('/chats?limit=1');
    const position = Number(response.headers.get('x-event-position'));
    const last = place.tell(some(5));
    using client = stream(`/messages?after=${position}`);
    await client.untilId(last);
    expect(client.ids).toEqual(range(position + 1, last));
  });

  it('carries messages where they are asked for, and ids alone elsewhere', async () => {
    const after = place.tell([]) || Number((await place.get('/chats?limit=1')).headers.get('x-event-position'));
    const last = place.tell([synced(0)]);
    using bare = stream(`/messages?after=${after}`);
    using full = stream(`/messages?after=${after}&bodies=1`);
    await Promise.all([bare.untilId(last), full.untilId(last)]);
    const { guid, chat } = guids[0] ?? { guid: '', chat: 0 };
    expect(bare.received.at(-1)?.data).not.toHaveProperty('messages');
    expect(full.received.at(-1)?.data).toMatchObject({ chatId: chat, messages: [{ guid, edits: expect.any(Array) }] });
  });

  it('of one chat tells of no other', async () => {
    const chat = guids[0]?.chat ?? 0;
    const after = place.tell(some(1));
    const last = place.tell([...some(40), synced(0)]);
    using client = stream(`/messages?chat=${chat}&after=${after}`);
    await client.untilId(last);
    expect(new Set(client.received.map(({ data }) => data.chatId))).toEqual(new Set([chat]));
  });

  it('tells attachments of a chat by where their messages are', async () => {
    using db = openStoreForReading(place.store);
    const [here, there] = db.all<{ guid: string; chat: number }>(
      `SELECT a.guid, m.chat_id AS chat FROM attachments a JOIN message_attachments ma ON ma.attachment_id = a.id
       JOIN messages m ON m.id = ma.message_id GROUP BY m.chat_id ORDER BY a.id LIMIT 2`,
    );
    const updated = (guid = ''): NewEvent => ({
      type: 'attachment_updated',
      chatId: null,
      data: { guids: [guid], changed: ['state'] },
    });
    using client = stream(`/messages?chat=${here?.chat}`);
    await client.until(() => client.retryMs !== null);
    const last = place.tell([updated(there?.guid), updated(here?.guid)]);
    await client.untilId(last);
    expect(client.ids).toEqual([last]);
  });

  it('of events tells the types asked for', async () => {
    const after = place.tell(some(1));
    const last = place.tell([...some(2), { type: 'chat_created', chatId: 1, data: { chatId: 1 } }, ...some(2)]);
    using client = stream(`/events?type=chat_created,chat_updated&after=${after}`);
    await client.untilId(last - 2);
    expect(client.kept.map(({ type }) => type)).toEqual(['chat_created']);
  });

  it('carries several topics on one connection, each event once', async () => {
    const after = place.tell(some(1));
    const sealed = {
      conversationId: 1,
      messageCount: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:00.000Z',
      revision: 1,
    };
    const last = place.tell([
      synced(1),
      { type: 'conversation_sealed', chatId: 1, data: sealed },
      { type: 'contact_created', chatId: null, data: { contactId: 1 } },
      { type: 'row_quarantined', chatId: null, data: { quarantineId: 1, sourceId: 1, rowid: 1, reason: 'no_chat' } },
      synced(2),
    ]);
    using client = stream(`?topics=messages,chats,queue,metrics&after=${after}`);
    await client.untilId(last);
    await client.until(() => client.received.some(({ type }) => type === 'metrics'));
    expect(client.kept.map(({ type }) => type)).toEqual(['messages_synced', 'conversation_sealed', 'messages_synced']);
    expect((await place.get('/stream?topics=messages,nonsense')).status).toBe(400);
  });

  it('says reset for a position that is not kept any more, and for one that was never given', async () => {
    const last = place.tell(some(20));
    using db = openStoreForWriting(place.store);
    db.run('DELETE FROM events WHERE id <= ?', last - 10);
    for (const after of [last - 15, last + 1_000]) {
      using client = stream(`/messages?after=${after}`);
      await client.until(() => client.received.length > 0);
      expect(client.received[0]).toMatchObject({ id: last, type: 'reset', data: { position: last } });
    }
    using client = stream(`/messages?after=${last - 10}`);
    await client.untilId(last);
    expect(client.ids).toEqual(range(last - 9, last));
  });

  it('cuts off who does not read, keeps little for them, and lets them resume', async () => {
    const after = place.tell(some(1));
    const many = Array.from({ length: 480 }, (_, at) => guids[at % guids.length]?.guid ?? '');
    const big: NewEvent = { type: 'messages_synced', chatId: 1, data: { guids: many, historicalGuids: [] } };
    const last = place.tell(Array.from({ length: 900 }, () => big));
    const deaf = http.get(`${place.address}api/stream/messages?after=${after}`, { agent: false });
    const response = await new Promise<http.IncomingMessage>((resolve) => deaf.once('response', resolve));
    response.pause();
    using other = stream(`/messages?after=${last}`);
    await other.until(() => other.retryMs !== null);
    const ended = new Promise<void>((resolve) => response.once('close', resolve));
    const cut = async () => (await place.json<{ streams: { cutOff: number } }>('/status')).streams.cutOff;
    while ((await cut()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const next = place.tell([synced(1)]);
    await other.untilId(next);
    response.resume();
    response.on('error', () => undefined);
    await ended;
    using again = stream(`/messages?after=${last - 2}`);
    await again.untilId(next);
    expect(again.ids).toEqual(range(last - 1, next));
  });

  it('misses and repeats nothing, wherever it is cut, and whenever the server starts again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant('cut' as const), fc.constant('restart' as const)),
          {
            minLength: 2,
            maxLength: 10,
          },
        ),
        async (steps) => {
          const start = place.tell(some(1));
          let last = start;
          const seen: number[] = [];
          let client = stream(`/messages?after=${start}`);
          const cut = () => {
            client.close();
            seen.push(...client.ids);
          };
          const resume = () => {
            client = stream('/messages', { 'last-event-id': String(seen.at(-1) ?? start) });
          };
          for (const step of steps) {
            if (typeof step === 'number') last = place.tell(some(step));
            else {
              await client.response.catch(() => undefined);
              cut();
              if (step === 'restart') await place.restart();
              resume();
            }
          }
          if (last > (seen.at(-1) ?? start)) await client.untilId(last);
          cut();
          expect(seen).toEqual(range(start + 1, last));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('serves 200 at once, reading and encoding each event once', async () => {
    const clients = range(1, 200).map(() => stream('/messages?bodies=1'));
    await Promise.all(clients.map((client) => client.until(() => client.retryMs !== null)));
    const reads: string[] = [];
    Database.watch((sql) => {
      if (/FROM events\s+WHERE id > |FROM messages m JOIN chats/.test(sql)) reads.push(sql);
    });
    const last = place.tell([synced(5)]);
    await Promise.all(clients.map((client) => client.untilId(last)));
    Database.watch(null);
    for (const client of clients) {
      expect(client.ids).toEqual([last]);
      client.close();
    }
    // The event itself, and the message that it carries.
    expect(reads).toHaveLength(2);
  });
});

describe('before there is a store', () => {
  it('tells how far the first import is, then what it has told, from position 0 on', async () => {
    await using empty = await served({ empty: true, api: { streams: { pollMs: 20 } } });
    expect((await empty.get('/chats')).headers.get('x-event-position')).toBe('0');
    using client = new SseClient(`${empty.address}api/stream?topics=messages,events&after=0`);
    await client.until(() => client.retryMs !== null);
    empty.engine.say('state', { state: 'importing' });
    empty.engine.say('progress', { call: 1, progress: { stage: 'messages', done: 10, total: 20 } });
    await client.until(() => client.received.some(({ type }) => type === 'import_progress'));
    expect(await empty.json('/status')).toMatchObject({
      state: 'importing',
      import: { done: 10, total: 20 },
      store: null,
    });
    const { runImport } = await import('../support/fixture.ts');
    await runImport(empty);
    empty.engine.say('committed', { position: 2 });
    await client.untilId(2);
    expect(client.kept.map(({ type }) => type)).toEqual(['import_started', 'import_completed']);
    expect((await empty.json<{ items: unknown[] }>('/chats')).items.length).toBeGreaterThan(5);
  });
});

describe('a hub', () => {
  it('ends its listeners when it is disposed of', async () => {
    using db = openStoreForReading(place.store);
    const hub = new Hub({ read: (work) => work(db) });
    const outlet = { write: () => undefined, unsent: 0, onDrained: () => undefined, cut: () => undefined };
    const wish = { topics: ['events'] as const, chats: null, types: null, bodies: false };
    const listening = hub.listen(wish, null, outlet, new AbortController().signal);
    await hub[Symbol.asyncDispose]();
    await listening;
    expect(hub.figures.clients).toBe(0);
  });
});
