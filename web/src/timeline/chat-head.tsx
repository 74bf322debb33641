import { seedOf } from '../chats/chat-row.tsx';
import type { Chat } from '../data/types.ts';
import { Avatar } from '../parts/avatar.tsx';
import { plural } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { href } from '../shell/route.ts';

type Props = { chat: Chat | null; hasOutline: boolean; onOutline: () => void };

/** Who takes part, how much there is, and the ways on from here. */
export function ChatHead({ chat, hasOutline, onOutline }: Props) {
  return (
    <header className="pane-head">
      <a className="icon-button only-narrow" href={href('chats')} aria-label="Back to the chats">
        <Icon name="back" />
      </a>
      {chat !== null && (
        <>
          <Avatar name={chat.title} seed={seedOf(chat)} size={36} />
          <div className="pane-title">
            <h2>{chat.title}</h2>
            <p>{describe(chat)}</p>
          </div>
          <a
            className="icon-button"
            href={href('numbers', null, { chat: String(chat.id) })}
            aria-label="Numbers of this chat"
          >
            <Icon name="numbers" />
          </a>
          <a
            className="icon-button"
            href={href('search', null, { chat: String(chat.id) })}
            aria-label="Search in this chat"
          >
            <Icon name="search" />
          </a>
          <button
            type="button"
            className="icon-button"
            aria-pressed={hasOutline}
            aria-label="Conversations of this chat"
            onClick={onOutline}
          >
            <Icon name="outline" />
          </button>
        </>
      )}
    </header>
  );
}

function describe(chat: Chat): string {
  const amount = plural(chat.messageCount, 'message');
  const services = chat.services.join(', ');
  const [only] = chat.participants;
  const who =
    chat.kind === 'group'
      ? chat.name === null
        ? plural(chat.participants.length, 'person', 'people')
        : namesOf(chat)
      : only === undefined || only.address === chat.title
        ? null
        : only.address;
  return [who, amount, services === '' ? null : services].filter((part) => part !== null).join(' · ');
}

const MOST_NAMED = 4;

function namesOf({ participants }: Chat): string {
  const names = participants.slice(0, MOST_NAMED).map(({ name, address }) => name?.split(' ')[0] ?? address);
  const others = participants.length - names.length;
  return others > 0 ? `${names.join(', ')} and ${others} more` : names.join(', ');
}
