import type { TimelineMessage } from '../data/types.ts';
import { Icon } from '../parts/icons.tsx';

type Quoted = NonNullable<TimelineMessage['replyPreview']>;

/** What a message answers; a click goes there. */
export function Quote({ quoted, onJump }: { quoted: Quoted; onJump: (guid: string) => void }) {
  const { guid, isFromMe, senderName, text } = quoted;
  const who = isFromMe ? 'You' : (senderName ?? 'Somebody');
  const words = text?.replaceAll('\ufffc', '').trim() ?? '';
  return (
    <button type="button" className="quote" onClick={() => onJump(guid)} title="Go to this message">
      <Icon name="reply" size={14} />
      <span className="quote-who">{who}</span>
      <span className="quote-text">
        {words === '' ? (text === null ? 'a message without text' : 'an attachment') : words}
      </span>
    </button>
  );
}
