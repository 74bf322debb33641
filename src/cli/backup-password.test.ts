import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backup } from '../sources/iphone-backup/index.ts';
import { backupPassword } from './backup-password.ts';
import type { Invocation } from './invocation.ts';

const { signal } = new AbortController();
const backup = { id: 'x', folder: '/x', device: "Ann's\u001b[2J iPhone" } as Backup;

let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
});
afterEach(() => rmSync(place, { recursive: true }));

/** A terminal whose keys are pressed by the test, and what it shows. */
function terminal(isTTY = true) {
  const raw: boolean[] = [];
  let shown = '';
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  const stderr = { isTTY, write: (text: string) => (shown += text) };
  const invocation = (config: object = {}) =>
    ({
      config: { passwordFd: null, backupPassword: null, ...config },
      world: { stdin, stderr },
    }) as unknown as Invocation;
  return { stdin, raw, invocation, shown: () => shown };
}

describe('the password of a backup', () => {
  it.each([
    ['a plain one', 'pass wörd\r', 'pass wörd'],
    ['one that is typed wrong and corrected', 'paz\u007fss\b\u007fss\n', 'pass'],
    ['one that is begun anew', 'nonsense\u0015right\r', 'right'],
    ['an empty one', '\r', ''],
  ])('is read from a terminal without showing it: %s', async (_name, keys, expected) => {
    const { stdin, raw, invocation, shown } = terminal();
    const asked = backupPassword(invocation(), backup, signal);
    stdin.write(keys);
    expect((await asked).toString()).toBe(expected);
    expect(raw).toEqual([true, false]);
    expect(shown()).toBe("Password of the backup of Ann's iPhone: \n");
  });

  it.each(['abc\u0003', '\u0004'])('is not given when the person stops: %j', async (keys) => {
    const { stdin, raw, invocation } = terminal();
    const asked = backupPassword(invocation(), backup, signal);
    stdin.write(keys);
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(raw).toEqual([true, false]);
  });

  it('is not waited for any longer when the command is told to stop', async () => {
    const abort = new AbortController();
    const { raw, invocation } = terminal();
    const asked = backupPassword(invocation(), backup, abort.signal);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(raw).toEqual([true, false]);
  });

  it.each([
    ['secret\nmore', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    [' with spaces \n', ' with spaces '],
    ['', ''],
  ])('is the first line of a descriptor: %j', async (content, expected) => {
    const file = path.join(place, 'password');
    writeFileSync(file, content);
    const password = await backupPassword(
      terminal(false).invocation({ passwordFd: openSync(file, 'r') }),
      backup,
      signal,
    );
    expect(password.toString()).toBe(expected);
  });

  it('from a descriptor that is not open is wrong usage', async () => {
    const file = path.join(place, 'password');
    writeFileSync(file, '');
    const fd = openSync(file, 'r');
    closeSync(fd);
    const asked = backupPassword(terminal().invocation({ passwordFd: fd + 200 }), backup, signal);
    await expect(asked).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('EBADF') });
  });

  it('is taken from the environment, and missed where there is neither that nor a terminal', async () => {
    const { invocation } = terminal(false);
    expect((await backupPassword(invocation({ backupPassword: 'x' }), backup, signal)).toString()).toBe('x');
    await expect(backupPassword(invocation(), backup, signal)).rejects.toMatchObject({
      code: 'BACKUP_PASSWORD_NEEDED',
    });
  });
});
