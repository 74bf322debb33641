import { isoTime } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';

/** A source of the store. `alone`: messages that no other source has. Times are ISO 8601 UTC. */
export type SourceLine = {
  id: number;
  kind: string;
  path: string;
  messages: number;
  alone: number;
  firstImportedAt: string;
  lastImportedAt: string;
};

type Row = Omit<SourceLine, 'firstImportedAt' | 'lastImportedAt' | 'messages'> & {
  own: number;
  seen: number;
  first: number;
  last: number;
};

export function sourceLines(db: Database): SourceLine[] {
  const shared = 'EXISTS (SELECT 1 FROM sightings g WHERE g.guid = m.guid)';
  return db
    .all<Row>(
      `SELECT s.id, s.kind, s.path, s.first_imported_at AS first, s.last_imported_at AS last,
         (SELECT count(*) FROM messages m WHERE m.source_id = s.id) AS own,
         (SELECT count(*) FROM messages m WHERE m.source_id = s.id AND NOT ${shared}) AS alone,
         (SELECT count(*) FROM sightings g CROSS JOIN messages m ON m.guid = g.guid
            WHERE g.source_id = s.id AND g.what = 'row') AS seen
       FROM sources s ORDER BY s.id`,
    )
    .map(({ own, seen, first, last, ...line }) => ({
      ...line,
      messages: own + seen,
      firstImportedAt: isoTime(first),
      lastImportedAt: isoTime(last),
    }));
}
