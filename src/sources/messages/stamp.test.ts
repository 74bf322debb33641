import { describe, expect, it } from 'vitest';
import { type Change, compareStamps, type FileStamp, type Stamp } from './stamp.ts';

const file = (identity: string, size = 4_096n, mtimeNs = 1n): FileStamp => {
  const [dev = 0n, ino = 0n] = identity.split(':').map(BigInt);
  return { dev, ino, size, mtimeNs };
};
const seen: Stamp = { database: file('1:1'), wal: file('1:2'), shm: file('1:3'), version: 5 };
const nothing: Stamp = { database: null, wal: null, shm: null, version: null };
const unversioned: Stamp = { ...seen, version: null };

describe('two stamps compared', () => {
  const cases: [Change, string, Stamp, Stamp][] = [
    ['none', 'nothing has happened', seen, seen],
    ['changed', 'something was committed, and no size or time tells of it', seen, { ...seen, version: 6 }],
    ['none', 'a checkpoint', seen, { ...seen, database: file('1:1', 8_192n, 2n), wal: file('1:2', 0n, 2n) }],
    ['none', 'somebody has read', seen, { ...seen, shm: file('1:3', 65_536n, 2n) }],
    ['replaced', 'another database', seen, { ...seen, database: file('1:9') }],
    ['replaced', 'a database on another disk', seen, { ...seen, database: file('2:1') }],
    ['replaced', 'another -wal, though the connection says that all is as before', seen, { ...seen, wal: file('1:9') }],
    ['replaced', 'another -shm', seen, { ...seen, shm: file('1:9') }],
    ['replaced', 'a -wal that was deleted', seen, { ...seen, wal: null }],
    ['replaced', 'a -shm that was deleted', seen, { ...seen, shm: null }],
    ['replaced', 'a -wal that was made again', { ...seen, wal: null }, seen],
    ['replaced', 'another one, and a commit', seen, { ...seen, wal: file('1:9'), version: 6 }],
    ['gone', 'no database', seen, nothing],
    ['gone', 'no database, but the files beside it', seen, { ...seen, database: null }],
    ['none', 'there was none, and is none', nothing, nothing],
    ['replaced', 'there was none, and is one', nothing, { ...unversioned, wal: null, shm: null }],
    ['none', 'nothing is known but that all looks the same', unversioned, unversioned],
    ['changed', 'no version, another time of the -wal', unversioned, { ...unversioned, wal: file('1:2', 4_096n, 2n) }],
    ['changed', 'no version, another size of the -wal', unversioned, { ...unversioned, wal: file('1:2', 8_192n) }],
    [
      'changed',
      'no version, another time of the database',
      seen,
      { ...unversioned, database: file('1:1', 4_096n, 2n) },
    ],
    ['none', 'no version any more, and all looks the same', seen, unversioned],
    ['none', 'no version, and somebody has read', unversioned, { ...unversioned, shm: file('1:3', 4_096n, 2n) }],
    ['changed', 'a version for the first time: nobody can tell what came before', unversioned, seen],
  ];

  it.each(cases)('say "%s": %s', (change, _why, before, now) => {
    expect(compareStamps(before, now)).toBe(change);
  });
});
