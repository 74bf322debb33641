/** What `verify` tells: counts, what was set aside, and differences by name, never by what was said or by whom. */
export type DifferenceKind =
  | 'message'
  | 'reaction'
  | 'attachment'
  | 'vote'
  | 'quarantine'
  | 'chat'
  | 'conversation'
  | 'contact';

export type Difference = {
  kind: DifferenceKind;
  /** The guid of the row; of a conversation or a chat, that of a message in it where one is known. */
  guid: string | null;
  /** Our number of the chat, conversation or contact; null for one that only the source has, and for rows. */
  id: number | null;
  /** The name of the field, or `missing`: only the source has it, or `extra`: only the archive has it. */
  what: string;
};

export type VerifyCounts = {
  messages: number;
  reactions: number;
  attachments: number;
  chats: number;
  conversations: number;
  quarantined: number;
};

/** Rows that differ without being a difference. */
export type SetAside = {
  /** Messages that only the archive has, marked deleted. */
  deleted: number;
  /** Reactions that only the archive has, marked vanished. */
  vanished: number;
  /** Rows that only the archive has, from another source. */
  otherSources: number;
  /** Messages of which we hold more than the source, because they were unsent. */
  unsent: number;
  /** Messages of which another fact differs as it may: filled in by another source, or edited since. */
  filled: number;
  /** Attachments, votes, chats, contacts and rows in quarantine that the source has let go of, as it may. */
  letGo: number;
};

export type VerifyReport = {
  ok: boolean;
  source: VerifyCounts;
  store: VerifyCounts;
  setAside: SetAside;
  differenceCount: number;
  /** The first of them, at most DIFFERENCE_LIMIT. */
  differences: Difference[];
  /** What could not be read of the source, in words without names or addresses. */
  problems: string[];
};

/** More would be no help to anybody; all are counted. */
export const DIFFERENCE_LIMIT = 1_000;

/** Collects differences in bounded memory. */
export class Findings {
  readonly differences: Difference[] = [];
  readonly setAside: SetAside = { deleted: 0, vanished: 0, otherSources: 0, unsent: 0, filled: 0, letGo: 0 };
  count = 0;

  add(difference: Difference): void {
    this.count += 1;
    if (this.differences.length < DIFFERENCE_LIMIT) this.differences.push(difference);
  }

  putAside(reason: keyof SetAside, rows = 1): void {
    this.setAside[reason] += rows;
  }
}
