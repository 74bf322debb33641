import path from 'node:path';
import { breathe, responsibleProgram } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { addressBookChecks } from './address-book-checks.ts';
import { type Check, type Diagnosis, type Finding, type Look, skipped } from './check.ts';
import { attachments, bodies, events, quarantine, sealing, searchIndex } from './content-checks.ts';
import { storeFailure, unexpected } from './explain.ts';
import { clockSanity, following, redis, service, watermark } from './following-checks.ts';
import type { ExamineOptions } from './options.ts';
import { sourceLooks } from './source-checks.ts';
import { type SourceView, viewSource } from './source-view.ts';
import {
  diskRoom,
  integrity,
  MOST_BYTES_CHECKED,
  NO_STORE,
  permissions,
  references,
  type StoreView,
  storeFile,
  viewStore,
} from './store-checks.ts';

/**
 * Looks at everything and says what is wrong. Reads, and never throws for what it finds. Checks come in the order in which
 * one depends on the others; between two of them the event loop turns.
 */
export async function examine(asked: ExamineOptions): Promise<Diagnosis> {
  const options = { ...asked, store: path.resolve(asked.store) };
  using store = viewStore(options.store);
  const source = viewSource(options, rememberedSource(store.db));
  const program = responsibleProgram({ env: options.machine.env, execPath: options.machine.node });
  const checks: Check[] = [];
  const see = async (looks: readonly Look[]) => {
    for (const look of looks) {
      checks.push(await attempt(look, options.store));
      await breathe();
    }
  };
  await see(sourceLooks(options, program, source));
  checks.push(...books(options, program));
  await see([...storeLooks(options, store, source), ...contentLooks(options, store, source)]);
  await see(runningLooks(options, store, source));
  return { ok: checks.every(({ state }) => state !== 'failed'), checks };
}

function storeLooks(
  { store: file, machine, thorough }: ExamineOptions,
  store: StoreView,
  source: SourceView | null,
): Look[] {
  const thoroughly = (work: () => Promise<Finding>) => {
    if (!thorough) return skipped('it was not asked for');
    if (store.db !== null && bytesOf(store.db) > MOST_BYTES_CHECKED) {
      return skipped(`the store is so large that this would take minutes: sqlite3 -readonly FILE 'PRAGMA quick_check'`);
    }
    return work();
  };
  return [
    { id: 'store', title: 'Store', look: () => storeFile(store) },
    { id: 'store-permissions', title: 'Store permissions', look: () => permissions(file, machine.platform) },
    { id: 'store-integrity', title: 'Store integrity', look: () => thoroughly(() => integrity(store, breathe)) },
    { id: 'store-references', title: 'Orphans', look: () => thoroughly(() => references(store, breathe)) },
    { id: 'disk', title: 'Disk room', look: () => diskRoom(file, source?.bytes ?? 0) },
  ];
}

function contentLooks({ machine, clock, live }: ExamineOptions, { db }: StoreView, source: SourceView | null): Look[] {
  const held = (id: string, title: string, look: (db: Database) => Finding): Look => ({
    ...{ id, title },
    look: () => (db === null ? skipped(NO_STORE) : look(db)),
  });
  const isOwnMac =
    machine.platform === 'darwin' && source?.file?.path === path.join(machine.home, 'Library/Messages/chat.db');
  const isFollowed = live?.following?.state === 'live';
  return [
    held('quarantine', 'Rows set aside', quarantine),
    held('bodies', 'Undecodable bodies', bodies),
    held('attachments', 'Attachments', (open) => attachments(open, { ...machine, isOwnMac })),
    held('search-index', 'Search index', searchIndex),
    held('sealing', 'Sealing', (open) => sealing(open, { nowMs: clock.now(), isFollowed })),
    held('events', 'Events', events),
  ];
}

function runningLooks(options: ExamineOptions, store: StoreView, source: SourceView | null): Look[] {
  const { live, clock } = options;
  const isFollowed = live?.following != null;
  return [
    { id: 'following', title: 'Live sync', look: () => following(live, store, clock.now()) },
    { id: 'watermark', title: 'Position', look: () => watermark(source, store, isFollowed) },
    { id: 'clock', title: 'Clock', look: () => clockSanity(store, clock) },
    ...redisLooks(live),
    { id: 'service', title: 'Service', look: () => service(options.service) },
  ];
}

/** Who relays nothing need not hear of it. */
function redisLooks(live: ExamineOptions['live']): Look[] {
  const figures = live?.redis ?? null;
  return figures === null ? [] : [{ id: 'redis', title: 'Redis', look: () => redis(figures) }];
}

function books(options: ExamineOptions, program: string): Check[] {
  try {
    return addressBookChecks(options, program);
  } catch (error) {
    return [{ id: 'address-book', title: 'Address book', ...unexpected(error) }];
  }
}

/** A store that is damaged in one place is damaged in the words of every check that comes upon it. */
async function attempt({ id, title, look }: Look, store: string): Promise<Check> {
  try {
    return { id, title, ...(await look()) };
  } catch (error) {
    return { id, title, ...storeFailure(error, store) };
  }
}

/** The source that was read last, by our own record. */
function rememberedSource(db: Database | null): string | null {
  try {
    return (
      db?.value<string>(
        `SELECT s.path FROM sources s LEFT JOIN live_sync_state l ON l.source_id = s.id
         ORDER BY max(s.last_imported_at, coalesce(l.last_read_at, 0)) DESC LIMIT 1`,
      ) ?? null
    );
  } catch {
    return null;
  }
}

function bytesOf(db: Database): number {
  return Number(db.value('PRAGMA page_count')) * Number(db.value('PRAGMA page_size'));
}
