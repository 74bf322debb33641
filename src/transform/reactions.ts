/** A reaction row, addition or removal; `at` in Unix milliseconds, `order` breaks ties (the row id of the source). */
export type ReactionState = {
  id: number;
  isRemoval: boolean;
  at: number | null;
  order: number;
  /** When the row was found to have disappeared from its source, else null. */
  vanishedAt: number | null;
  removedAt: number | null;
};

/**
 * Settles the reactions of one person on one part of one message: at most one is active, the newest; any removal
 * ends it, and so does the disappearance of its row. What has disappeared does not end a row that is still there: the
 * source is an older copy then. Given the rows in any order, answers the additions whose `removedAt` has to change, so
 * the result depends on the rows alone and not on the order of their arrival.
 */
export function settleReactions(rows: readonly ReactionState[]): { id: number; removedAt: number | null }[] {
  const ordered = [...rows].sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.order - b.order);
  const changes: { id: number; removedAt: number | null }[] = [];
  let later: ReactionState | null = null;
  let laterThere: ReactionState | null = null;
  for (const row of ordered.reverse()) {
    const endedBy: ReactionState | null = row.vanishedAt === null ? laterThere : later;
    if (!row.isRemoval) {
      const removedAt = endedBy === null ? row.vanishedAt : (endedBy.at ?? row.at ?? 0);
      if (removedAt !== row.removedAt) changes.push({ id: row.id, removedAt });
    }
    later = row;
    if (row.vanishedAt === null) laterThere = row;
  }
  return changes;
}
