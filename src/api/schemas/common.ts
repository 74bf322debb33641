import { z } from 'zod';

/** What many answers and questions share. Times are ISO 8601 UTC with milliseconds; absent values are null. */
export const time = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC, with milliseconds' });
/** A moment as clients may write it. */
export const moment = z.iso.datetime({ offset: true });
export const maybeTime = time.nullable();
export const count = z.int().nonnegative();

/** Lists answer at most so many items at once. */
export const MOST_ITEMS = 500;
const USUAL_ITEMS = 100;

/** A query holds text: what is to be a number or a flag is read from it. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'must be a whole number' })
  .transform(Number);
export const limit = wholeNumber
  .pipe(z.int().min(1).max(MOST_ITEMS))
  .default(USUAL_ITEMS)
  .describe(`how many items at most, up to ${MOST_ITEMS}`);
export const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((word) => word === 'true' || word === '1')
  .default(false);
export const position = wholeNumber.describe('the position of an event');

/** Positions in a list are opaque: made by one answer, handed back in the next question. */
export const cursor = z.string().min(1).max(200);

export const pageQuery = z.object({
  limit,
  after: cursor.optional().describe('the `next` of the page before'),
});

/** A page of a list. `next`: what to ask `after` for the page behind it; null when this is the last. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: cursor.nullable() });
}

/** A chat by its id or its identifier. */
export const chatParams = z.object({ id: z.string().min(1).max(500).describe('the id or identifier of a chat') });
export const chatQuery = z.string().min(1).max(500).describe('the id or identifier of a chat');
export const idParams = z.object({ id: wholeNumber });

/** RFC 9457. `code` is one of docs/errors.md and never changes; `hint` says what to do. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string(),
});
export type Problem = z.infer<typeof problem>;
