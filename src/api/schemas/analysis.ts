import { z } from 'zod';
import { chatQuery, count, maybeTime, page, pageQuery, time } from './common.ts';

/** What a pass found in a conversation. */
export const analysisResult = z.object({
  pass: z.string(),
  kind: z.enum(['live', 'batch']),
  version: z.int(),
  computedAt: time,
  isStale: z.boolean().describe('it is of what the conversation said before, or of an older version of the pass'),
  staleReason: z.string().nullable().describe('content_changed, new_version or conversation_removed'),
  isPending: z.boolean().describe('it is being computed again, or will be'),
  result: z.unknown().describe('null where the pass had nothing to say; people are named by "me" or an address'),
});
export type AnalysisResult = z.infer<typeof analysisResult>;

/** One time that a conversation was to be analysed. Those that have failed for good are the dead letters. */
export const job = z.object({
  id: z.int(),
  pass: z.string(),
  kind: z.enum(['live', 'batch']),
  version: z.int(),
  conversationId: z.int(),
  chatId: z.int(),
  state: z.string().describe('queued, started, completed, failed, discarded, replaced or cancelled'),
  attempts: count,
  queuedAt: time,
  startedAt: maybeTime,
  finishedAt: maybeTime,
  failure: z.object({ code: z.string(), reason: z.string() }).nullable(),
});
export type Job = z.infer<typeof job>;

export const jobsQuery = pageQuery.extend({
  state: z
    .string()
    .max(200)
    .optional()
    .describe('only those in these states, joined by commas; without it queued, started and failed'),
});
export const jobs = page(job).describe('oldest first');

export const analysisCounts = z.object({
  pass: z.string(),
  kind: z.enum(['live', 'batch']),
  results: count,
  stale: count,
  open: count.describe('wanted, and not queued yet'),
  queued: count,
  failed: count,
});

/** An analysis of what was said before. */
export const plan = z.object({
  id: z.int(),
  what: z.enum(['run', 'backfill']),
  state: z.enum(['planning', 'running', 'completed', 'cancelled']),
  passes: z.array(z.object({ name: z.string(), version: z.int() })),
  chatId: z.int().nullable(),
  top: z.int().nullable(),
  total: count,
  done: count,
  failed: count,
  createdAt: time,
  updatedAt: time,
  finishedAt: maybeTime,
});

export const analysisStatus = z.object({
  isOn: z.boolean().describe('whether conversations are analysed now'),
  pausedUntil: maybeTime,
  passes: z.array(
    z.object({
      name: z.string(),
      version: z.int(),
      kinds: z.array(z.enum(['live', 'batch'])),
      origin: z.enum(['built-in', 'module']),
    }),
  ),
  counts: z.array(analysisCounts),
  jobs: z.object({ queued: count, started: count }).describe('jobs that wait for their turn, and that go on'),
  plans: z.array(plan).describe('newest first'),
  usage: z.array(z.object({ day: z.string(), pass: z.string(), tokens: count, cost: count.describe('in millionths') })),
});
export type AnalysisStatus = z.infer<typeof analysisStatus>;

export const analysisRunBody = z
  .object({
    chat: chatQuery.optional(),
    top: z.int().positive().optional().describe('only the chats with the most messages'),
    dryRun: z.boolean().optional(),
  })
  .default({});
export const backfillBody = z.object({
  pass: z.string().min(1).max(40),
  chat: chatQuery.optional(),
  top: z.int().positive().optional(),
  dryRun: z.boolean().optional(),
});
export const planned = z.object({
  plan: z.int().nullable().describe('null for a dry run'),
  forecast: z.object({ conversations: count, runs: count, messages: count, texts: count }),
});
export const jobRetried = z.object({ retried: count, replaced: count });
export const cancelled = z.object({ cancelled: count });
export const discarded = z.object({ discarded: count });
