import { must } from '../kernel/index.ts';

/**
 * Fresh split & compare: which old conversation each freshly split one is.
 *
 * Members decide. Old and new are paired by how many messages they share, most first; of equal pairs the older
 * conversation (the lower id) comes first, then the earlier segment. Each side is paired once. So a conversation whose
 * members are the same keeps its id (no pair of either side can share more), and where conversations were bridged or
 * split, the id stays with the bulk of the messages. Nothing depends on how the messages came in.
 */
export type ReconcileInput = {
  /** Where each segment starts, as splitSorted gives it. */
  starts: ArrayLike<number>;
  /** For each message of the chat, in order: the id of the conversation it was in, 0 where it was in none. */
  previous: ArrayLike<number>;
  /** The chat's old conversations and how many messages each had, those that are gone included. Ids in `previous` that are not in here belong to another chat and count for nothing. */
  sizes: ReadonlyMap<number, number>;
};

/** `start` and `end` (not included) are positions among the messages; `id` is null for a new one; `changed` is false only when the members are the very same. */
export type ReconciledConversation = { start: number; end: number; id: number | null; changed: boolean };

export type Reconciliation = {
  /** One for each segment, in order. */
  conversations: ReconciledConversation[];
  /** Old conversations that are no more, by rising id. */
  removed: number[];
};

/** An old conversation, the position of a fresh one, and how many messages they share. */
export type Pair = { id: number; segment: number; shared: number };

export function reconcile({ starts, previous, sizes }: ReconcileInput): Reconciliation {
  const conversations: ReconciledConversation[] = [];
  const left = new Map(sizes);
  const pairs: Pair[] = [];
  for (let segment = 0; segment < starts.length; segment += 1) {
    const start = starts[segment] ?? 0;
    const end = starts[segment + 1] ?? previous.length;
    const conversation: ReconciledConversation = { start, end, id: null, changed: true };
    conversations.push(conversation);
    const shares = sharesOf(previous, start, end, sizes);
    for (const [id, shared] of shares) {
      if (shared === end - start && shared === sizes.get(id) && left.delete(id)) {
        conversation.id = id;
        conversation.changed = false;
      } else {
        pairs.push({ id, segment, shared });
      }
    }
  }
  const free = pairs.filter(({ id, segment }) => left.has(id) && conversations[segment]?.id === null);
  for (const [segment, id] of pairUp(free)) {
    must(conversations[segment], 'a pair names one of the segments').id = id;
    left.delete(id);
  }
  return { conversations, removed: [...left.keys()].sort((a, b) => a - b) };
}

/** Which old conversation each fresh one is, by position: the rule above. Those that are paired with none are new. */
export function pairUp(pairs: readonly Pair[]): Map<number, number> {
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const { id, segment } of pairs.toSorted((a, b) => b.shared - a.shared || a.id - b.id || a.segment - b.segment)) {
    if (found.has(segment) || taken.has(id)) continue;
    found.set(segment, id);
    taken.add(id);
  }
  return found;
}

/** How many messages between `start` and `end` each old conversation had. */
function sharesOf(
  previous: ArrayLike<number>,
  start: number,
  end: number,
  sizes: ReadonlyMap<number, number>,
): Map<number, number> {
  const shares = new Map<number, number>();
  let runStart = start;
  for (let at = start + 1; at <= end; at += 1) {
    // Members of a conversation stand together, so whole runs are counted.
    if (at < end && previous[at] === previous[runStart]) continue;
    const id = previous[runStart] ?? 0;
    if (sizes.has(id)) shares.set(id, (shares.get(id) ?? 0) + at - runStart);
    runStart = at;
  }
  return shares;
}
