import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPrivateFolder, removeLeftovers } from './private-folder.ts';

const before = process.env.TMPDIR;
/** A small Linux in a container may have none, or next to none. */
const hasFilesInMemory =
  process.platform === 'linux' && existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x0102_1994;
let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
  process.env.TMPDIR = place;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(place, { recursive: true });
});

/** A process that makes a private folder, says where, and waits. */
async function other() {
  const script = `const { openPrivateFolder } = await import(${JSON.stringify(path.resolve('src/sqlite/index.ts'))});
    const folder = openPrivateFolder('backup', 1);
    console.log(folder.path);
    process.stdin.on('data', (text) => { if (String(text).includes('exit')) process.exit(3); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [folder] = await new Promise<string[]>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().split('\n'))),
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { folder: folder ?? '', child, ended };
}

describe('a private folder', () => {
  it('is for its owner alone, and gone with all it holds when it is let go of', () => {
    const folder = openPrivateFolder('backup', 1);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    writeFileSync(path.join(folder.path, 'secret'), 'x');
    folder[Symbol.dispose]();
    expect(existsSync(folder.path)).toBe(false);
    expect(process.listenerCount('exit')).toBeLessThan(20);
  });

  it('of a process that ends by itself is gone', async () => {
    const { folder, child, ended } = await other();
    expect(existsSync(folder)).toBe(true);
    child.stdin.write('exit\n');
    await ended;
    expect(existsSync(folder)).toBe(false);
  });

  it('is let go of while another process looks for leftovers', async () => {
    const script = `const { removeLeftovers } = await import(${JSON.stringify(path.resolve('src/sqlite/index.ts'))});
      console.log('looking');
      for (;;) removeLeftovers([${JSON.stringify(place)}]);`;
    const looking = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => looking.stdout.once('data', resolve));
    try {
      for (let round = 0; round < 400; round += 1) {
        const folder = openPrivateFolder('verify', 1);
        for (let file = 0; file < 4; file += 1) writeFileSync(path.join(folder.path, `copy-${file}`), 'x');
        folder[Symbol.dispose]();
        expect(existsSync(folder.path)).toBe(false);
      }
    } finally {
      looking.kill('SIGKILL');
    }
  });

  it('of a process that lives stays; of one that was killed it is removed', async () => {
    const { folder, child, ended } = await other();
    using own = openPrivateFolder('salvage', 1);
    expect(removeLeftovers([place])).toBe(0);
    expect(existsSync(folder) && existsSync(own.path)).toBe(true);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(folder)).toBe(true);
    expect(removeLeftovers([place])).toBe(1);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(own.path)).toBe(true);
  });

  it.runIf(hasFilesInMemory)(
    'of something small lies in memory, unless another place is named; it is removed there too',
    async () => {
      const small = () => {
        using folder = openPrivateFolder('backup', 1_000);
        return path.dirname(folder.path);
      };
      expect(small()).toBe(place);
      delete process.env.TMPDIR;
      expect(small()).toBe('/dev/shm');
      using large = openPrivateFolder('backup', 2 ** 40);
      expect(path.dirname(large.path)).toBe(tmpdir());
      const { folder, child, ended } = await other();
      expect(path.dirname(folder)).toBe('/dev/shm');
      child.kill('SIGKILL');
      await ended;
      removeLeftovers();
      expect(existsSync(folder)).toBe(false);
    },
  );

  it('is never taken for a folder of somebody else, or a link to one', () => {
    const theirs = path.join(place, 'chatstats-demo-abcdef');
    mkdirSync(theirs);
    mkdirSync(path.join(place, 'elsewhere'));
    symlinkSync(path.join(place, 'elsewhere'), path.join(place, 'chatstats-backup-999999999-abcdef'));
    expect(removeLeftovers([place])).toBe(0);
    expect(existsSync(theirs) && existsSync(path.join(place, 'elsewhere'))).toBe(true);
  });

  it('whose maker died before it could lock it is removed too', () => {
    mkdirSync(path.join(place, 'chatstats-backup-999999999-abcdef'));
    expect(removeLeftovers([place])).toBe(1);
  });
});
