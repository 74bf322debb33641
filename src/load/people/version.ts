import type { Database } from '../../sqlite/index.ts';

const versions = new WeakMap<Database, number>();

/**
 * Changes whenever something that who is who depends on was written through this connection: whoever settles people in
 * several transactions begins anew when it is not what it was. The writer has one connection at a time.
 */
export function peopleVersion(db: Database): number {
  return versions.get(db) ?? 0;
}

export function peopleChanged(db: Database): void {
  versions.set(db, peopleVersion(db) + 1);
}
