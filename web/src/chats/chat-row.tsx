import { type KeyboardEvent, memo } from 'react';
import type { Chat } from '../data/types.ts';
import { Avatar } from '../parts/avatar.tsx';
import { MINUTE_MS, msOf, when } from '../parts/format.ts';
import { useNowBy } from '../parts/now.ts';
import { href } from '../shell/route.ts';

type Props = {
  chat: Chat;
  unseen: number;
  isOpen: boolean;
  isFocusable: boolean;
  onFocus: (id: number) => void;
  onMove: (event: KeyboardEvent) => void;
};

/** One chat in the list: who, the newest words, when; whether one talks there now, and what came meanwhile. */
export const ChatRow = memo(function ChatRow({ chat, unseen, isOpen, isFocusable, onFocus, onMove }: Props) {
  const nowMs = useNowBy(MINUTE_MS);
  const atMs = msOf(chat.lastMessageAt);
  const isActive = chat.activeConversation?.state === 'active';
  return (
    <a
      className={`chat-row${unseen > 0 ? ' is-unseen' : ''}${isActive ? ' is-active' : ''}`}
      href={href('chats', chat.id)}
      aria-current={isOpen ? 'true' : undefined}
      tabIndex={isFocusable ? 0 : -1}
      data-chat={chat.id}
      onFocus={() => onFocus(chat.id)}
      onKeyDown={onMove}
    >
      <span className="chat-face">
        <Avatar name={chat.title} seed={seedOf(chat)} size={40} />
        {isActive && <span className="chat-live" title="A conversation is going on" />}
      </span>
      <span className="chat-words">
        <span className="chat-top">
          <span className="chat-title">{chat.title}</span>
          {atMs !== null && <time dateTime={chat.lastMessageAt ?? ''}>{when(atMs, nowMs)}</time>}
        </span>
        <span className="chat-bottom">
          <span className="chat-last">{lastWords(chat)}</span>
          {unseen > 0 && (
            <span className="chat-count">
              {unseen}
              <span className="sr-only"> new</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
});

/** A direct chat has the hue of its person, a group one of its own. */
export function seedOf({ id, kind, participants }: Chat): number {
  return kind === 'group' ? id + 5 : (participants[0]?.contactId ?? id);
}

/** The newest thing said, in a line. */
function lastWords({ lastMessage, kind }: Chat): string {
  if (lastMessage === null) return 'Nothing said yet';
  const { isFromMe, senderName, unsentAt, deletedAt } = lastMessage;
  const who = isFromMe ? 'You: ' : kind === 'group' && senderName !== null ? `${senderName.split(' ')[0]}: ` : '';
  if (unsentAt !== null) return `${who}unsent a message`;
  const words = wordsOf(lastMessage);
  return `${who}${words}${deletedAt === null ? '' : ' (deleted)'}`;
}

function wordsOf({ text, kind, attachments }: NonNullable<Chat['lastMessage']>): string {
  const words = text?.replaceAll('\ufffc', '').replace(/\s+/g, ' ').trim() ?? '';
  if (words !== '') return words;
  if (kind === 'audio') return 'Voice message';
  if (kind === 'sticker') return 'Sticker';
  if (kind === 'location') return 'Location';
  if (kind === 'app') return 'App message';
  if (attachments > 0) return attachments === 1 ? 'Attachment' : `${attachments} attachments`;
  return 'Message without text';
}
