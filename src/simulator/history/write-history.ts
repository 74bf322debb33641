import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { makeCards } from '../address-book/cards.ts';
import { writeIosAddressBook } from '../address-book/ios.ts';
import { writeAddressBook } from '../address-book/macos.ts';
import { createMessagesDatabase } from '../database.ts';
import { makePeople, type Person } from '../people.ts';
import { Random } from '../random.ts';
import { FACTS, type Generation } from '../schema/generations.ts';
import { ChatMaker, makeOddChats, makeOrdinaryChats } from './chats.ts';
import { Handles, makeOwner, type Owner } from './handles.ts';
import { OrdinaryTalk } from './ordinary.ts';
import { COMMON } from './scenarios/common.ts';
import { scenariosFor } from './scenarios/index.ts';
import { type Scenario, Scene } from './scenarios/scenario.ts';
import { makeTimeline } from './timeline.ts';
import { type Truth, type TruthContact, TruthRecorder } from './truth.ts';
import { HistoryWriter } from './writer.ts';

export type HistoryOptions = {
  /** Where the chat.db goes; must not exist. */
  file: string;
  /** Where AddressBook databases go; none are written without it. */
  addressBookFolder?: string;
  generation: Generation;
  /** Rows of `message`, about. */
  messages: number;
  seed: number;
  /** The end of the history, Unix milliseconds. */
  nowMs: number;
  /** Cards in the address book. */
  contacts?: number;
  onProgress?: (done: number, total: number) => void;
  /** Whether to say what was written; costs memory. */
  truth?: boolean;
  /** Leaves the newest changes in a `-wal` beside the file. */
  liveWal?: boolean;
};

export type History = {
  file: string;
  generation: Generation;
  owner: Owner;
  /** Rows written, by table. */
  counts: { messages: number; chats: number; handles: number };
  /** How often each kind of thing was written. */
  features: Record<string, number>;
  truth: Truth | null;
};

const PROGRESS_EVERY = 5_000;
/** At most this many turns pass between two rare things; short histories pack them so that each happens once. */
const RARE_EVERY = 150;

function rareEvery(messages: number, scenarioCount: number): number {
  return Math.max(2, Math.min(RARE_EVERY, Math.floor(messages / (scenarioCount * 1.2))));
}

/** Writes a made-up history of a person's messages. Equal options give equal contents. Throws when the file cannot be made. */
export function writeHistory(options: HistoryOptions): History {
  const random = new Random(options.seed);
  const database = createMessagesDatabase(options.file, options.generation, { bulk: true });
  const handles = new Handles(database, random.fork(1), makeOwner(random.fork(2)));
  const truth = options.truth === true ? new TruthRecorder() : null;
  const writer = new HistoryWriter(database, random.fork(3), handles, truth);
  const chatCount = Math.max(34, Math.min(3000, Math.round(60 * Math.sqrt(options.messages / 10_000))));
  const people = makePeople(random.fork(4), Math.round(chatCount * 1.2) + 12);
  const maker = new ChatMaker(database, random.fork(5), handles);
  const odd = makeOddChats(maker, random.fork(6), handles, people, database.has('chat_lookup'));
  const ordinary = makeOrdinaryChats(maker, random.fork(7), people, chatCount - odd.length, database.facts.level);
  const chats = [...ordinary, ...odd];
  const weights = [...ordinary.map((_, rank) => 1 / (rank + 1) ** 0.85), ...odd.map(() => 0.05)];
  const timeline = makeTimeline(random.fork(8), weights, options.messages, options.nowMs);
  const talk = new OrdinaryTalk(writer);
  const scenarios = scenariosFor(database).map((scenario) => ({ scenario, played: 0 }));
  const every = rareEvery(options.messages, scenarios.length);
  let turn = 0;
  for (let slot = 0; slot < timeline.length; slot += 1) {
    // Some slots fill several rows; as many are left out later.
    if (writer.rowCount > slot) continue;
    const chat = chats[timeline.chat[slot] ?? 0];
    if (chat === undefined) continue;
    const atMs = timeline.atMs[slot] ?? 0;
    turn += 1;
    const scene = () => new Scene(writer, chats, chat, atMs, options.nowMs);
    const common = chat.isSelf ? null : pickCommon(writer);
    if (turn % every === 0 && !chat.isSelf) playNext(scene(), scenarios);
    else if (common !== null) common.play(scene());
    else talk.say(chat, atMs);
    if (writer.random.chance(0.01)) writer.skipRows(1 + writer.random.int(3));
    if (slot % PROGRESS_EVERY === 0) options.onProgress?.(slot, timeline.length);
  }
  database.finishBulk();
  const contacts = writeContacts(options, database.facts.system, handles.owner, people);
  const counts = { messages: writer.rowCount, chats: maker.chats.length, handles: handles.count };
  database.close(options.liveWal === true ? { keepWal: true } : {});
  options.onProgress?.(timeline.length, timeline.length);
  return {
    file: options.file,
    generation: options.generation,
    owner: handles.owner,
    counts,
    features: writer.features,
    truth: truth === null ? null : truth.finish(maker.chats, contacts),
  };
}

const USUAL_CARDS = 500;

/** Writes the address book, where one is wanted, and returns the contacts that it makes. */
function writeContacts(
  options: HistoryOptions,
  system: 'macos' | 'ios',
  owner: Owner,
  people: readonly Person[],
): TruthContact[] {
  if (options.addressBookFolder === undefined) return [];
  const random = new Random(options.seed).fork(9);
  const { cards, contacts } = makeCards(random, owner, people, options.contacts ?? USUAL_CARDS);
  if (system === 'ios') {
    mkdirSync(options.addressBookFolder, { recursive: true });
    const file = path.join(options.addressBookFolder, 'AddressBook.sqlitedb');
    writeIosAddressBook(file, cards, { random, nowMs: options.nowMs });
    return contacts;
  }
  const model = FACTS[options.generation].level >= 8 ? 'current' : 'older';
  writeAddressBook(options.addressBookFolder, cards, { random, model, nowMs: options.nowMs });
  return contacts;
}

type Queued = { scenario: Scenario; played: number };

/** Plays the scenario at the head of the queue and puts it at the end, unless it has been played often enough. */
function playNext(scene: Scene, queue: Queued[]): void {
  const next = queue.shift();
  if (next === undefined) return;
  next.scenario.play(scene);
  next.played += 1;
  scene.writer.feature(next.scenario.name);
  if (next.played < (next.scenario.limit ?? Number.POSITIVE_INFINITY)) queue.push(next);
}

/** One of the everyday things beside plain text, or null: plain text. */
function pickCommon(writer: HistoryWriter): (typeof COMMON)[number] | null {
  let die = writer.random.unit();
  for (const common of COMMON) {
    die -= common.share;
    if (die >= 0) continue;
    const [table = '', column] = common.needs.split('.');
    return writer.database.has(table, column) ? common : null;
  }
  return null;
}
