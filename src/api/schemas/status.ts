import { z } from 'zod';
import { analysisCounts } from './analysis.ts';
import { count, limit, maybeTime, page, pageQuery, position, time } from './common.ts';
import { problemSeen, redisFigures } from './redis.ts';

export const importProgress = z.object({
  stage: z.string().describe('people, scan, messages, attachments, indexes, check, compare or merge'),
  done: count,
  total: count,
  startedAt: time,
  elapsedMs: count,
  rate: z.number().nullable().describe('rows a second in this stage; null before it can be told'),
  msLeft: z.number().nullable().describe('in this stage; null before it can be told'),
});
export type ImportProgressView = z.infer<typeof importProgress>;

const lag = z.number().nullable();

/** What follows Messages, as `chatstats status --json` says it under `live`. */
export const following = z.object({
  state: z.string(),
  sourceId: z.int().nullable(),
  lastMessageRowid: z.int(),
  lastAttachmentRowid: z.int(),
  lagMs: lag.describe('from noticing a change to its commit'),
  slowestLagMs: lag.describe('of the last hundred'),
  wakes: count,
  batches: count,
  rowsRead: count,
  sweeps: count,
  restarts: count,
  lastReadAt: maybeTime,
  lastSweepAt: maybeTime,
  caches: z.record(z.string(), z.object({ lookUps: count, hitRate: z.number() })),
});

export const store = z.object({
  file: z.string(),
  bytes: count,
  schemaVersion: z.int(),
  counts: z.object({
    messages: count,
    reactions: count,
    attachments: count,
    chats: count,
    contacts: count,
    conversations: count,
    quarantined: count,
  }),
  sources: z.array(
    z.object({
      id: z.int(),
      kind: z.string(),
      path: z.string(),
      firstImportedAt: time,
      lastImportedAt: time,
      lastMessageRowid: z.int().nullable(),
      lastAttachmentRowid: z.int().nullable(),
      lastReadAt: maybeTime,
      lastSweepAt: maybeTime,
    }),
  ),
  lastImportAt: maybeTime,
  quarantine: z.array(z.object({ reason: z.string(), state: z.string(), rows: count })),
  searchIndex: z.object({ indexedThrough: count, pending: count, waiting: count, complete: z.boolean() }),
  gapMinutes: z.number().nullable(),
});

export const status = z.object({
  version: z.string(),
  startedAt: time,
  now: time,
  state: z
    .string()
    .describe('starting, importing, reconciling, catching-up, live, source-missing, restarting, idle or stopped'),
  import: importProgress.nullable().describe('how far an import is that is running now'),
  store: store.nullable().describe('null until the first import is done'),
  lastEvent: count,
  consumers: z.array(z.object({ name: z.string(), position: count, lag: count, updatedAt: time })),
  analysis: z.array(analysisCounts).describe('how it stands with each pass'),
  following: following.nullable(),
  waiting: z.record(z.string(), count).describe('tasks that wait for the writer, by lane'),
  streams: z.object({ clients: count, cutOff: count }).describe('who listens now, and how many were too slow so far'),
  redis: redisFigures.nullable().describe('how relaying goes; null where nothing is relayed'),
  problems: z.array(problemSeen),
});
export type Status = z.infer<typeof status>;

export const check = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warning', 'failed']),
  text: z.string(),
  hint: z.string().nullable(),
});
export const health = z.object({
  state: z.enum(['ok', 'warning', 'failed']),
  checks: z.array(check),
});
export type Health = z.infer<typeof health>;

export const event = z.object({
  id: z.int(),
  type: z.string(),
  at: time,
  chatId: z.int().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof event>;

export const eventsQuery = z.object({
  after: position.optional().describe('events after this position; without it the newest are given'),
  type: z.string().max(1_000).optional().describe('only of these types, joined by commas'),
  limit,
});
export const events = z.object({
  items: z.array(event).describe('oldest first'),
  next: z.int().nullable().describe('what to ask `after` for more; null when these are the last'),
  isTrimmed: z.boolean().describe('true when events after that position are no longer kept'),
});

export const quarantineRow = z.object({
  id: z.int(),
  sourceId: z.int(),
  rowid: z.int(),
  guid: z.string(),
  reason: z.string(),
  state: z.string(),
  firstSeenAt: time,
  lastTriedAt: time,
});
export const quarantine = page(quarantineRow).describe('oldest first');

export const backup = z.object({
  id: z.string().describe('the name of its folder: the number of the phone'),
  folder: z.string(),
  device: z.string().nullable().describe('the name that its owner gave it'),
  model: z.string().nullable(),
  at: maybeTime.describe('when it was made'),
  ios: z.string().nullable(),
  isEncrypted: z.boolean(),
  problem: z
    .object({ code: z.string(), reason: z.string() })
    .nullable()
    .describe('why nothing can be imported from it'),
});
export const backups = page(backup).describe('of this machine, the newest first');
export { pageQuery };

export const diagnosis = z.object({
  ok: z.boolean().describe('false as soon as one check has failed'),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.enum(['ok', 'warning', 'failed', 'skipped']),
      found: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});
export type Diagnosis = z.infer<typeof diagnosis>;
