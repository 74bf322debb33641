import { z } from 'zod';
import { count } from './common.ts';

/** What can be asked to be done. Every such request carries the header `X-ChatStats: 1`. */
export const importBody = z
  .object({
    source: z.string().min(1).max(4_096).optional().describe('an absolute path on the machine of the server'),
    addressBook: z.string().min(1).max(4_096).optional().describe('an absolute path, or none'),
  })
  .default({});
export const importAccepted = z
  .object({ started: z.literal(true) })
  .describe('its progress is in status and the streams');

export const sealed = z.object({ sealed: count });
export const retried = z.object({ retried: count, resolved: count });

export const loginBody = z.object({ token: z.string().min(1).max(1_000) });
export const session = z.object({ required: z.boolean(), signedIn: z.boolean() });
export type Session = z.infer<typeof session>;
