import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Chat, Contact, Conversation, Timeline, TimelineMessage } from '../../src/api/index.ts';
import { must } from '../../src/kernel/index.ts';
import type { Database } from '../../src/sqlite/index.ts';
import { exportLines, openStoreForReading, openStoreForWriting } from '../../src/store/index.ts';
import { type Served, served } from './served.ts';

type Page<Item> = { items: Item[]; next: string | null };

let place: Served;
let db: Database;

beforeAll(async () => {
  place = await served();
  db = openStoreForReading(place.store);
});
afterAll(async () => {
  db.close();
  await place[Symbol.asyncDispose]();
});

/** All pages of a list, in pages of `limit`. */
async function everything<Item>(path: string, limit = 7): Promise<Item[]> {
  const items: Item[] = [];
  let next: string | null = null;
  do {
    const after: string = next === null ? '' : `&after=${encodeURIComponent(next)}`;
    const page: Page<Item> = await place.json<Page<Item>>(
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after}`,
    );
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    next = page.next;
  } while (next !== null);
  return items;
}

async function wholeTimeline(chat: number, direction: 'before' | 'after', limit = 13): Promise<TimelineMessage[]> {
  const first = await place.json<Timeline>(`/chats/${chat}/messages?limit=${limit}`);
  if (direction === 'before') {
    let { items, older } = first;
    while (older !== null) {
      const page: Timeline = await place.json(`/chats/${chat}/messages?limit=${limit}&before=${older}`);
      expect(page.newer).not.toBeNull();
      items = [...page.items, ...items];
      older = page.older;
    }
    return items;
  }
  const oldest = (await wholeTimeline(chat, 'before'))[0];
  const items = oldest === undefined ? [] : [oldest];
  let newer: string | null = oldest?.cursor ?? null;
  while (newer !== null) {
    const page: Timeline = await place.json(`/chats/${chat}/messages?limit=${limit}&after=${newer}`);
    items.push(...page.items);
    newer = page.newer;
  }
  return items;
}

describe('chats', () => {
  it('come newest first, page by page, each once', async () => {
    const chats = await everything<Chat>('/chats');
    const lines = [...exportLines(db, 'chats')];
    expect(chats.map(({ identifier }) => identifier).sort()).toEqual(lines.map(({ identifier }) => identifier).sort());
    const times = chats.map(({ lastMessageAt }) => lastMessageAt ?? '');
    expect(times).toEqual([...times].sort().reverse());
    for (const chat of chats) {
      const line = lines.find(({ identifier, kind }) => identifier === chat.identifier && kind === chat.kind);
      expect(chat).toMatchObject({ messageCount: line?.messageCount, lastMessageAt: line?.lastMessageAt });
      expect(chat.participants.map(({ address }) => address)).toEqual(line?.participants);
    }
  });

  it('are found by part of a name or address, whatever its case', async () => {
    const all = await everything<Chat>('/chats');
    const named = all.find(({ participants }) => participants.some(({ name }) => /^[A-Z][a-z]+ /.test(name ?? '')));
    const name = named?.participants.find((person) => /^[A-Z][a-z]+ /.test(person.name ?? ''))?.name ?? '';
    const found = await everything<Chat>(`/chats?q=${encodeURIComponent(name.slice(1).toUpperCase())}`);
    expect(found.map(({ id }) => id)).toContain(named?.id);
    expect(found.length).toBeLessThan(all.length);
    expect(await everything(`/chats?q=${encodeURIComponent(named?.identifier ?? '')}`)).not.toEqual([]);
  });

  it('with one person are one where that is asked for, and so are their timelines', async () => {
    await using other = await served({ messages: 600 });
    using writable = openStoreForWriting(other.store);
    const people = writable.all<{ chat: number; handle: number; contact: number }>(
      `SELECT c.id AS chat, min(h.id) AS handle, min(h.contact_id) AS contact FROM chats c
         JOIN chat_participants p ON p.chat_id = c.id JOIN handles h ON h.id = p.handle_id
       WHERE c.kind = 'direct' AND c.message_count > 3 GROUP BY c.id HAVING count(*) = 1 LIMIT 2`,
    );
    const [one, two] = people;
    writable.run('UPDATE handles SET contact_id = ? WHERE id = ?', one?.contact ?? 0, two?.handle ?? 0);
    const all = (await other.json<Page<Chat>>('/chats?limit=500')).items;
    const unified = (await other.json<Page<Chat>>('/chats?limit=500&unified=true')).items;
    expect(unified.flatMap(({ members }) => members).sort()).toEqual(all.map(({ id }) => id).sort());
    const several = must(
      unified.find(({ members }) => members.includes(one?.chat ?? 0)),
      'every chat is in some row',
    );
    expect([...several.members].sort()).toEqual([one?.chat, two?.chat].sort());
    const parts = all.filter(({ id }) => several.members.includes(id));
    expect(several.messageCount).toBe(parts.reduce((total, { messageCount }) => total + messageCount, 0));
    expect(several.lastMessageAt).toBe(
      parts
        .map(({ lastMessageAt }) => lastMessageAt ?? '')
        .sort()
        .at(-1),
    );
    const timeline = await other.json<Timeline>(`/chats/${several.id}/messages?unified=true&limit=500`);
    expect(new Set(timeline.items.map(({ chatId }) => chatId))).toEqual(new Set(several.members));
    const times = timeline.items.map(({ sentAt }) => sentAt ?? '');
    expect(times).toEqual([...times].sort());
    const either = await other.json<Chat>(`/chats/${two?.chat}?unified=true`);
    expect([...either.members].sort()).toEqual([...several.members].sort());
  });

  it('are asked for by id or identifier', async () => {
    const [chat] = await everything<Chat>('/chats');
    const byIdentifier = await place.json(`/chats/${encodeURIComponent(chat?.identifier ?? '')}`);
    expect(byIdentifier).toEqual(await place.json(`/chats/${chat?.id}`));
  });

  it('show their newest message and what is active', async () => {
    for (const chat of await everything<Chat>('/chats')) {
      if (chat.lastMessage === null) expect(chat.lastMessageAt).toBeNull();
      else if (chat.lastMessageAt !== null) expect(chat.lastMessage.sentAt).toBe(chat.lastMessageAt);
      if (chat.activeConversation !== null)
        expect(chat.activeConversation).toMatchObject({ state: 'active', sealedAt: null });
    }
  });
});

describe('a timeline', () => {
  it.each(['before', 'after'] as const)(
    'read by ?%s= holds every message of its chat once, in order',
    async (direction) => {
      const lines = [...exportLines(db, 'messages')];
      for (const chat of (await everything<Chat>('/chats')).slice(0, 8)) {
        const expected = db
          .all<{ guid: string }>('SELECT guid FROM messages WHERE chat_id = ? ORDER BY sent_at, id', chat.id)
          .map(({ guid }) => guid);
        const timeline = await wholeTimeline(chat.id, direction);
        expect(timeline.map(({ guid }) => guid)).toEqual(expected);
        for (const { guid, attachments, ...message } of timeline.slice(0, 40)) {
          const { attachments: guids, ...line } = lines.find((candidate) => candidate.guid === guid) ?? {
            attachments: [],
          };
          expect({ guid, ...message }).toMatchObject(line);
          expect(attachments.map((attachment) => attachment.guid)).toEqual(guids);
        }
      }
    },
  );

  it('opens around a message', async () => {
    const [{ chat, guid } = { chat: 0, guid: '' }] = db.all<{ chat: number; guid: string }>(
      'SELECT chat_id AS chat, guid FROM messages WHERE chat_id = (SELECT chat_id FROM messages GROUP BY 1 ORDER BY count(*) DESC) ORDER BY sent_at LIMIT 1 OFFSET 50',
    );
    const page = await place.json<Timeline>(`/chats/${chat}/messages?around=${guid}&limit=21`);
    expect(page.items.map((message) => message.guid).indexOf(guid)).toBe(10);
    expect([page.older, page.newer]).toEqual([page.items[0]?.cursor, page.items.at(-1)?.cursor]);
    expect((await place.get(`/chats/${chat}/messages?around=nobody`)).status).toBe(404);
    expect((await place.get(`/chats/${chat}/messages?around=${guid}&before=1.1`)).status).toBe(400);
    expect((await place.get(`/chats/${chat}/messages?before=nonsense`)).status).toBe(400);
  });

  it('shows reactions that hold, what is replied to, and where attachments are', async () => {
    const reactions = [...exportLines(db, 'reactions')].filter(({ removedAt }) => removedAt === null);
    const targets = new Set(reactions.map(({ target }) => target));
    const replies = db.all<{ guid: string }>(
      'SELECT m.guid FROM messages m JOIN messages t ON t.guid = m.reply_to LIMIT 20',
    );
    const withFiles = db.all<{ guid: string }>(
      `SELECT m.guid FROM messages m JOIN message_attachments ma ON ma.message_id = m.id LIMIT 20`,
    );
    const guids = [...[...targets].slice(0, 60), ...[...replies, ...withFiles].map(({ guid }) => guid)];
    const { items } = await place.json<{ items: TimelineMessage[] }>(`/messages?guids=${guids.join(',')}`);
    expect(replies.length * withFiles.length).toBeGreaterThan(0);
    for (const item of items) {
      const given = reactions.filter(({ target }) => target === item.guid);
      expect(item.reactions.length).toBe(given.length);
      expect(item.reactions.map(({ kind }) => kind).sort()).toEqual(given.map(({ kind }) => kind).sort());
      for (const { state, url, guid } of item.attachments) {
        expect(url).toBe(state === 'present' ? `/api/attachments/${encodeURIComponent(guid)}` : null);
      }
    }
    for (const { guid } of replies) {
      const item = items.find((message) => message.guid === guid);
      expect(item?.replyPreview?.guid).toBe(item?.replyTo);
    }
  });
});

describe('conversations', () => {
  it('of a chat come newest first, and each tells who said how much', async () => {
    for (const chat of (await everything<Chat>('/chats')).slice(0, 5)) {
      const list = await everything<Conversation>(`/chats/${chat.id}/conversations`, 3);
      const ids = db
        .all<{ id: number }>(
          'SELECT id FROM conversations WHERE chat_id = ? ORDER BY started_at DESC, id DESC',
          chat.id,
        )
        .map(({ id }) => id);
      expect(list.map(({ id }) => id)).toEqual(ids);
      const [first] = list;
      if (first === undefined) continue;
      const detail = await place.json<{ people: { messages: number }[]; messageCount: number }>(
        `/conversations/${first.id}`,
      );
      expect(detail.people.reduce((total, { messages }) => total + messages, 0)).toBe(detail.messageCount);
    }
    expect((await place.get('/conversations/999999')).status).toBe(404);
  });
});

describe('contacts', () => {
  it('come by name, page by page, each once, with their direct chats', async () => {
    const contacts = await everything<Contact>('/contacts', 11);
    const lines = [...exportLines(db, 'contacts')];
    expect(contacts.map(({ id }) => id).sort((a, b) => a - b)).toEqual(lines.map(({ id }) => id));
    const names = contacts.map(({ name }) => name);
    expect(names.slice(names.indexOf(null)).every((name) => name === null) || !names.includes(null)).toBe(true);
    const chats = await everything<Chat>('/chats');
    for (const { id, directChats } of contacts) {
      const own = chats.filter(
        ({ kind, participants }) => kind === 'direct' && participants.some((p) => p.contactId === id),
      );
      expect(directChats.map((chat) => chat.id).sort()).toEqual(own.map((chat) => chat.id).sort());
    }
  });

  it('are found by part of a name or address', async () => {
    const [contact] = (await everything<Contact>('/contacts')).filter(({ identifiers }) => identifiers.length > 0);
    const found = await everything<Contact>(`/contacts?q=${encodeURIComponent(contact?.identifiers[0] ?? '')}`, 3);
    expect(found.map(({ id }) => id)).toContain(contact?.id);
  });
});

describe('every answer', () => {
  const lists = ['/chats', '/contacts', '/events', '/quarantine', '/search?q=a', '/jobs', '/backups', '/stats'];

  it.each(lists)('of %s carries the position of its moment', async (path) => {
    const response = await place.get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-event-position')).toBe('2');
  });

  it('is not sent again to who has it, until something happens', async () => {
    const first = await place.get('/chats');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    for (const path of ['/chats', '/contacts', '/stats', '/search?q=a', '/events']) {
      const again = await place.get(path, { 'if-none-match': etag });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
      expect(again.headers.get('x-event-position')).toBe('2');
    }
    const changing = await served({ messages: 300 });
    const tag = (await changing.get('/chats')).headers.get('etag') ?? '';
    changing.tell([{ type: 'chat_updated', chatId: 1, data: { chatId: 1, changed: ['name'] } }]);
    expect((await changing.get('/chats', { 'if-none-match': tag })).status).toBe(200);
    await changing[Symbol.asyncDispose]();
  });

  it('is compressed for who wants that', async () => {
    const raw = await place.raw('/chats?limit=100', { 'accept-encoding': 'gzip' });
    expect(raw.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(raw.body).toString())).toEqual(await place.json('/chats?limit=100'));
  });

  it('that cannot be given is a problem of the catalogue', async () => {
    const cases = [
      ['/chats/nobody', 404, 'CHAT_NOT_FOUND'],
      ['/chats?limit=0', 400, 'USAGE'],
      ['/chats?limit=501', 400, 'USAGE'],
      ['/chats?after=nonsense', 400, 'USAGE'],
      ['/conversations/x', 400, 'USAGE'],
      ['/nothing', 404, 'NOT_FOUND'],
      ['/stats?chat=nobody', 404, 'CHAT_NOT_FOUND'],
    ] as const;
    for (const [path, status, code] of cases) {
      const response = await place.get(path);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect([path, await response.json()]).toEqual([
        path,
        expect.objectContaining({ status, code, type: `urn:chatstats:error:${code}`, hint: expect.any(String) }),
      ]);
    }
  });

  it('says nothing of what was asked for when something breaks', async () => {
    using writable = openStoreForWriting(place.store);
    writable.exec('ALTER TABLE contacts RENAME TO contacts_away');
    const response = await place.get('/contacts?q=private');
    writable.exec('ALTER TABLE contacts_away RENAME TO contacts');
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'INTERNAL', detail: 'the request could not be answered' });
    expect((await place.get('/contacts')).status).toBe(200);
  });
});
