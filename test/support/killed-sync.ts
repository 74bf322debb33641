import { pause } from '../../src/kernel/index.ts';
import type { EventType, StoredEvent } from '../../src/model/index.ts';
import { type Generation, Random, startActor } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { announcementFaults, eventFaults, messagesOf, reachedFaults, watermarkFaults } from './follow-laws.ts';
import { eventsOf, lastEventOf, SyncProcess } from './sync-process.ts';

/** Acts after which the source is another, or messages live on under other guids. */
const REPLACING_ACTS = ['replaceOlder', 'replaceRenumbered', 'reland', 'relandFirst'] as const;
const weigh = (weight: number) => Object.fromEntries(REPLACING_ACTS.map((act) => [act, weight]));
/** What happens stays in one file, and every message keeps its guid. */
export const ONE_FILE: Readonly<Record<string, number>> = weigh(0);
/** One file replaces the other, and messages land again. */
export const MANY_FILES: Readonly<Record<string, number>> = { ...weigh(2), takeCopy: 3, replaceEqual: 1 };

/** Half of the kills come at a moment, the others as soon as one of these is told of. */
const CHOSEN: readonly EventType[] = [
  'messages_synced',
  'message_updated',
  'message_deleted',
  'reaction_added',
  'attachment_updated',
  'conversation_extended',
];
const SHORTEST_LIFE_MS = 100;
const LONGEST_LIFE_MS = 2_400;
const LOOK_EVERY_MS = 4;
/** The store is checked whole now and then: it takes long. */
const CHECK_EVERY = 4;
const SOURCE_MISSING = 3;
const START_AGAIN_MS = 200;

export type Kills = {
  source: string;
  store: string;
  generation: Generation;
  seed: number;
  /** False when there is nothing more to do; asked before each kill, which it is the number of. */
  goesOn(kill: number): boolean;
  perSecond: number;
  /** How often acts happen, by name, in place of their usual weights; 0: never. */
  weights?: Readonly<Record<string, number>>;
  /** How long sync lives before it is killed, in milliseconds. */
  shortestLifeMs?: number;
  longestLifeMs?: number;
  onKill?(told: string): void;
};

export type Killed = {
  kills: number;
  /** How many came right after a chosen event. */
  atEvents: number;
  /** How many came before sync was up to date. */
  early: number;
  /** How often it did not start, because the file was away. */
  refused: number;
  commits: number;
  events: number;
  restarts: number;
  faults: string[];
  /** What sync said on stderr beside its states. */
  said: string[];
};

/**
 * Follows a source under random traffic and kills the process that does (kill -9), again and again; then Messages is
 * quiet, and sync catches up. Answers what was done, and every law that was broken on the way.
 */
export async function killAgainAndAgain(options: Kills): Promise<Killed> {
  const { source, store, generation, seed, perSecond, weights = {} } = options;
  const random = new Random(seed);
  const killed: Killed = {
    ...{ kills: 0, atEvents: 0, early: 0, refused: 0, commits: 0, events: 0, restarts: 0 },
    faults: [],
    said: [],
  };
  const fail = (where: string, faults: readonly string[]) =>
    killed.faults.push(...faults.slice(0, MOST_FAULTS).map((fault) => `${where}: ${fault}`));
  await catchUp(store, source);
  const imported = messagesOf(store);
  const actor = startActor({ file: source, generation, seed, perSecond, weights });
  let told: StoredEvent[] = [];
  try {
    while (options.goesOn(killed.kills + 1)) {
      const sync = new SyncProcess({ store, source });
      const shortestMs = options.shortestLifeMs ?? SHORTEST_LIFE_MS;
      const lifeMs = random.between(shortestMs, options.longestLifeMs ?? LONGEST_LIFE_MS);
      const chosen = options.shortestLifeMs === undefined && random.chance(0.5) ? random.pick(CHOSEN) : null;
      const isAtEvent = await lived(sync, lifeMs, chosen);
      const { status, stderr } = await sync.stop('SIGKILL');
      killed.said.push(...remarks(stderr));
      if (status === SOURCE_MISSING) {
        // Where the file is away for a moment it does not start: whoever runs it starts it again.
        killed.refused += 1;
        await pause(START_AGAIN_MS);
        continue;
      }
      killed.kills += 1;
      if (isAtEvent) killed.atEvents += 1;
      if (!stderr.includes('up to date')) killed.early += 1;
      if (status !== null) fail(`life ${killed.kills}`, [`it ended by itself: ${status}`]);
      told = checkAfterKill(options, killed, told, fail);
      options.onKill?.(`${killed.kills} after ${lifeMs} ms${chosen === null ? '' : ` or ${chosen}`}`);
    }
  } finally {
    await actor.stop();
  }
  killed.commits = actor.lines.length;
  const { status, stderr } = await catchUp(store, source);
  if (status !== 0) fail('at the end', [`sync --once ended with ${status}: ${stderr}`]);
  killed.events = lastEventOf(store);
  killed.restarts = eventsOf(store, 0, ['source_restarted']).length;
  const mayBeSilent = killed.restarts > 0;
  fail('at the end', eventFaults(store, told));
  fail('at the end', announcementFaults(store, imported, mayBeSilent));
  fail('at the end', watermarkFaults(store, source));
  fail('at the end', reachedFaults(store, source));
  return killed;
}

const MOST_FAULTS = 20;

function watermarkFaultsIfThere(store: string, source: string): string[] {
  try {
    return watermarkFaults(store, source);
  } catch {
    // The file is away for a moment, or being put in place.
    return [];
  }
}

/** What was said beside what sync is doing. */
function remarks(stderr: string): string[] {
  const usual = /^(?:importing|catching up|up to date|the database|hint: |\d+ %|$)/;
  return stderr.split('\n').filter((line) => !usual.test(line));
}

function catchUp(store: string, source: string) {
  return new SyncProcess({ store, source, more: ['--once'] }).ended;
}

/** Lets it live for so long, or until a chosen event is told of; true when that was it. */
async function lived(sync: SyncProcess, lifeMs: number, chosen: EventType | null): Promise<boolean> {
  const before = lastEventOf(sync.store);
  const endMs = performance.now() + lifeMs;
  while (performance.now() < endMs && !sync.hasEnded) {
    if (chosen !== null && eventsOf(sync.store, before, [chosen]).length > 0) return true;
    await pause(LOOK_EVERY_MS);
  }
  return false;
}

/** Answers the events as they were told by now, to be told the same for ever. */
function checkAfterKill(
  { source, store, weights = {} }: Kills,
  { kills }: Killed,
  toldBefore: readonly StoredEvent[],
  fail: (where: string, faults: readonly string[]) => void,
): StoredEvent[] {
  const where = `after kill ${kills}`;
  const told = eventsOf(store);
  if (told.length < toldBefore.length) fail(where, ['events are gone']);
  // Where the rows of the source may have other numbers by now, the mark tells of the old ones until sync has seen it.
  const isOneFile = REPLACING_ACTS.every((act) => weights[act] === 0);
  if (isOneFile) fail(where, watermarkFaultsIfThere(store, source));
  if (kills % CHECK_EVERY === 0) {
    using db = openStoreForReading(store);
    const found = db.value<string>('PRAGMA integrity_check');
    if (found !== 'ok') fail(where, [`integrity_check: ${found}`]);
  }
  return told;
}
