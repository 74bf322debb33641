import type {
  AttachmentLine,
  AttachmentState,
  ChatLine,
  ContactLine,
  MessageLine,
  ReactionKind,
  ReactionLine,
} from '../../model/index.ts';
import { APPLE_EPOCH_MS, iso } from '../apple-time.ts';
import type { AttachmentRow } from '../rows.ts';
import type { Chat } from './model.ts';

export type TruthMessage = Omit<MessageLine, 'conversationId'>;
export type TruthContact = Omit<ContactLine, 'id'>;

/** What `chatstats export` has to say of a history after importing it once. Lists are in no particular order. */
export type Truth = {
  messages: TruthMessage[];
  reactions: ReactionLine[];
  attachments: AttachmentLine[];
  chats: ChatLine[];
  /** The guids of each conversation, oldest first. */
  conversations: string[][];
  /** One per card of the address book (cards of one person united), without the placeholders. */
  contacts: TruthContact[];
  /** Ordinary messages that are in no chat. */
  orphans: number;
  /** Rows with associated_message_type 4000, which are neither message nor reaction. */
  pollVotes: number;
  /** Messages whose body cannot be decoded and whose text is therefore null. */
  undecodable: number;
};

const GAP_MS = 90 * 60_000;

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

type Said = { guid: string; atMs: number; rowId: number };
type ReactionRow = Omit<ReactionLine, 'removedAt' | 'kind'> & { code: number; atMs: number; rowId: number };

/** Notes what is written, and works out at the end what an export of it says. */
export class TruthRecorder {
  readonly #messages: TruthMessage[] = [];
  readonly #attachments: AttachmentLine[] = [];
  readonly #reactions: ReactionRow[] = [];
  readonly #said = new Map<Chat, Said[]>();
  orphans = 0;
  pollVotes = 0;
  undecodable = 0;

  message(line: TruthMessage): void {
    this.#messages.push(line);
  }

  /** A message that counts: in its chat's totals and conversations. `atMs` null: undated. */
  counts(chat: Chat, guid: string, atMs: number | null, rowId: number): void {
    const said = this.#said.get(chat);
    const entry = { guid, atMs: atMs ?? Number.NaN, rowId };
    if (said === undefined) this.#said.set(chat, [entry]);
    else said.push(entry);
  }

  attachment(row: AttachmentRow, message: string | null): void {
    this.#attachments.push({
      guid: row.guid,
      message,
      name: row.transfer_name,
      mimeType: row.mime_type,
      uti: row.uti,
      bytes: row.total_bytes,
      path: row.filename,
      state: attachmentState(row),
      isSticker: row.is_sticker === 1,
    });
  }

  reaction(row: ReactionRow): void {
    this.#reactions.push(row);
  }

  finish(chats: readonly Chat[], contacts: TruthContact[]): Truth {
    return {
      messages: this.#messages,
      reactions: settleReactions(this.#reactions),
      attachments: this.#attachments,
      chats: chats.map((chat) => chatLine(chat, this.#said.get(chat) ?? [], contacts)),
      conversations: [...this.#said.values()].flatMap(splitConversations),
      contacts,
      orphans: this.orphans,
      pollVotes: this.pollVotes,
      undecodable: this.undecodable,
    };
  }
}

/** What a transfer_state means for the file. */
export function attachmentState(row: AttachmentRow): AttachmentState {
  if (row.transfer_state === 5 && row.filename !== null) return 'present';
  if (row.transfer_state >= 5) return 'missing';
  if (row.transfer_state === 0 && (row.ck_sync_state === 1 || row.ck_sync_state === 4)) return 'missing';
  return 'pending';
}

/** The rule in its simplest form: in order of time and ROWID, a pause of more than the gap begins a new conversation. */
function splitConversations(said: Said[]): string[][] {
  const placed = said.map((s) => ({ ...s, atMs: Number.isNaN(s.atMs) ? APPLE_EPOCH_MS : s.atMs }));
  placed.sort((a, b) => a.atMs - b.atMs || a.rowId - b.rowId);
  const conversations: string[][] = [];
  let current: string[] = [];
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const { guid, atMs } of placed) {
    if (atMs - previousMs > GAP_MS) {
      current = [];
      conversations.push(current);
    }
    current.push(guid);
    previousMs = atMs;
  }
  return conversations;
}

/** At most one reaction per target, part and sender is active: whatever comes next, a removal too, ends it. */
function settleReactions(rows: ReactionRow[]): ReactionLine[] {
  const byKey = new Map<string, ReactionRow[]>();
  for (const row of rows) {
    const key = `${row.target} ${row.part} ${row.sender}`;
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [row]);
    else list.push(row);
  }
  const lines: ReactionLine[] = [];
  for (const list of byKey.values()) {
    list.sort((a, b) => a.atMs - b.atMs || a.rowId - b.rowId);
    list.forEach((row, index) => {
      if (row.code >= 3000) return;
      const { code, atMs: _, rowId: __, ...line } = row;
      const kind = code === 1000 ? 'sticker' : (KINDS[code - 2000] ?? 'sticker');
      const next = list[index + 1];
      lines.push({ ...line, kind, removedAt: next === undefined ? null : iso(next.atMs) });
    });
  }
  return lines;
}

/** A direct chat bears the name of the one contact that has its address. */
function chatLine(chat: Chat, said: Said[], contacts: readonly TruthContact[]): ChatLine {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { atMs } of said) {
    if (Number.isNaN(atMs)) continue;
    first = Math.min(first, atMs);
    last = Math.max(last, atMs);
  }
  const known = chat.kind === 'group' ? [] : contacts.filter((c) => c.identifiers.includes(chat.identifier));
  const isDated = first <= last;
  const participants = [...new Set(chat.members.map((member) => member.normal))].sort();
  return {
    identifier: chat.identifier,
    kind: chat.kind,
    name: known.length === 1 ? (known[0]?.name ?? null) : chat.name,
    services: [...chat.services].sort(),
    participants: participants.length === 0 && chat.kind === 'direct' ? [chat.identifier] : participants,
    createdAt: isDated ? iso(first) : null,
    lastMessageAt: isDated ? iso(last) : null,
    messageCount: said.length,
  };
}
