import { decodeBody, decodePayload, decodeSummaryInfo, parseReactionTarget, reactionOf } from '../decode/index.ts';
import { type IntMap, InvariantError, PagedInts, type PortableInts } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type EditVersion, editState } from './edits.ts';
import { rowState } from './source-state.sql.ts';

/** Who an address of Apple's `handle` table is to us. */
export type Party = { handle: number; contact: number; address: string };

/** A `RowContext` as it travels between threads. */
export type PortableContext = {
  chatOf: PortableInts;
  conversationOf: PortableInts;
  attachmentKindOf: Map<number, 'sticker' | 'location'>;
  severalAttachments: Set<number>;
  deletedAtOf: Map<number, number>;
  parties: Map<number, Party>;
  selfChats: Map<number, Party>;
  meContact: number;
  initiators: { firstMessage: Float64Array; contact: Int32Array } | null;
};

/** The look-ups that the row rules need, by row id of the source. Filled before the rows are read. */
export class RowContext {
  /** Our chat of every row that becomes a message of ours; absent for all others. */
  chatOf: IntMap;
  conversationOf = new PagedInts();
  attachmentKindOf = new Map<number, 'sticker' | 'location'>();
  /** Messages with more than one attachment: of these the body tells the order. */
  severalAttachments = new Set<number>();
  deletedAtOf = new Map<number, number>();
  parties = new Map<number, Party>();
  /** Chats with oneself: what arrives there without a handle came from one's own address. */
  selfChats = new Map<number, Party>();
  meContact = 0;
  /** By conversation: its first message, and, once that has been read, the contact who wrote it (0: nobody known). */
  initiators: { firstMessage: Float64Array; contact: Int32Array } | null = null;

  /** `chatOf` fits the rows: paged for all of a source, sparse for a few. */
  constructor(chatOf: IntMap = new PagedInts()) {
    this.chatOf = chatOf;
  }

  toPortable(): PortableContext {
    if (!(this.chatOf instanceof PagedInts)) throw new InvariantError('only an import has a second thread');
    return { ...this, chatOf: this.chatOf.toPortable(), conversationOf: this.conversationOf.toPortable() };
  }

  static from(portable: PortableContext): RowContext {
    return Object.assign(new RowContext(), portable, {
      chatOf: PagedInts.from(portable.chatOf),
      conversationOf: PagedInts.from(portable.conversationOf),
    });
  }

  party(handle: number, rowid: number): Party | undefined {
    return this.parties.get(handle) ?? (handle > 0 ? undefined : this.selfChats.get(this.chatOf.get(rowid)));
  }
}

/** What the rules learned beside the columns while a slice of rows was read; taken, and emptied, after each slice. */
export type RowFindings = {
  attachmentOrder: Map<number, string[]>;
  edits: Map<number, EditVersion[]>;
  undecodable: Map<number, string>;
};

/**
 * Registers the functions that the row rules call. All are total. A row's body is decoded once: `body_text` keeps
 * what it found for `body_ranges`, `edited_at` for the two unsent columns. SQLite evaluates the columns of a row
 * from left to right; should that ever change, `take` finds what was not asked for and fails loudly.
 */
export function registerRowFunctions(db: Database, context: RowContext): { take(): RowFindings } {
  let findings = emptyFindings();
  let ranges: { rowid: number; json: string | null } | null = null;
  let body: { rowid: number; text: string | null } | null = null;
  let unsent: { rowid: number; at: number | null; parts: string | null } | null = null;

  db.function('row_state', rowState, { variadic: true, deterministic: true });
  db.function('chat_of', (rowid: number) => context.chatOf.get(rowid) || null);
  db.function('conversation_of', (rowid: number, fromMe: number, handle: number) => {
    const id = context.conversationOf.get(rowid);
    if (id === 0) return null;
    if (context.initiators?.firstMessage[id] === rowid) {
      const contact = fromMe !== 0 ? context.meContact : context.party(handle, rowid)?.contact;
      context.initiators.contact[id] = contact ?? 0;
    }
    return id;
  });
  db.function('attachment_kind', (rowid: number) => context.attachmentKindOf.get(rowid) ?? null);
  db.function('deleted_at', (rowid: number) => context.deletedAtOf.get(rowid) ?? null);
  db.function('contact_of', (handle: number, rowid: number) => context.party(handle, rowid)?.contact ?? null);
  db.function('handle_of', (handle: number, rowid: number) => context.party(handle, rowid)?.handle ?? null);
  db.function('address_of', (handle: number) => context.parties.get(handle)?.address ?? null);

  db.function('body_text', (rowid: number, bytes: Uint8Array) => {
    if (body?.rowid === rowid) return body.text;
    const decoded = decodeBody(bytes);
    body = { rowid, text: null };
    if (!decoded.ok) {
      if (bytes.length > 0) findings.undecodable.set(rowid, decoded.reason);
      return null;
    }
    if (decoded.ranges.length > 0) ranges = { rowid, json: JSON.stringify(decoded.ranges) };
    if (decoded.attachments.length > 0 && context.severalAttachments.has(rowid)) {
      findings.attachmentOrder.set(rowid, decoded.attachments);
    }
    body.text = decoded.text === '' ? null : decoded.text;
    return body.text;
  });
  db.function('body_ranges', (rowid: number) => {
    if (ranges === null) return null;
    if (ranges.rowid !== rowid) throw new InvariantError('the ranges of another row were not asked for');
    const { json } = ranges;
    ranges = null;
    return json;
  });

  db.function(
    'edited_at',
    (rowid: number, editedAt: number | null, retractedAt: number | null, isEmpty: number, info: Uint8Array | null) => {
      const summary = info === null ? null : decodeSummaryInfo(info);
      const state = editState({ editedAt, retractedAt, isEmpty: isEmpty !== 0, summary });
      if (state.versions.length > 0) findings.edits.set(rowid, state.versions);
      unsent = {
        rowid,
        at: state.unsentAt,
        parts: state.unsentParts.length > 0 ? JSON.stringify(state.unsentParts) : null,
      };
      return state.editedAt;
    },
  );
  const unsentOf = (rowid: number) => {
    if (unsent?.rowid !== rowid) throw new InvariantError('unsent columns were read before edited_at');
    return unsent;
  };
  db.function('unsent_at', (rowid: number) => unsentOf(rowid).at);
  db.function('unsent_parts', (rowid: number) => unsentOf(rowid).parts);

  db.function('preview', (payload: Uint8Array | null, bundleId: string | null) => {
    const decoded = payload === null ? null : decodePayload(payload, bundleId);
    return decoded === null ? null : JSON.stringify(decoded);
  });
  db.function('reaction_target', (raw: string | null) => parseReactionTarget(raw)?.guid ?? null);
  db.function('reaction_part', (raw: string | null) => parseReactionTarget(raw)?.part ?? null);
  db.function('reaction_kind', (code: number) => reactionOf(code)?.kind ?? null);

  return {
    take() {
      if (ranges !== null) throw new InvariantError('the ranges of a row were never asked for');
      const taken = findings;
      findings = emptyFindings();
      body = null;
      unsent = null;
      return taken;
    },
  };
}

function emptyFindings(): RowFindings {
  return { attachmentOrder: new Map(), edits: new Map(), undecodable: new Map() };
}
