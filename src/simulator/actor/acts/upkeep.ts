import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import { learn, learnAgain } from '../learn.ts';
import { renumber } from '../renumber.ts';
import type { World } from '../world.ts';

const MODES = ['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'] as const;
const BESIDE = ['-wal', '-shm'] as const;

/** Carries the write-ahead log into the file (`mode`). A reader may be in the way, as on a Mac. */
function* checkpoint(world: World, args: Args): Steps {
  const mode = args.text('mode') ?? world.random.pick(['PASSIVE', 'PASSIVE', 'TRUNCATE']);
  if (!MODES.some((known) => known === mode)) throw new RangeError('there is no such mode');
  world.pen.database.db.all(`PRAGMA wal_checkpoint(${mode})`);
  yield step(`checkpoint ${mode}`, null);
}

/** Messages quits and starts again: where nobody else has the file open, its `-wal` goes and comes. */
function* reopen(world: World): Steps {
  world.close();
  yield step('closed', null, world.random.between(10, 2_000));
  world.open();
  yield step('opened', null);
}

/** A name beside the file that nobody takes for a database of Messages. */
function beside(world: World, what: string): string {
  return path.join(path.dirname(world.file), `.${path.basename(world.file)}.${what}`);
}

/** Copies what is committed, whoever reads or writes: into a new file, for its owner alone. */
function copyInto(world: World, target: string): void {
  rmSync(target, { force: true });
  writeFileSync(target, '', { mode: 0o600 });
  world.pen.database.db.run('VACUUM INTO ?', target);
}

/** Puts another file in place of the database, as a program does that was told to: nothing of the old one stays. */
function putInPlace(world: World, fresh: string): void {
  world.close();
  for (const suffix of BESIDE) rmSync(`${world.file}${suffix}`, { force: true });
  renameSync(fresh, world.file);
  world.open();
}

/** A copy for later: see `replaceOlder`. */
function* takeCopy(world: World): Steps {
  const copy = beside(world, 'earlier');
  copyInto(world, copy);
  world.earlierCopy = copy;
  yield step('copied', null);
}

/** Another file, the same content: byte for byte, or (`vacuum`, and when a reader is in the way) row for row. */
function* replaceEqual(world: World, args: Args): Steps {
  const fresh = beside(world, 'new');
  const { db } = world.pen.database;
  const done = db.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
  const wantsVacuum = args.flag('vacuum') ?? world.random.chance(0.3);
  if (wantsVacuum || done?.busy !== 0) copyInto(world, fresh);
  else {
    // Closed first: whoever closes any handle of a file lets go of all locks that the process has on it.
    world.close();
    rmSync(fresh, { force: true });
    copyFileSync(world.file, fresh);
  }
  putInPlace(world, fresh);
  learnAgain(world);
  yield step('replaced by its equal', null);
}

/** A file built anew: the same rows under other ROWIDs. */
function* replaceRenumbered(world: World): Steps {
  const fresh = beside(world, 'new');
  copyInto(world, fresh);
  renumber(fresh, world.random);
  putInPlace(world, fresh);
  learnAgain(world);
  yield step('replaced, renumbered', null);
}

/** A backup is put back: what was written since is gone. Takes a copy first where there is none. */
function* replaceOlder(world: World): Steps {
  if (world.earlierCopy === null || !existsSync(world.earlierCopy)) {
    yield* takeCopy(world);
    return;
  }
  putInPlace(world, world.earlierCopy);
  world.earlierCopy = null;
  world.memory.clear();
  learn(world);
  yield step('replaced by an older copy', null);
}

/** The file is gone for a moment (`goneMs`), and comes back as it was. */
function* vanish(world: World, args: Args): Steps {
  world.pen.database.db.all('PRAGMA wal_checkpoint(TRUNCATE)');
  world.close();
  const suffixes = ['', ...BESIDE];
  const away = beside(world, 'away');
  // A reader who has the file open keeps its log, too.
  for (const suffix of suffixes) moveIfThere(`${world.file}${suffix}`, `${away}${suffix}`);
  yield step('gone', null, args.number('goneMs') ?? world.random.between(50, 3_000));
  for (const suffix of suffixes) moveIfThere(`${away}${suffix}`, `${world.file}${suffix}`);
  world.open();
  yield step('back', null);
}

function moveIfThere(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

/** What happens to the file rather than in it. */
export const UPKEEP_ACTS: readonly Act[] = [
  { name: 'checkpoint', weight: 2, play: checkpoint },
  { name: 'reopen', weight: 0.5, play: reopen },
  { name: 'takeCopy', weight: 0.2, play: takeCopy },
  { name: 'replaceEqual', weight: 0.2, play: replaceEqual },
  { name: 'replaceRenumbered', weight: 0.1, play: replaceRenumbered },
  { name: 'replaceOlder', weight: 0.1, play: replaceOlder },
  { name: 'vanish', weight: 0.2, play: vanish },
];
