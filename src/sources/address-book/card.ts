/** A phone number or an e-mail address as it was typed, with Apple's label ("_$!<Mobile>!$_", or free text). */
export type CardAddress = { value: string; label: string | null };

/** One card of one address book, nothing interpreted: blank texts are null, all others as they were typed. */
export type Card = {
  /** Which book of a person's books: "local", the UUID of an account's, or "ios". */
  source: string;
  /** Stable identity within the source: ZUNIQUEID or guid, or the row's number where there is none. */
  uid: string;
  firstName: string | null;
  middleName: string | null;
  lastName: string | null;
  nickname: string | null;
  organization: string | null;
  /** The card is marked as that of a company. */
  isOrganization: boolean;
  /** The card is marked as the owner's. */
  isMe: boolean;
  /** Cards with the same one are shown as one contact by Apple. */
  linkId: string | null;
  phones: CardAddress[];
  emails: CardAddress[];
};

/** A column's text, or null when it is missing, blank or no text at all. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && /[^\s\p{Cf}\p{Cc}]/u.test(value) ? value : null;
}

/** The `uid` of a card that claims an identity which the card of a lower row has already. */
export function repeatedUid(uid: string, row: number): string {
  return `${uid}#${row}`;
}
