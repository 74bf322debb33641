/**
 * A conversation as a pass is given it: who takes part, and what was said, oldest first. It is plain data, so that it can
 * travel in a job. Times are ISO 8601 UTC with milliseconds, absent values are null.
 */
import type { MessageKind, ReactionKind } from './export-lines.ts';

/** `id` is "me", or the first of the addresses by which the person spoke here; results name people by it. */
export type TranscriptPerson = { id: string; name: string | null; addresses: readonly string[] };

export type TranscriptReaction = { by: string | null; kind: ReactionKind; emoji: string | null; at: string | null };

export type TranscriptAttachment = { name: string | null; mimeType: string | null; isSticker: boolean };

export type TranscriptMessage = {
  guid: string;
  /** The id of a person; null when nobody knows who said it. */
  by: string | null;
  at: string | null;
  kind: MessageKind;
  text: string | null;
  app: string | null;
  replyTo: string | null;
  /** Every version, the original first; empty when it was never edited. */
  edits: readonly { at: string | null; text: string | null }[];
  unsentAt: string | null;
  unsentParts: readonly number[];
  deletedAt: string | null;
  attachments: readonly TranscriptAttachment[];
  reactions: readonly TranscriptReaction[];
};

export type Transcript = {
  conversationId: number;
  chatId: number;
  chatKind: 'direct' | 'group';
  chatName: string | null;
  startedAt: string | null;
  endedAt: string | null;
  people: readonly TranscriptPerson[];
  messages: readonly TranscriptMessage[];
};
