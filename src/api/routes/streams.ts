import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Outlet, Topic, Wish } from '../../delivery/index.ts';
import { ChatStatsError } from '../../kernel/index.ts';
import type { Api, Context } from '../context.ts';
import { chatNamed } from '../heavy-calls.ts';
import * as schemas from '../schemas/index.ts';

/** Server-sent events: one route for each topic, and one for several at once, because browsers allow six connections. */
export function streamRoutes(api: Api, context: Context): void {
  const produces = ['text/event-stream'];
  // A stream has no end, so nobody could be told what its headers alone would be.
  const exposeHeadRoute = false;
  for (const topic of schemas.TOPICS) {
    api.get(
      `/stream/${topic}`,
      {
        exposeHeadRoute,
        schema: {
          summary: `Server-sent events: ${topic}`,
          tags: ['streams'],
          produces,
          querystring: schemas.streamQuery,
        },
      },
      (request, reply) => stream(context, request, reply, [topic], request.query),
    );
  }
  api.get(
    '/stream',
    {
      exposeHeadRoute,
      schema: {
        summary: 'Server-sent events: several topics on one connection',
        tags: ['streams'],
        produces,
        querystring: schemas.topicsQuery,
      },
    },
    (request, reply) => stream(context, request, reply, request.query.topics, request.query),
  );
}

type StreamQuery = z.output<typeof schemas.streamQuery>;

function stream(
  { hub, reader }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  topics: readonly Topic[],
  query: StreamQuery,
): FastifyReply {
  if (hub.isFull) throw new ChatStatsError('TOO_MANY', 'as many connections listen as may');
  const { chat, type, bodies } = query;
  const wish: Wish = {
    topics,
    chats: chat === undefined ? null : [reader.read((db) => chatNamed(db, chat))],
    types: type === undefined ? null : new Set(type.split(',')),
    bodies,
  };
  const after = lastEventIdOf(request) ?? query.after ?? null;
  reply.hijack();
  const { raw } = reply;
  const headers = reply.getHeaders() as Record<string, string>;
  raw.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
  // An event is small, and is to leave at once.
  raw.socket?.setNoDelay(true);
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  void hub.listen(wish, after, outletOf(raw), gone.signal).finally(() => raw.end());
  return reply;
}

/** What a browser sends when it comes again; it knows better than the address, which is that of its first time. */
function lastEventIdOf({ headers }: FastifyRequest): number | null {
  const given = headers['last-event-id'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : null;
}

function outletOf(raw: FastifyReply['raw']): Outlet {
  return {
    write: (bytes) => void raw.write(bytes),
    get unsent() {
      return raw.writableLength;
    },
    onDrained(listener) {
      if (raw.writableNeedDrain) raw.once('drain', listener);
      else listener();
    },
    cut: () => raw.destroy(),
  };
}
