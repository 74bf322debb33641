import { z } from 'zod';
import { count, time } from './common.ts';

/** Something that did not stop the program: a code, and words without names or text. */
export const problemSeen = z.object({ code: z.string(), text: z.string(), lastAt: time, times: count });

/** How relaying to Redis goes. */
export const redisFigures = z.object({
  isConnected: z.boolean(),
  position: count.describe('the last event that Redis has'),
  lag: count.describe('events that have not arrived'),
  server: z
    .object({
      stream: z.object({
        length: count,
        bytes: count,
        groups: z
          .array(z.object({ name: z.string(), consumers: count, pending: count, lag: count.nullable() }))
          .describe('who reads the stream; the lag is null where the server does not say'),
      }),
      tracker: z.object({ chats: count, bytes: count }).describe('the keys of conversations that go on'),
      memory: z.object({
        usedBytes: count,
        mostBytes: count.describe('0 where there is no bound'),
        policy: z.string(),
      }),
    })
    .nullable()
    .describe('what it holds of ours; null while it is away'),
  problems: z.array(problemSeen),
});
