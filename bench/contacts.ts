/**
 * What contacts cost beside 300,000 messages and 5,000 cards: a first sync of an address book that the store does not know, a
 * look that finds no change, one card changed, an unknown sender whose card is new, merging the contact with the most
 * messages and undoing that; for how long the longest task of each kept messages from being read; and how soon messages are
 * told of by a process that follows both, while a card is edited every half second.
 *
 * Usage: node bench/contacts.ts [--messages 300000] [--cards 5000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_GAP_MS } from '../src/conversations/index.ts';
import { breathe, systemClock } from '../src/kernel/index.ts';
import { decideContacts, importSource, syncContacts } from '../src/pipeline/index.ts';
import { openBookPen, startActor, writeHistory } from '../src/simulator/index.ts';
import type { Database } from '../src/sqlite/index.ts';
import { openStoreForWriting } from '../src/store/index.ts';
import { Consumer } from './live/consumer.ts';
import { paced } from './live/latency.ts';
import { Sync } from './live/sync-process.ts';
import { BUDGETS, lagHeading } from './live/table.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '300000' }, cards: { type: 'string', default: '5000' } },
});
/** A small batch of messages takes about as long: nobody should wait longer for contacts. */
const LONGEST_TASK_MS = 50;
/** For each 100,000 messages of the smaller of two contacts that are merged. */
const LONGEST_MERGE_MS = 2_000;

const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-contacts-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');
const addressBook = path.join(folder, 'AddressBook');

try {
  writeHistory({
    ...{ file: source, addressBookFolder: addressBook, generation: 'macos-26', seed: 3 },
    messages: Number(values.messages),
    contacts: Number(values.cards),
    nowMs: systemClock.now(),
  });
  await importSource({
    ...{ source: { path: source, sealed: false }, store, addressBook: null, region: null, locale: null },
    ...{ gapMs: DEFAULT_GAP_MS, clock: systemClock, onProgress: () => {}, signal: new AbortController().signal },
  });
  using db = openStoreForWriting(store);
  const counts = db.get<{ messages: number; contacts: number }>(
    'SELECT (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM contacts) AS contacts',
  );
  console.log(`${counts?.messages} messages, ${counts?.contacts} contacts before any card, ${values.cards} cards\n`);
  console.log('                                         total ms  tasks  longest ms');
  await measure(db, 'the first sync of the address book', false);
  await measure(db, 'everything settled again (at start)', true);
  await measure(db, 'a look that finds no change', false);
  using pen = openBookPen(path.join(addressBook, 'AddressBook-v22.abcddb'), 'macos');
  pen.addCard({ firstName: 'New', lastName: 'Card', phones: ['+1 415 555 7000'] });
  await measure(db, 'one new card', false);
  pen.addCard({ firstName: 'New', lastName: 'Other', phones: ['+1 415 555 7001'] });
  await measure(db, 'another, with everything warm', false);
  await merges(db);
  await besideMessages();
} finally {
  rmSync(folder, { recursive: true });
}

/** Messages, 20 a second, while cards are edited or are left alone; contacts are looked at twice a second. */
async function besideMessages(): Promise<void> {
  await using sync = await Sync.start(store, source, '--address-book', addressBook, '--contacts-seconds', '0.5');
  await sync.indexed();
  using consumer = new Consumer(store);
  const actor = startActor({ file: source, generation: 'macos-26', seed: 9, script: true });
  using pen = openBookPen(path.join(addressBook, 'AddressBook-v22.abcddb'), 'macos');
  const uid = pen.addCard({ firstName: 'Edited', lastName: 'Often', phones: ['+1 415 555 7002'] });
  try {
    lagHeading();
    const scene = { actor, consumer, store };
    await paced(scene, 'cards left alone', 200, 50, BUDGETS.hints);
    let edits = 0;
    const editing = setInterval(() => {
      edits += 1;
      pen.editCard(uid, { lastName: `Often ${edits}` });
    }, 500);
    await paced(scene, 'a card edited every half second', 200, 50, BUDGETS.hints);
    clearInterval(editing);
  } finally {
    await actor.stop();
  }
}

/** Runs each task after a turn of the event loop, and notes how long it took. */
function timed(tasks: number[]) {
  return async <T>(task: () => T): Promise<T> => {
    await breathe();
    const taskAt = performance.now();
    const done = task();
    tasks.push(performance.now() - taskAt);
    return done;
  };
}

function verdict(longestMs: number): string {
  return longestMs <= LONGEST_TASK_MS ? 'ok' : `OVER ${LONGEST_TASK_MS}`;
}

async function measure(db: Database, name: string, force: boolean): Promise<void> {
  const tasks: number[] = [];
  const startedAt = performance.now();
  const result = await syncContacts(
    {
      ...{ root: addressBook, clock: systemClock, writer: () => db, onCommitted: () => {} },
      inTurn: timed(tasks),
    },
    force,
  );
  const total = performance.now() - startedAt;
  const longest = Math.max(...tasks);
  const what = `${result.created} new, ${result.updated} changed, ${result.merged} merged, ${result.removed} removed`;
  console.log(
    `${name.padEnd(38)} ${total.toFixed(1).padStart(10)} ${String(tasks.length).padStart(6)} ${longest.toFixed(1).padStart(11)}   ${verdict(longest)}   ${what}`,
  );
}

/** Both of the contacts with the most messages become one and two again, while it is noted what each task took. */
async function merges(db: Database): Promise<void> {
  const [first, second] = db.all<{ id: number; messages: number }>(
    `SELECT sender_id AS id, count(*) AS messages FROM messages
     WHERE is_from_me = 0 AND sender_id IS NOT NULL GROUP BY sender_id ORDER BY messages DESC LIMIT 2`,
  );
  if (first === undefined || second === undefined) throw new Error('there are no two people');
  const tasks: number[] = [];
  const options = {
    ...{ root: null, clock: systemClock, writer: () => db, onCommitted: () => {} },
    inTurn: timed(tasks),
  };
  const times: Record<'merge' | 'undo', number[]> = { merge: [], undo: [] };
  for (let round = 0; round < 5; round += 1) {
    const mergedAt = performance.now();
    const words = { first: String(first.id), second: String(second.id) };
    const { merge } = await decideContacts(options, { kind: 'merge', ...words });
    const undoneAt = performance.now();
    await decideContacts(options, { kind: 'undo', merge });
    times.merge.push(undoneAt - mergedAt);
    times.undo.push(performance.now() - undoneAt);
  }
  const median = (some: readonly number[]) => [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)]?.toFixed(1);
  console.log(`\nthe two contacts with the most messages (${first.messages} and ${second.messages}), medians of 5`);
  const longest = Math.max(...tasks);
  const per100k = (longest / second.messages) * 100_000;
  const isRight = per100k <= LONGEST_MERGE_MS ? 'ok' : `OVER ${LONGEST_MERGE_MS}`;
  console.log(`  merge ${median(times.merge)} ms, undo ${median(times.undo)} ms, thought out in short tasks`);
  console.log(
    `  the one transaction that moves ${second.messages} messages: ${longest.toFixed(1)} ms at most, ${per100k.toFixed(0)} ms for 100,000   ${isRight}`,
  );
}
