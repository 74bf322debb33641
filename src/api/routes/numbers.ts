import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChatStatsError } from '../../kernel/index.ts';
import { firstEventId, lastEventId, newestEvents, readEvents } from '../../outbox/index.ts';
import type { Backup } from '../../sources/iphone-backup/index.ts';
import { quarantineLines } from '../../store/index.ts';
import { type Api, answerAt, type Context, POSITION_HEADER, UNCHANGED } from '../context.ts';
import type { HeavyCalls, HeavyName } from '../heavy-calls.ts';
import * as schemas from '../schemas/index.ts';
import { ok } from './chats.ts';

/** What is looked for in all of the store, and the lists of what happened and of what was set aside. */
export function numberRoutes(api: Api, context: Context): void {
  api.get(
    '/search',
    {
      schema: {
        summary: 'Messages by their text',
        tags: ['messages'],
        querystring: schemas.searchQuery,
        response: ok(schemas.search),
      },
    },
    async (request, reply) => {
      const { q, chat, limit } = request.query;
      const found = await askAt(context, request, reply, 'search', { q, chat: chat ?? null, limit: limit + 1 });
      if (found === null) return UNCHANGED;
      return { items: found.slice(0, limit), isComplete: found.length <= limit };
    },
  );

  api.get(
    '/stats',
    {
      schema: {
        summary: 'How much, when, by whom, and how quickly answered',
        tags: ['stats'],
        querystring: schemas.statsQuery,
        response: ok(schemas.stats),
      },
    },
    async (request, reply) => {
      const { chat, from, to, timezone } = request.query;
      const moment = (text: string | undefined) => (text === undefined ? null : Date.parse(text));
      const stats = await askAt(context, request, reply, 'stats', {
        ...{ chat: chat ?? null, from: moment(from), to: moment(to), timeZone: timezone },
      });
      return stats ?? UNCHANGED;
    },
  );

  api.get(
    '/events',
    {
      schema: {
        summary: 'What happened',
        tags: ['events'],
        querystring: schemas.eventsQuery,
        response: ok(schemas.events),
      },
    },
    async (request, reply) => {
      const { after = null, limit, type } = request.query;
      const kept = answerAt(context, request, reply, (db) => {
        const first = firstEventId(db);
        const events =
          type !== undefined
            ? []
            : after === null
              ? newestEvents(db, { limit })
              : readEvents(db, { after, limit: limit + 1 });
        return { events, isTrimmed: after !== null && after < (first === null ? lastEventId(db) : first - 1) };
      });
      if (kept === null) return UNCHANGED;
      const types = type?.split(',').filter((name) => name !== '');
      const events =
        types === undefined
          ? kept.events
          : (await context.heavy.ask('events', { after, limit: after === null ? limit : limit + 1, types })).value;
      const items = events.slice(0, limit);
      const more = events.length > limit;
      return {
        items: items.map((event) => ({ ...event, data: event.data as Record<string, unknown> })),
        next: more ? (items.at(-1)?.id ?? null) : null,
        isTrimmed: kept.isTrimmed,
      };
    },
  );

  api.get(
    '/quarantine',
    {
      schema: {
        summary: 'Rows of Messages that were set aside, with the reason',
        tags: ['health'],
        querystring: schemas.pageQuery,
        response: ok(schemas.quarantine),
      },
    },
    (request, reply) => {
      const { limit, after } = request.query;
      const behind = after === undefined ? 0 : Number(/^\d{1,15}$/.exec(after)?.[0] ?? Number.NaN);
      if (Number.isNaN(behind)) throw new ChatStatsError('USAGE', 'the cursor is none that this server gave');
      const { position, value } = context.reader.readAt((db) =>
        quarantineLines(db, { after: behind, limit: limit + 1 }),
      );
      reply.header(POSITION_HEADER, String(position));
      const items = value.slice(0, limit);
      return { items, next: value.length > limit ? String(items.at(-1)?.id) : null };
    },
  );

  api.get(
    '/backups',
    {
      schema: {
        summary: 'iPhone backups where Finder, iTunes and Apple Devices keep them; no password is needed to see them',
        tags: ['health'],
        querystring: schemas.pageQuery,
        response: ok(schemas.backups),
      },
    },
    (request, reply) => {
      const { limit, after } = request.query;
      const all = [...context.listBackups()].sort((one, other) => (other.madeAt ?? 0) - (one.madeAt ?? 0));
      const from = Number(/^\d{1,9}$/.exec(after ?? '0')?.[0] ?? Number.NaN);
      if (Number.isNaN(from)) throw new ChatStatsError('USAGE', 'the cursor is none that this server gave');
      const items = all.slice(from, from + limit).map(backupLine);
      reply.header(POSITION_HEADER, String(context.reader.readAt(() => null).position));
      return { items, next: from + limit < all.length ? String(from + limit) : null };
    },
  );
}

function backupLine({ id, folder, device, model, madeAt, ios, encrypted, problem }: Backup) {
  const at = madeAt === null ? null : new Date(madeAt).toISOString();
  return { ...{ id, folder, device, model, at, ios, problem }, isEncrypted: encrypted };
}

/** Asks the thread that answers what takes long, unless whoever asks has the answer of this very moment already. */
async function askAt<N extends HeavyName>(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  name: N,
  args: HeavyCalls[N]['args'],
): Promise<HeavyCalls[N]['result'] | null> {
  answerAt(context, request, reply, () => null);
  if (reply.statusCode === 304) return null;
  const { position, value } = await context.heavy.ask(name, args);
  const tag = String(reply.getHeader('ETag')).replace(/-\d+"$/, `-${position}"`);
  reply.header(POSITION_HEADER, String(position)).header('ETag', tag);
  return value;
}
