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

/** Gives every card a `uid` of its own within its source: a repeated one is told apart by its row's number. */
export function uniqueUid(taken: Set<string>, uid: string | null, row: number): string {
  const candidate = uid ?? `row:${row}`;
  const unique = taken.has(candidate) ? `${candidate}#${row}` : candidate;
  taken.add(unique);
  return unique;
}

/** Adds an address unless the card has it already, letter for letter. */
export function addAddress(addresses: CardAddress[], value: string, label: string | null): void {
  if (!addresses.some((known) => known.value === value)) addresses.push({ value, label });
}
