import { z } from 'zod';
import { count, time } from './common.ts';

/** Merges and conflicts of contacts, and what is asked of the engine about them. */
const id = z.int().positive();

export const contactMerges = z.object({
  items: z.array(
    z.object({
      id,
      mergedAt: time,
      from: id,
      into: id,
      reason: z.string().describe('user, same_card_holder, card_names_address or own'),
      cards: z.array(z.string()),
      addresses: z.array(z.string()),
      undoneAt: time.nullable(),
      undoneBy: z.string().nullable().describe('user or cards'),
    }),
  ),
});

export const contactConflicts = z.object({
  items: z.array(z.object({ identifier: z.string(), contacts: z.array(id) })),
});

export const contactsSynced = z.object({
  books: count.describe('address books that had changed'),
  cards: count.describe('cards in them that were new, different or gone'),
  created: count,
  updated: count,
  merged: count,
  removed: count,
  problems: z.array(z.string()),
});

const named = z.string().min(1).max(1_024).describe('an id, or an address');
export const contactsMergeBody = z.object({ first: named, second: named });
export const contactsMerged = z.object({ merge: id, from: id, into: id });
