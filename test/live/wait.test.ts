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
    const file = place();
    await startWriter(file);
    using wake = new Wake({ file, pollMs: 1e8, hints: true });
    let looks = 0;
    const version = () => {
      looks += 1;
      return looks < 5 ? 1 : 2;
    };
    const wait = wake.next(
      readStamp(file, () => 1),
      version,
      AbortSignal.timeout(5_000),
    );
    utimesSync(file, 1, 1);
    expect(await wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('asks for the version seldom where the files have long been the same, and hears of what they do not tell', async () => {
    const file = place();
    await startWriter(file);
    using wake = new Wake({ file, pollMs: 5, hints: false });
    const asked: number[] = [];
    let answer = 1;
    const version = () => {
      asked.push(performance.now());
      return answer;
    };
    const seen = readStamp(file, () => 1);
    const begunMs = performance.now();
    const wait = wake.next(seen, version, AbortSignal.timeout(20_000));
    await pause(4_500);
    const late = asked.filter((atMs) => atMs - begunMs > 2_500).length;
    expect(late).toBeGreaterThan(0);
    // Of some 400 looks.
    expect(late).toBeLessThan(10);
    answer = 2;
    expect(await wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('asks for the version at every look after the files were written to', async () => {
    const file = place();
    await startWriter(file);
    using wake = new Wake({ file, pollMs: 5, hints: false });
    let asked = 0;
    let askedAtRest = Number.POSITIVE_INFINITY;
    const seen = readStamp(file, () => 1);
    const wait = wake.next(
      seen,
      () => {
        asked += 1;
        return asked < askedAtRest + 20 ? 1 : 2;
      },
      AbortSignal.timeout(20_000),
    );
    await pause(2_500);
    askedAtRest = asked;
    utimesSync(file, 1, 1);
    // Asked once a second it would be heard of after the time that is given.
    expect(await wait).toMatchObject({ change: 'changed', stamp: { version: 2 } });
  });

  it('looks a bounded number of times in a storm of hints', async () => {
    const file = place();
    await startWriter(file);
    using wake = new Wake({ file, pollMs: 1e8, hints: true });
    let looks = 0;
    const version = () => {
      looks += 1;
      return 1;
    };
    const stop = new AbortController();
    const wait = wake.next(
      readStamp(file, () => 1),
      version,
      stop.signal,
    );
    const hints = 5_000;
    for (let hint = 0; hint < hints; hint += 1) {
      utimesSync(file, hint, hint);
      await setImmediate();
    }
    stop.abort();
    expect(await wait).toBeNull();
    expect(looks).toBeGreaterThan(5);
    expect(looks).toBeLessThan(hints / 5);
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
