import type { Database } from '../../sqlite/index.ts';
import type { Random } from '../random.ts';

/** What a person types into a card. What is left out stays as it is, or empty on a new card; null empties it. */
export type PenCard = {
  firstName?: string | null;
  middleName?: string | null;
  lastName?: string | null;
  nickname?: string | null;
  organization?: string | null;
  isCompany?: boolean;
  /** As typed, in the order in which the card shows them. */
  phones?: readonly string[];
  emails?: readonly string[];
  /** Cards with the same one are shown as one contact. An iPhone keeps a number in its place: see `iosLink`. */
  linkId?: string | null;
  isMe?: boolean;
  /** The picture as it is, and the small one made of it. Bytes of a picture's file. */
  image?: Uint8Array | null;
  thumbnail?: Uint8Array | null;
};

export type BookPenOptions = {
  /** Entity numbers of a macOS book that is made: those of macOS 26, or of a model before. */
  model?: 'current' | 'older';
  /** Where identities come from. */
  random?: Random;
  /** The moment of every act, Unix milliseconds. Without it each is a second after the one before. */
  nowMs?: () => number;
};

export type ValueKind = 'phone' | 'email';
export type PictureKind = 'image' | 'thumbnail';
export type CardTexts = Omit<PenCard, 'phones' | 'emails' | 'isMe' | 'image' | 'thumbnail'>;

/** The rows of a book of one system. Numbers are those of rows; every call is made in a transaction. */
export type BookRows = {
  readonly db: Database;
  /** An identity as the system makes them, which no card has yet. */
  newUid(): string;
  findCard(uid: string): number | null;
  insertCard(uid: string, atMs: number): number;
  deleteCard(card: number): void;
  writeTexts(card: number, texts: CardTexts): void;
  /** Says that something about the card was changed. */
  touch(card: number, atMs: number): void;
  /** The values of a card in the order in which it shows them. */
  values(card: number, kind: ValueKind): { row: number; value: string }[];
  /** Adds a value at the end. */
  insertValue(card: number, kind: ValueKind, value: string): void;
  deleteValue(row: number, kind: ValueKind): void;
  me(): number | null;
  markMe(card: number | null): void;
  writePicture(card: number, kind: PictureKind, bytes: Uint8Array | null): void;
  close(): void;
};
