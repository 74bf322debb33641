import { ChatStatsError } from '../kernel/index.ts';
import {
  type AddressBookFile,
  defaultAddressBook,
  locateAddressBooks,
  readAddressBook,
} from '../sources/address-book/index.ts';
import { backupAround } from '../sources/iphone-backup/index.ts';
import { type Check, counted, failed, ok, skipped, warning } from './check.ts';
import { FULL_DISK_ACCESS } from './explain.ts';
import type { ExamineOptions } from './options.ts';

const ONE = { id: 'address-book', title: 'Address book' };
/** So many books are listed; a Mac has one for every account. */
const MOST_BOOKS = 8;

/** A check for each address book: the one that was named, else this Mac's. Without one, people have no names. */
export function addressBookChecks({ addressBook, source, machine }: ExamineOptions, program: string): Check[] {
  if (addressBook === 'none') return [{ ...ONE, ...skipped('none is to be read') }];
  const isOwn = addressBook === null;
  // Who names a source says whose people they are, as for an import.
  if (isOwn && (machine.platform !== 'darwin' || source !== null)) {
    if (source !== null && backupAround(source) !== null) {
      return [{ ...ONE, ...skipped('that of the backup is read when it is imported') }];
    }
    return [{ ...ONE, ...skipped('none was named, so that people are known by their addresses alone') }];
  }
  const remedy =
    machine.platform === 'darwin' ? allow(program) : 'Give the user that runs ChatStats read access to it.';
  let files: AddressBookFile[];
  try {
    files = locateAddressBooks(addressBook ?? defaultAddressBook(machine.home));
  } catch (error) {
    if (!(error instanceof ChatStatsError)) throw error;
    const hint = error.code === 'SOURCE_NO_PERMISSION' ? remedy : error.hint;
    // One's own costs names and stops nothing; one that was named stops the import.
    return [{ ...ONE, ...(isOwn ? warning : failed)(error.message, hint) }];
  }
  return files.slice(0, MOST_BOOKS).map((file, at) => {
    const { cards, problems } = readAddressBook(file);
    const id = files.length === 1 ? ONE.id : `${ONE.id}-${at + 1}`;
    const title = files.length === 1 ? ONE.title : `Address book ${at + 1} of ${files.length}`;
    const [problem] = problems;
    if (problem === undefined) return { id, title, ...ok(`${file.path}: ${counted(cards.length, 'card')}`) };
    const isDenied = problem.includes('permission');
    return { id, title, ...warning(problem, isDenied ? remedy : 'Names that are in this book alone will be missing.') };
  });
}

/** From macOS 14 on the folder belongs to a class of its own, and being looked at tells nothing: only opening does. */
function allow(program: string): string {
  return `${FULL_DISK_ACCESS} covers it: allow ${program}. From macOS 14 on, Privacy & Security → Contacts does too.`;
}
