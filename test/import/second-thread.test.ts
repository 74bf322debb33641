import { closeSync, copyFileSync, openSync, readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions, openMessagesDatabase } from '../../src/simulator/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const TWO_THREADS = { secondThreadFromBytes: 0 };

describe('a first import with two threads', () => {
  it('gives what one thread gives, down to the ids', async () => {
    // More rows than one slice, so that both threads have some.
    const fixture = madeUpHistory({ messages: 45_000 });
    const alone = path.join(fixture.folder, 'alone.db');
    const [one, two] = [
      await runImport({ source: fixture.source, store: alone }, { secondThreadFromBytes: Number.MAX_SAFE_INTEGER }),
      await runImport(fixture, TWO_THREADS),
    ];
    expect({ ...two, stages: {}, durationMs: 0, rate: 0 }).toEqual({ ...one, stages: {}, durationMs: 0, rate: 0 });
    expect(canonicalStore(fixture.store)).toEqual(canonicalStore(alone));
    expect(readdirSync(fixture.folder).filter((name) => name.includes('building'))).toEqual([]);
  });

  it('finds out when the source changed between their snapshots', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const live = liveMessages(source);
    for (let index = 0; index < 50; index += 1) {
      actions.send(live.pen, live.direct, { from: ANN, atMs: NOW_MS - 9e8 + index * 1e6, text: `message ${index}` });
    }
    let sent = false;
    const store = path.join(folder, 'store.db');
    const summary = await runImport(
      { source, store },
      {
        ...TWO_THREADS,
        onProgress: ({ stage }) => {
          if (stage !== 'people' || sent) return;
          sent = true;
          actions.send(live.pen, live.direct, { from: ANN, atMs: NOW_MS, text: 'meanwhile' });
        },
      },
    );
    live.close();
    expect(sent).toBe(true);
    expect(summary.messages).toBe(51);
    expect(summary.stages).toHaveProperty('compare');
  });

  it('leaves nothing behind when it is cancelled, and damage found by the other thread is salvaged', async () => {
    const fixture = madeUpHistory({ messages: 45_000 });
    const controller = new AbortController();
    const cancelled = runImport(fixture, {
      ...TWO_THREADS,
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'messages' && controller.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(fixture.folder).filter((name) => name.startsWith('store.db'))).toEqual(['store.db-owner']);

    const damaged = path.join(fixture.folder, 'damaged.db');
    copyFileSync(fixture.source, damaged);
    using db = openMessagesDatabase(damaged, 'macos-26').db;
    const last = db.value<number>('SELECT max(ROWID) FROM message') ?? 0;
    db.close();
    expect(last).toBeGreaterThan(40_000);
    overwriteLastMessagePages(damaged);
    const summary = await runImport({ source: damaged, store: fixture.store }, TWO_THREADS);
    expect(summary.unreadable).toBeGreaterThan(0);
    expect(summary.messages).toBeGreaterThan(35_000);
  });
});

function overwriteLastMessagePages(file: string): void {
  using db = openMessagesDatabase(file, 'macos-26').db;
  const pages = db.all<{ pageno: number }>(
    `SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 3`,
  );
  db.close();
  const handle = openSync(file, 'r+');
  for (const { pageno } of pages) writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, (pageno - 1) * 4_096);
  closeSync(handle);
}
