import path from 'node:path';
import { runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { readAvatar } from '../sources/address-book/index.ts';
import {
  avatarPlaces,
  type ContactRowLine,
  contactConflicts,
  contactLines,
  contactMerges,
  keptPicture,
} from '../store/index.ts';
import { type Invocation, note, print, printJson, warn } from './invocation.ts';
import { ownAddressBook } from './source.ts';
import { withStore } from './store-access.ts';

type Verb = (invocation: Invocation, words: readonly string[]) => Promise<ExitCode>;

/** People: who is who, and what the user decides about it. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const [word = 'list', ...rest] = invocation.words;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  if (verb === undefined) {
    throw new ChatStatsError('USAGE', `contacts takes one of ${Object.keys(VERBS).join(', ')}`);
  }
  await withStore(invocation.config.db, () => undefined);
  return await verb(invocation, rest);
}

const VERBS: Record<string, Verb> = { list, sync, merge, undo, merges, conflicts, avatar };

async function list(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const contacts = await withStore(config.db, (db) => contactLines(db));
  if (config.json) printJson(invocation, { contacts });
  else print(invocation, contacts.map(shownContact));
  return EXIT.done;
}

function shownContact({ id, name, isMe, identifiers, origin, messages }: ContactRowLine): string {
  const what = isMe ? 'me' : origin === 'placeholder' ? 'no card' : 'card';
  const others = identifiers.filter((value) => value !== name).join(' ');
  return `${id}  ${name ?? '(no name)'}  ${others}  ${what}  ${messages} messages`;
}

async function sync(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const book = ownAddressBook(invocation);
  const args = { addressBook: book === null ? null : path.resolve(book) };
  const result = await runOwned({ store: config.db, name: 'contactsSync', args });
  for (const problem of result.problems) warn(invocation, problem);
  if (config.json) printJson(invocation, result);
  else {
    const { books, cards, created, updated, merged, removed } = result;
    const people = `${created} contacts new, ${updated} changed, ${merged} merged, ${removed} removed`;
    print(invocation, [`${books} address books had changed, ${cards} cards in them; ${people}`]);
  }
  return EXIT.done;
}

async function merge(invocation: Invocation, words: readonly string[]): Promise<ExitCode> {
  const { config } = invocation;
  const [first, second, ...more] = words;
  if (first === undefined || second === undefined || more.length > 0) {
    throw new ChatStatsError('USAGE', 'merge takes two contacts, each by its id or one of its addresses');
  }
  const result = await runOwned({ store: config.db, name: 'contactsMerge', args: { first, second } });
  if (config.json) printJson(invocation, result);
  else {
    const undo = `chatstats contacts undo ${result.merge}`;
    print(invocation, [`contact ${result.from} is part of ${result.into} now; to take it back: ${undo}`]);
  }
  return EXIT.done;
}

async function undo(invocation: Invocation, words: readonly string[]): Promise<ExitCode> {
  const { config } = invocation;
  const result = await runOwned({
    store: config.db,
    name: 'contactsUndo',
    args: { merge: numberOf(words, 'a merge') },
  });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`contacts ${result.from} and ${result.into} are two again`]);
  return EXIT.done;
}

const REASONS: Record<string, string> = {
  user: 'you said so',
  same_card_holder: 'their cards are of one person',
  card_names_address: 'a card names the address',
  own: 'it is you',
};

async function merges(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const lines = await withStore(config.db, (db) => contactMerges(db));
  if (config.json) printJson(invocation, { merges: lines });
  else if (lines.length === 0) note(invocation, 'no contacts have been merged');
  else {
    const shown = lines.map(({ id, mergedAt, from, into, reason, undoneAt }) => {
      const undone = undoneAt === null ? '' : `  undone ${undoneAt}`;
      return `${id}  ${mergedAt}  ${from} into ${into}  ${REASONS[reason] ?? reason}${undone}`;
    });
    print(invocation, shown);
  }
  return EXIT.done;
}

async function conflicts(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const lines = await withStore(config.db, (db) => contactConflicts(db));
  if (config.json) printJson(invocation, { conflicts: lines });
  else if (lines.length === 0) note(invocation, 'no address is on the cards of two people whose names disagree');
  else
    print(
      invocation,
      lines.map(({ identifier, contacts }) => `${identifier}  ${contacts.join(' ')}`),
    );
  return EXIT.done;
}

/** The picture of a contact, as it is in the address book, to stdout. */
async function avatar(invocation: Invocation, words: readonly string[]): Promise<ExitCode> {
  const { config, world } = invocation;
  const id = numberOf(words, 'a contact');
  const places = await withStore(config.db, (db) => avatarPlaces(db, id));
  for (const place of places) {
    const kept = () => withStore(config.db, (db) => keptPicture(db, place.card));
    const found = readAvatar(place, place.uid) ?? (await kept());
    if (found === null) continue;
    world.stdout.write(found.bytes);
    return EXIT.done;
  }
  throw new ChatStatsError('CONTACT_NOT_FOUND', 'the contact has no picture, or there is no such contact');
}

function numberOf(words: readonly string[], what: string): number {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0 || !/^[1-9]\d{0,14}$/.test(word)) {
    throw new ChatStatsError('USAGE', `${what} is named by its number`);
  }
  return Number(word);
}
