import type { TimelineMessage } from '../data/types.ts';
import { Avatar, hueStyle } from '../parts/avatar.tsx';
import { clockTime, exactTime, msOf } from '../parts/format.ts';
import { findWords, RichText } from '../parts/rich-text.tsx';
import { Attachments } from './attachments.tsx';
import { Edits } from './edits.tsx';
import { Preview } from './preview.tsx';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';

type Props = {
  message: TimelineMessage;
  isFirst: boolean;
  isLast: boolean;
  isGroup: boolean;
  /** Whether the services of this chat differ, so that each message names its own. */
  hasServices: boolean;
  isTarget: boolean;
  words: string;
  onJump: (guid: string) => void;
};

/** One message: who, in reply to what, its words and things, what others felt about it, and what became of it. */
export function MessageRow({ message, isFirst, isLast, isGroup, hasServices, isTarget, words, onJump }: Props) {
  const { isFromMe, senderId, unsentAt, deletedAt } = message;
  const name = isFromMe ? 'You' : (message.senderName ?? message.sender ?? 'Unknown');
  const classes = [
    'message hued',
    isFromMe ? 'is-mine' : 'is-theirs',
    isFirst && 'is-first',
    isLast && 'is-last',
    isTarget && 'is-target',
    unsentAt !== null && 'is-unsent',
    deletedAt !== null && 'is-deleted',
    isGroup && 'is-group',
  ];
  return (
    <article
      className={classes.filter((name) => typeof name === 'string').join(' ')}
      style={hueStyle(senderId ?? 0)}
      data-guid={message.guid}
      aria-label={`${name}${sentTime(message)}`}
    >
      {isGroup && !isFromMe && (
        <span className="message-face">{isLast && <Avatar name={name} seed={senderId ?? 0} size={28} />}</span>
      )}
      <div className="message-column">
        {isFirst && isGroup && !isFromMe && <p className="message-name">{name}</p>}
        {message.replyPreview !== null && <Quote quoted={message.replyPreview} onJump={onJump} />}
        <Bubble message={message} words={words} />
        <Attachments attachments={message.attachments} />
        <Reactions reactions={message.reactions} />
        <Fate message={message} isLast={isLast} hasServices={hasServices} />
      </div>
    </article>
  );
}

function sentTime({ sentAt }: TimelineMessage): string {
  const ms = msOf(sentAt);
  return ms === null ? '' : `, ${clockTime(ms)}`;
}

/** U+FFFC stands in the text where an attachment is, which is shown by itself. */
const wordsOf = (text: string | null) => (text ?? '').replaceAll('\ufffc', '').trim();

function Bubble({ message, words }: { message: TimelineMessage; words: string }) {
  const { text, unsentAt, subject, kind, preview } = message;
  const shown = wordsOf(text);
  if (unsentAt !== null) {
    return (
      <div className="bubble">
        <p className="bubble-unsent">Unsent{shown === '' ? '' : ', but kept here:'}</p>
        {shown !== '' && <RichText text={shown} />}
      </div>
    );
  }
  const big = isOnlyEmoji(shown);
  const card = preview === null ? null : <Preview preview={preview} app={message.app} />;
  if (shown === '' && subject === null && (message.attachments.length > 0 || card !== null)) return card;
  return (
    <>
      <div className={`bubble${big ? ' is-emoji' : ''}`}>
        {subject !== null && subject !== '' && <p className="bubble-subject">{subject}</p>}
        {shown === '' ? <span className="faint">{WITHOUT_TEXT[kind] ?? 'Message without text'}</span> : null}
        {shown !== '' && <RichText text={shown} marks={words === '' ? [] : findWords(shown, words)} />}
      </div>
      {card}
    </>
  );
}

const WITHOUT_TEXT: Record<string, string> = {
  audio: 'Voice message',
  sticker: 'Sticker',
  location: 'Shared location',
  app: 'App message',
  unknown: 'A kind of message that ChatStats does not know',
};

const isOnlyEmoji = (text: string) =>
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f){1,12}$/u.test(text);

const EFFECT = /(?:CK|impact\.|\.)([A-Za-z]+?)(?:Effect)?$/;

/** When, by which service, and what became of it: edited, unsent, deleted, delivered, read. */
function Fate({ message, isLast, hasServices }: Pick<Props, 'message' | 'isLast' | 'hasServices'>) {
  const { sentAt, edits, unsentAt, unsentParts, deletedAt, effect, isScheduled, historical } = message;
  const sentMs = msOf(sentAt);
  const parts = [
    unsentAt === null && unsentParts.length > 0 && 'Part unsent',
    deletedAt !== null && 'Deleted in Messages',
    isScheduled && 'Scheduled',
    historical && 'Arrived late',
    effect !== null && `With ${(EFFECT.exec(effect)?.[1] ?? 'an effect').toLowerCase()}`,
  ].filter((part) => part !== false);
  const isEdited = message.editedAt !== null;
  if (!isLast && parts.length === 0 && !isEdited) return null;
  return (
    <p className="fate">
      {sentMs !== null && (
        <time dateTime={sentAt ?? ''} title={exactTime(sentMs)}>
          {clockTime(sentMs)}
        </time>
      )}
      {isLast && hasServices && message.service !== null && message.service !== 'iMessage' && (
        <span>{message.service}</span>
      )}
      {isEdited && <Edits edits={edits} />}
      {parts.map((part) => (
        <span key={part} className={part === 'Deleted in Messages' ? 'fate-deleted' : undefined}>
          {part}
        </span>
      ))}
      {isLast && message.isFromMe && <Receipt message={message} />}
    </p>
  );
}

function Receipt({ message: { readAt, deliveredAt } }: { message: TimelineMessage }) {
  const at = msOf(readAt ?? deliveredAt);
  if (at === null) return null;
  return <span title={exactTime(at)}>{readAt === null ? 'Delivered' : `Read ${clockTime(at)}`}</span>;
}
