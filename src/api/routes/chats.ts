import { z } from 'zod';
import { ChatStatsError } from '../../kernel/index.ts';
import {
  analysisOf,
  type Cursor,
  chatItem,
  chatList,
  chatsWithSamePerson,
  chatTitles,
  contactList,
  conversationDetail,
  conversationList,
  cursorOf,
  messagesByGuid,
  type TimelinePlace,
  timelinePage,
} from '../../store/index.ts';
import { type Api, answerAt, type Context, notFound } from '../context.ts';
import { chatNamed } from '../heavy-calls.ts';
import * as schemas from '../schemas/index.ts';

/** Chats, what was said in them, conversations and people. */
export function chatRoutes(api: Api, context: Context): void {
  api.get(
    '/chats',
    { schema: { summary: 'Chats', tags: ['chats'], querystring: schemas.chatsQuery, response: ok(schemas.chats) } },
    (request, reply) => {
      const { limit, after, q, unified } = request.query;
      const options = { limit, after: cursorIn(after), query: q === undefined || q === '' ? null : q, unified };
      return answerAt(context, request, reply, (db) => chatList(db, options, context.kept));
    },
  );

  api.get(
    '/chats/:id',
    {
      schema: {
        summary: 'One chat',
        tags: ['chats'],
        params: schemas.chatParams,
        querystring: schemas.unifiedQuery,
        response: ok(schemas.chat),
      },
    },
    (request, reply) =>
      answerAt(context, request, reply, (db) => {
        const chat = chatItem(db, chatNamed(db, request.params.id), request.query.unified);
        if (chat === null) throw notFound('chat');
        return chat;
      }),
  );

  api.get(
    '/chats/:id/messages',
    {
      schema: {
        summary: 'The timeline of a chat, in both directions from any place',
        tags: ['messages'],
        params: schemas.chatParams,
        querystring: schemas.timelineQuery,
        response: ok(schemas.timeline),
      },
    },
    (request, reply) => {
      const { limit, unified } = request.query;
      const place = placeOf(request.query);
      return answerAt(context, request, reply, (db) => {
        const id = chatNamed(db, request.params.id);
        const page = timelinePage(
          db,
          unified ? chatsWithSamePerson(db, id) : [id],
          { place, limit },
          context.kept.messages,
        );
        if (page === null) throw notFound('message in this chat');
        return page;
      });
    },
  );

  api.get(
    '/messages',
    {
      schema: {
        summary: 'Messages by guid, as events name them',
        tags: ['messages'],
        querystring: schemas.messagesQuery,
        response: ok(schemas.messages),
      },
    },
    (request, reply) => answerAt(context, request, reply, (db) => ({ items: messagesByGuid(db, request.query.guids) })),
  );

  api.get(
    '/chats/:id/conversations',
    {
      schema: {
        summary: 'The conversations of a chat',
        tags: ['conversations'],
        params: schemas.chatParams,
        querystring: schemas.conversationsQuery,
        response: ok(schemas.conversations),
      },
    },
    (request, reply) => {
      const { limit, after, unified } = request.query;
      const options = { limit, after: cursorIn(after) };
      return answerAt(context, request, reply, (db) => {
        const id = chatNamed(db, request.params.id);
        return conversationList(db, unified ? chatsWithSamePerson(db, id) : [id], options);
      });
    },
  );

  api.get(
    '/conversations/:id',
    {
      schema: {
        summary: 'One conversation, and who said how much in it',
        tags: ['conversations'],
        params: schemas.idParams,
        response: ok(schemas.conversationDetail),
      },
    },
    (request, reply) =>
      answerAt(context, request, reply, (db) => {
        const found = conversationDetail(db, request.params.id);
        if (found === null) throw notFound('conversation');
        const chatTitle = chatTitles(db, [found.chatId]).get(found.chatId) ?? found.chat;
        return { ...found, chatTitle, analysis: analysisOf(db, found.id) as schemas.AnalysisResult[] };
      }),
  );

  api.get(
    '/contacts',
    {
      schema: {
        summary: 'People',
        tags: ['contacts'],
        querystring: schemas.contactsQuery,
        response: ok(schemas.contacts),
      },
    },
    (request, reply) => {
      const { limit, after, q } = request.query;
      const options = { limit, after: contactCursorIn(after), query: q === undefined || q === '' ? null : q };
      return answerAt(context, request, reply, (db) => {
        const { items, next } = contactList(db, options);
        return { items, next: next === null ? null : packed(next) };
      });
    },
  );
}

export function ok<S extends z.ZodType>(schema: S): { 200: S } {
  return { 200: schema };
}

function placeOf({
  before,
  after,
  around,
}: {
  before?: string | undefined;
  after?: string | undefined;
  around?: string | undefined;
}): TimelinePlace {
  if (around !== undefined) return { around };
  const older = cursorIn(before);
  if (older !== null) return { before: older };
  const newer = cursorIn(after);
  return newer === null ? null : { after: newer };
}

function cursorIn(text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const cursor = cursorOf(text);
  if (cursor === null) throw new ChatStatsError('USAGE', 'the cursor is none that this server gave');
  return cursor;
}

const contactCursor = z.object({ name: z.string().nullable(), id: z.int() });

function packed(cursor: z.infer<typeof contactCursor>): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function contactCursorIn(text: string | undefined): z.infer<typeof contactCursor> | null {
  if (text === undefined) return null;
  try {
    return contactCursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new ChatStatsError('USAGE', 'the cursor is none that this server gave');
  }
}
