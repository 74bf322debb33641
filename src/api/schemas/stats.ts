import { z } from 'zod';
import { chatQuery, count, maybeTime, moment } from './common.ts';

export const statsQuery = z.object({
  chat: chatQuery.optional(),
  from: moment.optional().describe('messages sent at or after'),
  to: moment.optional().describe('messages sent before'),
  timezone: z.string().max(100).default('UTC').describe('an IANA name: days and hours are those of this zone'),
});

/** Milliseconds that pass until somebody else answers, within a conversation. */
const answers = z.object({
  count,
  medianMs: z.number().nullable(),
  averageMs: z.number().nullable(),
  histogram: z
    .array(z.object({ uptoMs: z.number().nullable(), count }))
    .describe('by the time it took; the last, without a bound, is for all that took longer'),
});

const lengths = z
  .array(z.object({ upto: z.number().nullable(), count }))
  .describe('the last, without a bound, is for all that are longer');

export const stats = z.object({
  messages: count,
  fromMe: count,
  firstMessageAt: maybeTime,
  lastMessageAt: maybeTime,
  days: z
    .array(z.object({ day: z.iso.date(), messages: count, fromMe: count }))
    .describe('those with messages, in order'),
  weekdayHours: z.array(z.array(count)).describe('seven weekdays, Monday first, of 24 hours'),
  people: z
    .array(
      z.object({
        contactId: z.int(),
        name: z.string().nullable(),
        isMe: z.boolean(),
        messages: count,
        medianAnswerMs: z.number().nullable().describe('how long they take to answer me, within a conversation'),
      }),
    )
    .describe('who wrote most, 50 at most'),
  answers: z.object({ mine: answers, theirs: answers }),
  conversations: z.object({
    count,
    averageMessages: z.number().nullable(),
    averageDurationMs: z.number().nullable(),
    byMessages: lengths,
    byDurationMs: lengths,
  }),
  kinds: z.array(z.object({ kind: z.string(), messages: count })),
  services: z.array(z.object({ service: z.string().nullable(), messages: count })),
  reactions: z.array(z.object({ kind: z.string(), count })),
});
export type Stats = z.infer<typeof stats>;
