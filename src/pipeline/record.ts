import path from 'node:path';
import { addChatServices, rareServices, type SourceRecord, writePosition, writeSetting } from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { ReadingOptions } from './options.ts';
import { OTHER_SERVICE_BIT, type Placements, SERVICES } from './placements.ts';
import type { SourceRun } from './source-run.ts';

export function sourceRecord(options: ReadingOptions): SourceRecord {
  const place = path.resolve(options.recordedPath ?? options.source.path);
  return {
    kind: path.basename(place) === 'chat.db' ? 'macos' : 'ios',
    path: place,
    nowMs: options.clock.now(),
  };
}

/** What holds for the whole store after an import: the position in its source, and the gap it was split with. */
export function recordImport(db: Database, run: SourceRun): void {
  writePosition(db, run.sourceId, run.position, run.options.clock.now());
  writeSetting(db, 'gap_ms', String(run.options.gapMs));
}

/** Adds the services seen while the rows were placed; those without a bit of their own are asked for by name. */
export function recordServices(db: Database, placements: Placements): void {
  const services = new Map<number, string[]>();
  let others = false;
  for (const [chat, bits] of placements.services) {
    services.set(
      chat,
      SERVICES.filter((_, index) => (bits & (1 << index)) !== 0),
    );
    others ||= (bits & OTHER_SERVICE_BIT) !== 0;
  }
  if (others) for (const { chat, service } of rareServices(db, SERVICES)) services.get(chat)?.push(service);
  addChatServices(db, services);
}
