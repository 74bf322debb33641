import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, listen } from '../../src/engine/index.ts';
import { ownStore } from '../../src/load/index.ts';
import { writeHistoryBackup } from '../../src/simulator/index.ts';
import { projectRoot } from '../project-files.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { errorCode, Workplace } from './chatstats.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.history('chat.db', { addressBookFolder: place.file('AddressBook') });
  // Several slices of rows, so that a request to stop is seen between two of them.
  place.history('long.db', { messages: 65_000 });
});
afterAll(() => place[Symbol.dispose]());

/** An owner as one that follows is: this process has the store, an engine, and an ear for others. */
async function owner(store: string): Promise<AsyncDisposable & { engine: Engine }> {
  const engine = await Engine.start({ store: place.file(store) });
  const listener = await listen(place.file(store), (name, args, options) => engine.call(name, args, options));
  return {
    engine,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await engine.stop();
    },
  };
}

const importInto = (store: string, source: string, ...more: string[]) =>
  place.run(['--db', store, '--json', 'import', source, ...more]);

/** Starts an import and, when it has begun, sends it a signal; answers how it ended. */
async function interrupted(store: string, signal: NodeJS.Signals) {
  const child = place.start(['--db', store, 'import', place.file('long.db')]);
  let stderr = '';
  child.stderr?.on('data', (piece: Buffer) => {
    if (stderr === '') child.kill(signal);
    stderr += piece.toString();
  });
  const [status, by] = (await once(child, 'close')) as [number | null, string | null];
  return { status, by, stderr };
}

describe('an import beside the owner of the store', () => {
  it('is done by the owner, and ends as if it had been done here', async () => {
    await using _owner = await owner('owned.db');
    const first = await importInto('owned.db', 'chat.db', '--address-book', 'AddressBook');
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr, 'said when the owner tells how far it is').toContain(`importing ${place.file('chat.db')}`);
    const alone = await importInto('alone.db', 'chat.db', '--address-book', 'AddressBook');
    const counts = (stdout: string) => {
      const { durationMs, rate, stages, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
      return rest;
    };
    expect(counts(first.stdout)).toEqual(counts(alone.stdout));
    expect(counts((await importInto('owned.db', 'chat.db')).stdout)).toMatchObject({ bulk: false });
  });

  it('of an encrypted backup is decrypted here, and read there: the password stays here', async () => {
    const { folder } = writeHistoryBackup({
      ...{ folder: place.file('backups'), seed: 4, messages: 300, nowMs: Date.UTC(2026, 3, 1) },
      encryption: { password: 'of this backup' },
    });
    const env = { CHATSTATS_BACKUP_PASSWORD: 'of this backup' };
    const importBackup = (store: string) => place.run(['--db', store, '--json', 'import', folder], { env });
    await using _owner = await owner('backup.db');
    const handed = await importBackup('backup.db');
    expect(handed.status, handed.stderr).toBe(0);
    const alone = await importBackup('backup-alone.db');
    expect(canonicalStore(place.file('backup.db'))).toEqual(canonicalStore(place.file('backup-alone.db')));
    const states = (store: string) =>
      canonicalStore(place.file(store)).attachments.map((line) => (line as { state: string }).state);
    expect(states('backup.db')).toContain('present');
    expect(JSON.parse(alone.stdout)).toMatchObject({ problems: [] });
  });

  it("fails with the owner's error, and the owner goes on", async () => {
    await using _owner = await owner('failing.db');
    const failed = await importInto('failing.db', 'chat.db', '--address-book', 'nobody');
    expect([errorCode(failed), failed.status]).toEqual(['ADDRESS_BOOK_NOT_FOUND', 3]);
    expect((await importInto('failing.db', 'chat.db')).status).toBe(0);
  });

  it('is cancelled there by Ctrl-C here', async () => {
    await using _owner = await owner('cancelled.db');
    const { status, stderr } = await interrupted('cancelled.db', 'SIGINT');
    expect(stderr).toMatch(/error CANCELLED: .+\nhint: .+\n$/);
    expect(status).toBe(130);
    expect(statSync(place.file('cancelled.db'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is cancelled there when it is killed here', async () => {
    await using running = await owner('killed.db');
    expect((await interrupted('killed.db', 'SIGKILL')).by).toBe('SIGKILL');
    // The next one has its turn when the killed one has ended, and finds nothing of it.
    expect(JSON.parse((await importInto('killed.db', 'chat.db')).stdout)).toMatchObject({ bulk: true });
    await running.engine.stop();
  });

  it('is refused when the owner does not listen', async () => {
    using _owner = ownStore(place.file('deaf.db'));
    const refused = await importInto('deaf.db', 'chat.db');
    expect([errorCode(refused), refused.status]).toEqual(['STORE_OWNED', 5]);
  });
});

describe('an owner that was killed', () => {
  it('leaves a socket that stops nobody, and that the next owner replaces', async () => {
    const store = place.file('stale.db');
    const engine = pathToFileURL(path.join(projectRoot, 'src/engine/index.ts')).href;
    const load = pathToFileURL(path.join(projectRoot, 'src/load/index.ts')).href;
    const script = `
      const { listen } = await import(${JSON.stringify(engine)});
      const { ownStore } = await import(${JSON.stringify(load)});
      const owner = ownStore(${JSON.stringify(store)});
      await listen(${JSON.stringify(store)}, async () => null);
      process.stdout.write('listening');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(statSync(`${store}-socket`).isSocket()).toBe(true);
    expect((await importInto('stale.db', 'chat.db')).status).toBe(0);
    await using _owner = await owner('stale.db');
    const handed = await importInto('stale.db', 'chat.db');
    expect(JSON.parse(handed.stdout)).toMatchObject({ bulk: false });
  });
});
