import type { ReactionKind } from '../model/index.ts';

/** message.associated_message_type 2000–2007, in order. */
const KINDS: readonly ReactionKind[] = [
  'loved',
  'liked',
  'disliked',
  'laughed',
  'emphasized',
  'questioned',
  'emoji',
  'sticker',
];
const STICKER_ON_BUBBLE = 1000;

/** What a code of message.associated_message_type means as a reaction; null when it is none. */
export function reactionOf(code: number): { kind: ReactionKind; removal: boolean } | null {
  if (code === STICKER_ON_BUBBLE) return { kind: 'sticker', removal: false };
  const removal = code >= 3000;
  const kind = KINDS[code - (removal ? 3000 : 2000)];
  return kind === undefined ? null : { kind, removal };
}

/**
 * Reads message.associated_message_guid: `p:2/GUID` is a part, `bp:GUID` and the bare guid the whole message; so is
 * a part that is negative (or -1 written without a sign). Null when there is no guid.
 */
export function parseReactionTarget(raw: string | null): { guid: string; part: number | null } | null {
  if (raw === null) return null;
  const inPart = /^p:(-?\d{1,20})\/(.*)$/s.exec(raw);
  const guid = inPart?.[2] ?? (raw.startsWith('bp:') ? raw.slice(3) : raw);
  if (guid === '') return null;
  const part = inPart === null ? -1 : Number(inPart[1]);
  return { guid, part: part >= 0 && part <= 0x7fff_ffff ? part : null };
}
