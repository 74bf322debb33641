import { createHash } from 'node:crypto';
import path from 'node:path';

/** A file of the phone, as a backup names it: a domain, and a path inside it. */
export type PhoneFile = { domain: string; relativePath: string };

export const MESSAGES: PhoneFile = { domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db' };
export const MESSAGES_LOG: PhoneFile = { domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db-wal' };
export const ADDRESS_BOOK: PhoneFile = {
  domain: 'HomeDomain',
  relativePath: 'Library/AddressBook/AddressBook.sqlitedb',
};
export const ADDRESS_BOOK_LOG: PhoneFile = {
  domain: 'HomeDomain',
  relativePath: 'Library/AddressBook/AddressBook.sqlitedb-wal',
};
export const ADDRESS_BOOK_IMAGES: PhoneFile = {
  domain: 'HomeDomain',
  relativePath: 'Library/AddressBook/AddressBookImages.sqlitedb',
};

/** The name of a file in a backup. It follows from what the file is, so that it can be found without a manifest. */
export function fileIdOf({ domain, relativePath }: PhoneFile): string {
  return createHash('sha1').update(`${domain}-${relativePath}`).digest('hex');
}

/** Only what looks like a name of ours is made a path: a manifest is foreign input. */
export function pathOfFileId(folder: string, fileId: string): string | null {
  return /^[0-9a-f]{40}$/.test(fileId) ? path.join(folder, fileId.slice(0, 2), fileId) : null;
}

/** In which domains an attachment may lie; Messages keeps its own in the first. */
export const ATTACHMENT_DOMAINS = ['MediaDomain', 'HomeDomain'];
/** Of what a phone has, only what lies here is an attachment; a name in a database may be anybody's. */
export const ATTACHMENT_FOLDER = 'Library/SMS/';
const PHONE_HOME = /^(?:~|(?:\/private)?\/var\/mobile)\//;

/** What an attachment that Messages names by a path on the phone may be called in a backup, the likeliest first. */
export function attachmentPlaces(filename: string): PhoneFile[] {
  if (!PHONE_HOME.test(filename)) return [];
  const named = filename.replace(PHONE_HOME, '');
  // Two programs may write one name in two forms of Unicode; a hash knows no likeness.
  const spellings = [...new Set([named, named.normalize('NFC'), named.normalize('NFD')])];
  return ATTACHMENT_DOMAINS.flatMap((domain) => spellings.map((relativePath) => ({ domain, relativePath })));
}
