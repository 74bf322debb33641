import type { TimelineMessage } from '../data/types.ts';
import { MINUTE_MS, msOf, startOfDay } from '../parts/format.ts';

/**
 * The rows of a timeline: its messages, with what stands between them. Pure, and in the order of the messages.
 * `isInside`: whether the conversation goes on around it.
 */
export type Row =
  | { kind: 'beginning'; key: string }
  | { kind: 'day'; key: string; dayMs: number; isInside: boolean }
  | { kind: 'conversation'; key: string; id: number; firstMs: number | null; silenceMs: number | null }
  | { kind: 'happening'; key: string; message: TimelineMessage; isInside: boolean }
  | { kind: 'message'; key: string; message: TimelineMessage; isFirst: boolean; isLast: boolean }
  | { kind: 'end'; key: string; conversationId: number };

/** Messages of one person within so many minutes stand together as one block. */
const BLOCK_MS = 5 * MINUTE_MS;

export function rowsOf(items: readonly TimelineMessage[], hasOlder: boolean, hasNewer: boolean): Row[] {
  const rows: Row[] = [];
  if (!hasOlder && items.length > 0) rows.push({ kind: 'beginning', key: 'beginning' });
  const begun = new Set<number>();
  let dayMs: number | null = null;
  let lastMs: number | null = null;
  let current: number | null = null;
  const upcoming = upcomingConversations(items);
  for (const [at, message] of items.entries()) {
    const sentMs = msOf(message.sentAt);
    const isInside = current !== null && upcoming[at] === current;
    const day = sentMs === null ? null : startOfDay(sentMs);
    if (day !== null && day !== dayMs) {
      rows.push({ kind: 'day', key: `d${day}`, dayMs: day, isInside });
      dayMs = day;
    }
    const { conversationId } = message;
    if (conversationId !== null && conversationId !== current) {
      // Where the window begins within a conversation, its first message here may not be its first.
      if (!begun.has(conversationId) && (at > 0 || !hasOlder)) {
        const silenceMs = sentMs === null || lastMs === null ? null : sentMs - lastMs;
        rows.push({
          ...{ kind: 'conversation', key: `c${conversationId}`, id: conversationId, firstMs: sentMs },
          silenceMs: begun.size === 0 && at === 0 ? null : silenceMs,
        });
      }
      begun.add(conversationId);
      current = conversationId;
    }
    rows.push(rowOf(items, at, message, rows.at(-1)?.kind === 'message', isInside));
    if (conversationId !== null) lastMs = sentMs ?? lastMs;
  }
  if (!hasNewer && current !== null) rows.push({ kind: 'end', key: 'end', conversationId: current });
  return rows;
}

/** For each message the conversation of the next one, itself included, that is in any. */
function upcomingConversations(items: readonly TimelineMessage[]): (number | null)[] {
  const upcoming = new Array<number | null>(items.length).fill(null);
  let next: number | null = null;
  for (let at = items.length - 1; at >= 0; at -= 1) {
    next = items[at]?.conversationId ?? next;
    upcoming[at] = next;
  }
  return upcoming;
}

function rowOf(
  items: readonly TimelineMessage[],
  at: number,
  message: TimelineMessage,
  followsMessage: boolean,
  isInside: boolean,
): Row {
  const key = `m${message.guid}`;
  if (message.kind === 'event') return { kind: 'happening', key, message, isInside };
  const before = items[at - 1];
  const after = items[at + 1];
  return {
    ...{ kind: 'message', key, message },
    isFirst: !followsMessage || before === undefined || !isOneBlock(before, message),
    isLast: after === undefined || !isOneBlock(message, after),
  };
}

function isOneBlock(a: TimelineMessage, b: TimelineMessage): boolean {
  if (a.kind === 'event' || b.kind === 'event') return false;
  if (a.isFromMe !== b.isFromMe || a.senderId !== b.senderId || a.conversationId !== b.conversationId) return false;
  const [first, second] = [msOf(a.sentAt), msOf(b.sentAt)];
  return first !== null && second !== null && second - first <= BLOCK_MS && startOfDay(first) === startOfDay(second);
}

/** About how high a row is, until it has been measured. */
export function estimateHeight(row: Row | undefined): number {
  if (row === undefined) return 48;
  if (row.kind === 'day') return 56;
  if (row.kind === 'conversation') return 72;
  if (row.kind === 'happening') return 34;
  if (row.kind === 'beginning') return 120;
  if (row.kind === 'end') return 84;
  const { message, isFirst, isLast } = row;
  const lines = Math.max(1, Math.ceil((message.text?.length ?? 0) / 58));
  const extras =
    (message.reactions.length > 0 ? 24 : 0) +
    (message.replyPreview === null ? 0 : 46) +
    message.attachments.reduce(
      (sum, { state, mimeType }) => sum + (isImage(mimeType) && state === 'present' ? 200 : 52),
      0,
    );
  return 20 + lines * 21 + extras + (isFirst ? 12 : 0) + (isLast ? 18 : 0);
}

export function isImage(mimeType: string | null): boolean {
  return mimeType !== null && /^image\/(?:jpeg|png|gif|webp|avif|heic|heif|bmp)$/.test(mimeType);
}
