import { existsSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pause } from '../../src/kernel/index.ts';
import { compareStamps, readStamp, Wake } from '../../src/sources/messages/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { Follower, startWriter } from './follower.ts';

function place(): string {
  return path.join(temporaryFolder(), 'chat.db');
}

/**
 * A wait for a database that nobody writes to, for `mostMs` at most. `version` answers what it is asked for the first
 * time, the second, and so on; it was 1 before.
 */
async function lookedAt(how: { pollMs: number; hints: boolean }, version: (asked: number) => number, mostMs = 20_000) {
  const file = place();
  await startWriter(file);
  const wake = new Wake({ file, ...how });
  const stop = new AbortController();
  let asked = 0;
  const wait = wake.next(
    readStamp(file, () => 1),
    () => version(++asked),
    AbortSignal.any([stop.signal, AbortSignal.timeout(mostMs)]),
  );
  return {
    ...{ file, wait, asked: () => asked, stop: () => stop.abort() },
    [Symbol.dispose]: () => wake[Symbol.dispose](),
  };
}

describe('a wait', () => {
  it('ends with nothing when it is aborted or disposed of, before or after it began', async () => {
    const file = place();
    await startWriter(file);
    for (const hints of [false, true]) {
      const wake = new Wake({ file, pollMs: 1e8, hints });
      const seen = readStamp(file, () => 1);
      const stop = new AbortController();
      const first = wake.next(seen, () => 1, stop.signal);
      await setImmediate();
      stop.abort();
      expect(await first).toBeNull();
      expect(await wake.next(seen, () => 2, stop.signal)).toBeNull();
      const second = wake.next(seen, () => 1, new AbortController().signal);
      wake[Symbol.dispose]();
      expect(await second).toBeNull();
    }
  });

  it('is cut short by a hint, and would be long without', async () => {
    const file = place();
    const writer = await startWriter(file);
    const follower = new Follower(file, { hints: true, pollMs: 1e8 });
    for (let round = 0; round < 20; round += 1) expect(await follower.sees(await writer.obey('send'))).toBe(true);
  });

  it('looks again and again after one hint, which may come before its commit is complete', async () => {
    using look = await lookedAt({ pollMs: 1e8, hints: true }, (asked) => (asked < 5 ? 1 : 2), 5_000);
    utimesSync(look.file, 1, 1);
    expect(await look.wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('asks for the version seldom where the files have long been the same, and hears of what they do not tell', async () => {
    let answer = 1;
    using look = await lookedAt({ pollMs: 5, hints: false }, () => answer);
    await pause(2_500);
    const askedAtRest = look.asked();
    await pause(2_000);
    const late = look.asked() - askedAtRest;
    expect(late).toBeGreaterThan(0);
    // Of some 400 looks.
    expect(late).toBeLessThan(10);
    answer = 2;
    expect(await look.wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('asks for the version at every look after the files were written to', async () => {
    let askedAtRest = Number.POSITIVE_INFINITY;
    using look = await lookedAt({ pollMs: 5, hints: false }, (asked) => (asked < askedAtRest + 20 ? 1 : 2));
    await pause(2_500);
    askedAtRest = look.asked();
    utimesSync(look.file, 1, 1);
    // Asked once a second it would be heard of after the time that is given.
    expect(await look.wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('looks a bounded number of times in a storm of hints', async () => {
    using look = await lookedAt({ pollMs: 1e8, hints: true }, () => 1);
    const hints = 5_000;
    for (let hint = 0; hint < hints; hint += 1) {
      utimesSync(look.file, hint, hint);
      await setImmediate();
    }
    look.stop();
    expect(await look.wait).toBeNull();
    expect(look.asked()).toBeGreaterThan(5);
    expect(look.asked()).toBeLessThan(hints / 5);
  });

  it('takes a database that may not be looked at for one that is gone', async () => {
    const file = place();
    await startWriter(file);
    const seen = readStamp(file, () => 1);
    // A path through a file is refused, whoever asks; a folder without permission would be open to root.
    const refused = readStamp(path.join(file, 'chat.db'), () => expect.unreachable());
    expect(refused).toEqual({ database: null, wal: null, shm: null, version: null });
    expect(compareStamps(seen, refused)).toBe('gone');
    expect(existsSync(file)).toBe(true);
  });
});
