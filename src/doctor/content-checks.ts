import { statSync } from 'node:fs';
import path from 'node:path';
import { firstEventId, lastEventId, listConsumers, RETENTION_HARD_ROWS } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { searchIndexedThrough, storedGapMs } from '../store/index.ts';
import { counted, type Finding, grouped, ok, skipped, warning } from './check.ts';

/** What is in the store: rows set aside, bodies, attachments, the index, conversations, events. All are short questions. */

const REASONS: Record<string, string> = {
  no_chat: 'in no chat',
  body_undecodable: 'with a body that could not be decoded',
  row_unreadable: 'that say too little of themselves',
  guid_repeated: 'with the guid of another row',
};

export function quarantine(db: Database): Finding {
  const rows = db.all<{ reason: string; state: string; rows: number }>(
    `SELECT reason, state, count(*) AS rows FROM quarantine WHERE state IN ('held', 'quarantined')
     GROUP BY reason, state ORDER BY rows DESC, reason`,
  );
  if (rows.length === 0) return ok('none');
  const given = rows.filter(({ state }) => state === 'quarantined');
  const held = rows.filter(({ state }) => state === 'held').reduce((sum, row) => sum + row.rows, 0);
  const waiting = held === 0 ? [] : [`${counted(held, 'row')} waiting for the chat, which is usual for a day`];
  const words = [
    ...given.map(({ reason, rows: count }) => `${grouped(count)} ${REASONS[reason] ?? reason}`),
    ...waiting,
  ];
  if (given.length === 0) return ok(words.join(', '));
  return warning(words.join(', '), 'chatstats quarantine lists them; after an update, chatstats quarantine retry all.');
}

export function bodies(db: Database): Finding {
  const rows = Number(
    db.value(`SELECT count(*) FROM quarantine WHERE reason = 'body_undecodable' AND state IN ('held', 'quarantined')`),
  );
  if (rows === 0) return ok('none');
  return warning(
    `${counted(rows, 'message is', 'messages are')} there without text`,
    'The bodies are kept: chatstats quarantine retry all, after an update. Please report what remains.',
  );
}

/** So many of the newest files are looked for on the disk. */
const FILES_LOOKED_FOR = 500;

/**
 * Attachments that Messages itself has not (they are in iCloud, or were never loaded) are told and are no fault. Those
 * that it says it has are looked for where that can be known: on the Mac whose Messages these are.
 */
export function attachments(db: Database, { home, isOwnMac }: { home: string; isOwnMac: boolean }): Finding {
  const states = new Map(
    db
      .all<{ state: string; rows: number }>('SELECT state, count(*) AS rows FROM attachments GROUP BY state')
      .map(({ state, rows }) => [state, rows]),
  );
  const present = states.get('present') ?? 0;
  const counts =
    `${grouped(present)} present, ${grouped(states.get('pending') ?? 0)} pending, ` +
    `${grouped(states.get('missing') ?? 0)} missing in Messages itself`;
  if (!isOwnMac) return ok(counts);
  const files = db.all<{ path: string }>(
    `SELECT path FROM attachments WHERE state = 'present' AND path LIKE '~/Library/Messages/%'
     ORDER BY id DESC LIMIT ${FILES_LOOKED_FOR}`,
  );
  const gone = files.filter(({ path: file }) => isGone(path.join(home, file.slice(2)))).length;
  if (gone === 0) return ok(counts);
  return warning(
    `${counts}; of the newest ${grouped(files.length)} files ${grouped(gone)} are not on the disk`,
    'Open the chat in Messages, which loads what iCloud still has. ChatStats keeps no copies of files.',
  );
}

function isGone(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    // We may not look: that is told elsewhere.
    return false;
  }
}

export function searchIndex(db: Database): Finding {
  const through = searchIndexedThrough(db);
  const count = (sql: string) => Number(db.value(sql, through));
  const waiting =
    count('SELECT count(*) FROM messages WHERE id > ?') +
    count('SELECT count(*) FROM search_pending WHERE message_id <= ?');
  if (waiting === 0) return ok('every message is indexed');
  return warning(
    `${counted(waiting, 'message is', 'messages are')} not indexed yet`,
    'Nothing has to be done: sync and up go on with it when they are idle, and so does the next search.',
  );
}

/** A check is due every minute; what is overdue for longer than this was not sealed by anyone, in milliseconds. */
const OVERDUE_MS = 5 * 60_000;

export function sealing(db: Database, { nowMs, isFollowed }: { nowMs: number; isFollowed: boolean }): Finding {
  const gapMs = storedGapMs(db);
  if (gapMs === null) return skipped('the store holds no conversations yet');
  const overdue = Number(
    db.value(`SELECT count(*) FROM conversations WHERE state = 'active' AND ended_at <= ?`, nowMs - gapMs - OVERDUE_MS),
  );
  if (overdue === 0) return ok('no conversation is overdue');
  const found = `${counted(overdue, 'conversation has', 'conversations have')} been silent for longer than the gap`;
  // Nobody is there to seal them, and nobody has to be: whoever follows next does.
  if (!isFollowed) return ok(`${found}; sync or up will seal them`);
  return warning(`${found} and not been sealed`, 'Start sync or up again; if they stay, please report it.');
}

/** So much of the outbox may be taken before it is worth a word. */
const NEARLY_FULL = 0.8;
const FAR_BEHIND_EVENTS = 100_000;

export function events(db: Database): Finding {
  const last = lastEventId(db);
  const first = firstEventId(db);
  // They follow one another without a hole, so that nothing has to be counted.
  const kept = first === null ? 0 : last - first + 1;
  const consumers = listConsumers(db);
  const slow = consumers.filter(({ lag }) => lag > FAR_BEHIND_EVENTS);
  const readers = consumers.length === 0 ? 'no named readers' : counted(consumers.length, 'named reader');
  const found = `${counted(kept, 'event')} kept, ${readers}`;
  if (slow.length > 0) {
    const most = Math.max(...slow.map(({ lag }) => lag));
    return warning(
      `${found}, ${grouped(slow.length)} of them up to ${grouped(most)} behind`,
      'Start that reader; after 90 days it would have to begin anew. "chatstats status" names it.',
    );
  }
  if (kept > RETENTION_HARD_ROWS * NEARLY_FULL) {
    return warning(
      `${found}, of ${grouped(RETENTION_HARD_ROWS)} at most`,
      'Nothing is lost but old events: the oldest go first. A reader that is to see them all has to come soon.',
    );
  }
  return ok(found);
}
