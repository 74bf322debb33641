import type { TimelineMessage } from '../data/types.ts';
import { clockTime, msOf } from '../parts/format.ts';

type GroupEvent = { type?: number; action?: number; title?: string | null; person?: string | null; share?: number };

/** Something that happened to the chat and was not said: who joined, who left, a new name. */
export function Happening({ message, isInside }: { message: TimelineMessage; isInside: boolean }) {
  const sentMs = msOf(message.sentAt);
  return (
    <p className={`happening${isInside ? ' is-inside' : ''}`}>
      <span>{describe(message)}</span>
      {sentMs !== null && <time dateTime={message.sentAt ?? ''}>{clockTime(sentMs)}</time>}
    </p>
  );
}

/** Apple's codes of item_type and group_action_type, in words. */
function describe({ event, isFromMe, senderName, sender }: TimelineMessage): string {
  const { type, action, title, person, share } = (event ?? {}) as GroupEvent;
  const who = isFromMe ? 'You' : (senderName ?? sender ?? 'Somebody');
  const other = person ?? 'somebody';
  if (type === 1) return action === 1 ? `${who} removed ${other}` : `${who} added ${other}`;
  if (type === 2)
    return title === null || title === undefined ? `${who} removed the name` : `${who} named the chat “${title}”`;
  if (type === 3 && action === 1) return `${who} changed the picture of the chat`;
  if (type === 3 && action === 2) return `${who} removed the picture of the chat`;
  if (type === 3) return `${who} left`;
  if (type === 4) return share === 1 ? `${who} stopped sharing a location` : `${who} started sharing a location`;
  if (type === 5) return `${who} kept a voice message`;
  if (type === 6) return `${who} started a call`;
  return `${who} changed something in this chat`;
}
