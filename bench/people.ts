/**
 * What the people of an address book cost, in milliseconds: reading the cards, uniting them, and looking addresses up.
 * Each made-up book is also compared with the contacts that its writer says are in it.
 * Run: node bench/people.ts [cards]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeHistory } from '../src/simulator/index.ts';
import { locateAddressBooks, readAddressBooks } from '../src/sources/address-book/index.ts';
import { identifierIndex, keyCard, normaliseAddress, type Person, unitePeople } from '../src/transform/index.ts';

const cardCount = Number(process.argv[2] ?? 5_000);
const generations = ['macos-26', 'macos-12', 'ios-17'] as const;

console.log('generation    cards  people  read ms  unite ms  index ms  1 handle µs  as written');
for (const generation of generations) {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-people-'));
  const addressBookFolder = path.join(folder, 'AddressBook');
  const { truth } = writeHistory({
    file: path.join(folder, 'chat.db'),
    addressBookFolder,
    generation,
    messages: 1_000,
    seed: 7,
    nowMs: Date.UTC(2026, 10, 23),
    contacts: cardCount,
    truth: true,
  });

  const start = performance.now();
  const { cards, problems } = readAddressBooks(locateAddressBooks(addressBookFolder));
  const read = performance.now();
  const people = unitePeople(cards.map((card) => keyCard(card, ['US'])));
  const united = performance.now();
  const index = identifierIndex(people);
  const indexed = performance.now();
  for (const address of index.keys()) normaliseAddress(address, 'US');
  const normalised = performance.now();

  const expected = (truth?.contacts ?? [])
    .map((contact) => line(contact.name, contact.isMe, contact.identifiers))
    .sort();
  const isRight = problems.length === 0 && JSON.stringify(people.map(personLine).sort()) === JSON.stringify(expected);
  const columns = [
    generation.padEnd(10),
    String(cards.length).padStart(8),
    String(people.length).padStart(7),
    (read - start).toFixed(0).padStart(8),
    (united - read).toFixed(0).padStart(9),
    (indexed - united).toFixed(0).padStart(9),
    (((normalised - indexed) * 1_000) / index.size).toFixed(2).padStart(12),
    (isRight ? 'yes' : 'NO').padStart(11),
  ];
  console.log(columns.join(' '));
  rmSync(folder, { recursive: true, force: true });
}

function personLine(person: Person): string {
  return line(
    person.name,
    person.isMe,
    person.identifiers.map(({ value }) => value),
  );
}

function line(name: string | null, isMe: boolean, identifiers: readonly string[]): string {
  return JSON.stringify([name, isMe, [...identifiers].sort()]);
}
