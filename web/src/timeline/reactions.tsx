import type { TimelineMessage } from '../data/types.ts';

type Reaction = TimelineMessage['reactions'][number];

const SIGNS: Record<Reaction['kind'], { sign: string; word: string }> = {
  loved: { sign: '❤︎', word: 'loved this' },
  liked: { sign: '👍', word: 'liked this' },
  disliked: { sign: '👎', word: 'disliked this' },
  laughed: { sign: 'Ha', word: 'laughed at this' },
  emphasized: { sign: '!!', word: 'emphasised this' },
  questioned: { sign: '?', word: 'questioned this' },
  emoji: { sign: '', word: 'reacted' },
  sticker: { sign: '▣', word: 'put a sticker here' },
};

/** Who felt what about a message, equal ones together. */
export function Reactions({ reactions }: { reactions: TimelineMessage['reactions'] }) {
  if (reactions.length === 0) return null;
  const groups = new Map<string, { reaction: Reaction; names: string[] }>();
  for (const reaction of reactions) {
    const key = reaction.kind === 'emoji' ? (reaction.emoji ?? '') : reaction.kind;
    const group = groups.get(key) ?? { reaction, names: [] };
    group.names.push(reaction.isFromMe ? 'You' : (reaction.senderName ?? 'Somebody'));
    groups.set(key, group);
  }
  return (
    <ul className="reactions" aria-label="Reactions">
      {[...groups].map(([key, { reaction, names }]) => {
        const { sign, word } = SIGNS[reaction.kind];
        const said = `${names.join(', ')} ${word}`;
        return (
          <li key={key} className={`reaction reaction-${reaction.kind}`} title={said}>
            <span aria-hidden="true">{reaction.emoji ?? sign}</span>
            {names.length > 1 && <span aria-hidden="true">{names.length}</span>}
            <span className="sr-only">
              {said}
              {reaction.emoji === null ? '' : ` with ${reaction.emoji}`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
