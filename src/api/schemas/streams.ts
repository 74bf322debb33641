import { z } from 'zod';
import { chatQuery, flag, position } from './common.ts';
import { redisFigures } from './redis.ts';

/**
 * Server-sent events. `id:` is the position of an event, `event:` its type, `data:` the event as one JSON line
 * ({id, type, at, chatId, data}; with bodies=1 message events have `messages`, as export writes them, too). What has no
 * position has `id: null` and no `id:` line, and is not repeated: `import_progress` of a first import, `state`, `metrics`. `reset` says that the
 * position asked for is not kept any more: load what you show again, then read on.
 */
export const TOPICS = ['messages', 'chats', 'contacts', 'queue', 'events', 'metrics'] as const;
export const topic = z.enum(TOPICS);
export type Topic = z.infer<typeof topic>;

export const streamQuery = z.object({
  after: position.optional().describe('the position to read on from; the header Last-Event-ID wins'),
  chat: chatQuery.optional().describe('messages of this chat alone'),
  bodies: flag.describe('message events carry their messages'),
  type: z.string().max(1_000).optional().describe('of the topic events: only these types, joined by commas'),
});

export const topicsQuery = streamQuery.extend({
  topics: z
    .string()
    .max(200)
    .transform((list) => list.split(','))
    .pipe(z.array(topic).min(1))
    .describe(`some of ${TOPICS.join(', ')}, joined by commas`),
});

/** The `data` of the event `metrics`, which is told every five seconds and once at the beginning. */
export const metricsSample = z.object({
  state: z.string(),
  lastEvent: z.int(),
  clients: z.int(),
  cutOff: z.int(),
  lagMs: z.number().nullable(),
  waiting: z.record(z.string(), z.int()),
  memoryBytes: z.int(),
  redis: redisFigures.nullable().describe('null where nothing is relayed'),
});
export type MetricsSample = z.infer<typeof metricsSample>;
