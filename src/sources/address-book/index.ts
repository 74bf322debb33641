/**
 * The address books of macOS (`AddressBook-v22.abcddb`, one per account) and iOS (`AddressBook.sqlitedb`): finding
 * them and reading their cards as they are typed. Strictly read-only, one snapshot per file; columns and entity
 * numbers are probed, because they differ between systems. Who is who is decided elsewhere. A book that cannot be
 * read, or only in part, never stops the others: it is named among the problems, which hold no name and no address.
 *
 * `readBookStamp` tells whether a book may have changed, without opening it; `readAddressBookSlices` reads it without
 * holding up a thread that follows messages; `readAvatar` fetches one card's picture when somebody asks for it,
 * `readIosAvatars` those of many cards while a book that is encrypted is open.
 */
export { readAvatar, readIosAvatars } from './avatar.ts';
export type { Card, CardAddress } from './card.ts';
export { type AddressBookFile, defaultAddressBook, locateAddressBooks } from './locate.ts';
export type { Avatar } from './picture.ts';
export { type AddressBookContent, readAddressBook, readAddressBookSlices, readAddressBooks } from './read.ts';
export { readBookStamp } from './stamp.ts';
