import path from 'node:path';
import { z } from 'zod';
import type { Calls, HandedCall } from './protocol.ts';

/**
 * What owner and asker say to each other, a line of JSON each. The owner speaks first: its greeting says which version
 * of this it speaks and which store it owns. Then the asker names one call; progress and an answer follow. What comes
 * from the other process is foreign input, in either direction.
 */
export const HANDOVER_VERSION = 1;

export const greetingSchema = z.object({ chatstats: z.number(), store: z.string() });
export type Greeting = z.infer<typeof greetingSchema>;

/** Each side has a folder of its own that it works in: only absolute paths mean the same to both. */
const absolutePath = z.string().refine((text) => path.isAbsolute(text));
const ids = z.union([z.literal('all'), z.array(z.int().positive())]);

const argsSchemas: { [N in HandedCall]: z.ZodType<Calls[N]['args']> } = {
  import: z.object({
    source: z.object({ path: absolutePath, sealed: z.boolean() }),
    recordedPath: absolutePath.optional(),
    attachmentFiles: z
      .object({
        folder: absolutePath,
        manifest: absolutePath.nullable(),
        readableClasses: z.array(z.number()).nullable(),
      })
      .optional(),
    addressBook: absolutePath.nullable(),
    addressBookPlace: absolutePath.optional(),
    region: z.string().nullable(),
    locale: z.string().nullable(),
    gapMs: z.number().positive().nullable(),
  }),
  seal: z.object({ chat: z.string() }),
  quarantineRetry: z.object({ ids }),
  quarantineDiscard: z.object({ ids }),
  contactsSync: z.object({ addressBook: absolutePath.nullable() }),
  contactsMerge: z.object({ first: z.string(), second: z.string() }),
  contactsUndo: z.object({ merge: z.int().positive() }),
  sourceRemove: z.object({ source: z.int().positive() }),
  analysisState: z.record(z.string(), z.never()),
  analysisPlan: z.object({
    what: z.enum(['run', 'backfill']),
    passes: z.array(z.string()).nullable(),
    chat: z.string().nullable(),
    top: z.int().positive().nullable(),
    isDry: z.boolean(),
  }),
  analysisConsent: z.object({ origin: z.string().max(300), isGiven: z.boolean() }),
  analysisCancel: z.record(z.string(), z.never()),
  jobsRetry: z.object({ ids }),
  jobsDiscard: z.object({ ids }),
  liveStatus: z.record(z.string(), z.never()),
};

const requestSchema = z.object({ call: z.string(), args: z.unknown() });
const cancelSchema = z.object({ cancel: z.literal(true) });

export type Request = { [N in HandedCall]: { call: N; args: Calls[N]['args'] } }[HandedCall];

/** What is asked for, checked; null when it is nothing that this owner does. */
export function readRequest(line: unknown): Request | null {
  const request = requestSchema.safeParse(line).data;
  if (request === undefined || !Object.hasOwn(argsSchemas, request.call)) return null;
  const call = request.call as HandedCall;
  const { success, data } = argsSchemas[call].safeParse(request.args);
  return success ? ({ call, args: data } as Request) : null;
}

export function isCancel(line: unknown): boolean {
  return cancelSchema.safeParse(line).success;
}

const progressSchema = z.object({
  stage: z.enum(['people', 'scan', 'messages', 'attachments', 'indexes', 'check', 'compare', 'merge']),
  done: z.number(),
  total: z.number(),
});
export const answerSchema = z.union([
  z.object({ progress: progressSchema }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) }),
  z.custom<{ result: unknown }>((line) => typeof line === 'object' && line !== null && 'result' in line),
]);
export type Answer = z.infer<typeof answerSchema>;
