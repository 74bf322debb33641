import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import { actions, Random } from '../../src/simulator/index.ts';
import { compareStamps, dataVersion, openStamped, readStamp } from '../../src/sources/messages/index.ts';
import { foreignUri, openWritable } from '../../src/sqlite/index.ts';
import { effort } from '../support/effort.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { liveMessages } from '../support/live-messages.ts';
import { Follower, open, startWriter } from './follower.ts';

/** How many pairs of messages are sent in each way of waking. */
const PAIRS = effort(12, 1_000);
const SEED = 20_262;

const bothWays = [
  { name: 'by polling alone', hints: false },
  { name: 'with hints', hints: true },
];

function place(): string {
  return path.join(temporaryFolder(), 'chat.db');
}

/** Two connections, one of its own and one attached, each with the stamp that was taken when it was opened. */
function twoReaders(file: string) {
  const own = must(
    openStamped(
      file,
      () => open(file),
      (db) => dataVersion(db),
    ),
    'the writer has made it',
  );
  const attached = must(
    openStamped(
      file,
      () => {
        const db = openWritable(':memory:');
        db.attach(foreignUri(file), 'apple');
        db.value('SELECT count(*) FROM apple.sqlite_schema');
        return db;
      },
      (db) => dataVersion(db, 'apple'),
    ),
    'the writer has made it',
  );
  return [
    { db: own.opened, first: own.stamp, table: 'message', version: () => dataVersion(own.opened) },
    {
      db: attached.opened,
      first: attached.stamp,
      table: 'apple.message',
      version: () => dataVersion(attached.opened, 'apple'),
    },
  ];
}

describe('two messages, one soon after the other', () => {
  it.each(bothWays)(
    'L3, R11 are both seen without waiting for a later change, $name',
    async ({ hints }) => {
      const file = place();
      const writer = await startWriter(file);
      const random = new Random(SEED);
      const follower = new Follower(file, { hints, workMs: () => random.int(40) });
      for (let pair = 1; pair <= PAIRS; pair += 1) {
        // Some fall into the reading itself, most into the wait after it.
        const apartMs = random.chance(0.3) ? random.int(12) : random.int(301);
        const guids = await writer.obey(`pair ${apartMs}`);
        // Nothing else is written until it has reported both.
        expect(await follower.sees(guids), `pair ${pair}, ${apartMs} ms apart`).toBe(true);
      }
    },
    60_000 + PAIRS * 1_000,
  );
});

describe.each(bothWays)('a database that is followed $name', ({ hints }) => {
  it('goes on being seen after its log was emptied', async () => {
    const file = place();
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints });
    for (let round = 0; round < 3; round += 1) {
      expect(await follower.sees(await writer.obey('send'))).toBe(true);
      await writer.obey('checkpoint TRUNCATE');
      expect(statSync(`${file}-wal`).size).toBe(0);
    }
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    expect(new Set(follower.changes)).toEqual(new Set(['changed']));
  });

  it('L8 is seen after its -wal was deleted and made again', async () => {
    const file = place();
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints });
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    await writer.obey('checkpoint TRUNCATE');
    await writer.obey('close');
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`);
    await writer.obey('open');
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    expect(follower.changes).toContain('replaced');
  });

  it('is seen after another was renamed into its place', async () => {
    const file = place();
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints });
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    await writer.obey('close');
    const other = path.join(path.dirname(file), 'other.db');
    const { pen, direct, close } = liveMessages(other, 'macos-26', 8);
    const { guid } = actions.send(pen, direct, { from: 'me', atMs: 1e12, text: 'in the other' });
    close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`);
    renameSync(other, file);
    expect(await follower.sees([guid])).toBe(true);
    await writer.obey('open');
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
  });

  it("is seen, and is in nobody's way, after another was put into its place with a log, beside the old -shm", async () => {
    const file = place();
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints });
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    await writer.obey('close');
    const other = path.join(path.dirname(file), 'other.db');
    const { pen, direct } = liveMessages(other, 'macos-26', 8);
    const { guid } = actions.send(pen, direct, { from: 'me', atMs: 1e12, text: 'in the log of the other' });
    pen.database.close({ keepWal: true });
    for (const suffix of ['-wal', '']) renameSync(`${other}${suffix}`, `${file}${suffix}`);
    expect(await follower.sees([guid])).toBe(true);
    await writer.obey('open');
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
  });

  it('is seen when it comes back, and when it comes for the first time', async () => {
    const file = place();
    const follower = new Follower(file, { hints });
    const writer = await startWriter(file);
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    await writer.obey('close');
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`);
    expect(await follower.hears('gone')).toBe(true);
    await writer.obey('create 8');
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
  });

  it('is seen after its folder was moved away and another came', async () => {
    const folder = path.join(temporaryFolder(), 'Messages');
    mkdirSync(folder);
    const file = path.join(folder, 'chat.db');
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints });
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
    await writer.obey('close');
    renameSync(folder, `${folder} away`);
    expect(await follower.hears('gone')).toBe(true);
    mkdirSync(folder);
    await writer.obey('create 8');
    expect(await follower.sees(await writer.obey('send'))).toBe(true);
  });
});

describe('a stamp', () => {
  it('differs after every commit, in one tick of the clock as well, and after the log begins anew', async () => {
    const file = place();
    const writer = await startWriter(file);
    const readers = twoReaders(file);
    // Whatever the file system's clock can tell apart: the times are always the same here.
    const hold = () => {
      for (const suffix of ['', '-wal']) utimesSync(`${file}${suffix}`, 1_700_000_000, 1_700_000_000);
    };
    hold();
    const seen = readers.map(({ version }) => readStamp(file, version));
    let sameSize = 0;
    for (let round = 1; round <= 40; round += 1) {
      if (round % 10 === 0) await writer.obey('checkpoint RESTART');
      const sizeBefore = statSync(`${file}-wal`).size;
      await writer.obey('send');
      hold();
      if (statSync(`${file}-wal`).size === sizeBefore) sameSize += 1;
      readers.forEach(({ db, table, version }, index) => {
        const now = readStamp(file, version);
        expect(compareStamps(must(seen[index], 'one for each'), now), `message ${round}`).toBe('changed');
        expect(db.value(`SELECT count(*) FROM ${table}`)).toBe(round);
        seen[index] = now;
        expect(compareStamps(now, readStamp(file, version)), 'reading it is no change').toBe('none');
      });
    }
    expect(sameSize, 'some commits left nothing else to see').toBeGreaterThan(5);
    for (const { db } of readers) db.close();
  });

  it('does not differ by what is no commit: a checkpoint, another reader, a touch', async () => {
    const file = place();
    const writer = await startWriter(file);
    await writer.obey('send');
    const readers = twoReaders(file);
    const before = readers.map(({ version }) => readStamp(file, version));
    await writer.obey('checkpoint PASSIVE');
    open(file).close();
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    readers.forEach(({ db, version }, index) => {
      const now = readStamp(file, version);
      expect(now.database?.mtimeNs).not.toBe(before[index]?.database?.mtimeNs);
      expect(compareStamps(must(before[index], 'one for each'), now)).toBe('none');
      db.close();
    });
  });

  it('tells that files were replaced whose commits the open connection never sees', async () => {
    const file = place();
    const writer = await startWriter(file);
    await writer.obey('send');
    await writer.obey('checkpoint TRUNCATE');
    const readers = twoReaders(file);
    await writer.obey('close');
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`);
    const gap = readers.map(({ first, version }) => compareStamps(first, readStamp(file, version)));
    await writer.obey('open');
    await writer.obey('send');
    for (const { db, first, table, version } of readers) {
      const now = readStamp(file, version);
      expect(db.value(`SELECT count(*) FROM ${table}`), 'it is deaf').toBe(1);
      expect(now.version).toBe(first.version);
      expect(compareStamps(first, now)).toBe('replaced');
      db.close();
    }
    expect(gap).toEqual(['replaced', 'replaced']);
    using again = open(file);
    expect(again.value('SELECT count(*) FROM message')).toBe(2);
  });

  it('has no version inside a transaction, where SQLite would repeat the old one', async () => {
    const file = place();
    await startWriter(file);
    using db = open(file);
    db.exec('BEGIN');
    expect(dataVersion(db)).toBeNull();
    db.exec('COMMIT');
    expect(dataVersion(db)).toBeTypeOf('number');
  });
});

describe('opening with a stamp', () => {
  it('opens again when the files were replaced between opening and stamping', async () => {
    const file = place();
    const writer = await startWriter(file);
    await writer.obey('checkpoint TRUNCATE');
    await writer.obey('close');
    let times = 0;
    const opening = openStamped(
      file,
      () => {
        const db = open(file);
        times += 1;
        if (times === 2) for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`);
        return db;
      },
      dataVersion,
    );
    using db = must(opening, 'the database is there').opened;
    expect(times).toBeGreaterThan(2);
    await writer.obey('open');
    await writer.obey('send');
    expect(db.value('SELECT count(*) FROM message')).toBe(1);
  });

  it('gives up on what is not there, and on what never stays', async () => {
    const file = place();
    const never = openStamped(
      file,
      () => expect.unreachable(),
      () => null,
    );
    expect(never).toBeNull();
    const writer = await startWriter(file);
    await writer.obey('checkpoint TRUNCATE');
    await writer.obey('close');
    const spare = (number: number) => `${file} ${number}`;
    for (let number = 1; number <= 5; number += 1) copyFileSync(file, spare(number));
    let closed = 0;
    let opened = 0;
    const opening = openStamped(
      file,
      () => {
        const db = open(file);
        opened += 1;
        renameSync(spare(opened), file);
        const dispose = () => {
          closed += 1;
          db.close();
        };
        return { [Symbol.dispose]: dispose };
      },
      () => 1,
    );
    expect(opening).toBeNull();
    expect([opened, closed]).toEqual([5, 5]);
  });
});
