import { forEachSegment, sortByTime, timeForSplit } from '../conversations/index.ts';
import type { ChatDates, FreshConversations } from '../load/index.ts';
import { ROW_CLASS } from '../transform/index.ts';
import type { PlacementColumns } from './placements.ts';

export type FreshSplit = { conversations: FreshConversations; dates: Map<number, ChatDates> };

/**
 * Splits every chat of the placements into conversations, numbered from 1, and answers the dates of the chats. `assign`
 * is told the conversation of every message that counts: said, and not an event of the group.
 */
export function splitFresh(
  placements: PlacementColumns,
  gapMs: number,
  assign: (rowid: number, conversation: number) => void,
): FreshSplit {
  const { rowids, times } = placements;
  const conversations: FreshConversations = {
    chats: [0],
    startedAt: [0],
    endedAt: [0],
    counts: [0],
    firstMessages: [0],
  };
  const dates = new Map<number, ChatDates>();
  // One buffer for all chats, as large as the largest needs it.
  let sortedTimes = new Float64Array(0);
  for (const { chat, members } of messagesByChat(placements)) {
    const sorted = sortByTime(members, times, rowids);
    if (sortedTimes.length < sorted.length) sortedTimes = new Float64Array(sorted.length);
    const summary: ChatDates = { createdAt: null, lastMessageAt: null, count: sorted.length };
    for (let at = 0; at < sorted.length; at += 1) {
      const time = times[sorted[at] ?? 0] ?? Number.NaN;
      sortedTimes[at] = timeForSplit(time);
      if (Number.isNaN(time)) continue;
      summary.createdAt ??= time;
      summary.lastMessageAt = time;
    }
    dates.set(chat, summary);
    forEachSegment(sortedTimes, 0, sorted.length, gapMs, (start, end) => {
      const id = conversations.chats.length;
      for (let at = start; at < end; at += 1) assign(rowids[sorted[at] ?? 0] ?? 0, id);
      conversations.chats.push(chat);
      conversations.startedAt.push(sortedTimes[start] ?? 0);
      conversations.endedAt.push(sortedTimes[end - 1] ?? 0);
      conversations.counts.push(end - start);
      conversations.firstMessages.push(rowids[sorted[start] ?? 0] ?? 0);
    });
  }
  return { conversations, dates };
}

/** The indexes of the messages that count, chat by chat: a counting sort, so that no object is made per message. */
function* messagesByChat(placements: PlacementColumns): Generator<{ chat: number; members: Int32Array }> {
  const { chats, classes, count } = placements;
  const sizes = new Map<number, number>();
  const counts = (index: number) => chats[index] !== 0 && classes[index] === ROW_CLASS.message;
  for (let index = 0; index < count; index += 1) {
    if (counts(index)) sizes.set(chats[index] ?? 0, (sizes.get(chats[index] ?? 0) ?? 0) + 1);
  }
  const members = new Map<number, { list: Int32Array; length: number }>();
  for (const [chat, size] of sizes) members.set(chat, { list: new Int32Array(size), length: 0 });
  for (let index = 0; index < count; index += 1) {
    if (!counts(index)) continue;
    const group = members.get(chats[index] ?? 0);
    if (group === undefined) continue;
    group.list[group.length] = index;
    group.length += 1;
  }
  for (const [chat, { list }] of members) yield { chat, members: list };
}
