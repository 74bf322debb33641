import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JOB_LIMITS, type Pass } from '../../src/analysis/index.ts';
import { fixedClock } from '../../src/kernel/index.ts';
import type { Transcript } from '../../src/model/index.ts';
import { Random, writeHistory } from '../../src/simulator/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { openStoreForReading, openStoreForWriting } from '../../src/store/index.ts';
import { AnalysisDriver, loadedPass } from '../support/analysis-driver.ts';
import { effort } from '../support/effort.ts';
import { copyDatabase } from '../support/eventful.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';

/**
 * A statement fails, or the power is cut before it, anywhere between what is asked for and what is written of it. Whatever
 * was done, done again it ends in the same state, and each content has one result that was told of once.
 */
const counting: Pass = {
  name: 'counting',
  version: 1,
  kind: 'batch',
  input: (transcript: Transcript) => transcript,
  run: (input) => ({ messages: (input as Transcript).messages.length }),
  schema: z.object({ messages: z.int() }),
};

const LATER_MS = 60 * 60_000;
let folder = '';
let base = '';

beforeAll(async () => {
  // Kept for all tests of this file: a small history, of which everything is to be analysed.
  folder = mkdtempSync(path.join(tmpdir(), 'chatstats-crash-'));
  const source = path.join(folder, 'chat.db');
  writeHistory({ file: source, generation: 'macos-26', messages: 90, seed: 5, nowMs: NOW_MS, truth: false });
  base = path.join(folder, 'store.db');
  await runImport({ source, store: base });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => Database.watch(null));

type Failure = { what: string; error: (sql: string) => Error; dies: boolean };
const FAILURES: readonly Failure[] = [
  { what: 'the power is cut', error: () => new Error('power cut'), dies: true },
  { what: 'the store is busy', error: (sql) => new SqliteError('not now', 5, sql, null), dies: false },
  { what: 'the disk is full', error: (sql) => new SqliteError('not now', 13, sql, null), dies: false },
];

/** What the path ends in: results without ids of chance, how often each was told of, and what is left over. */
function outcome(store: string) {
  using db = openStoreForReading(store);
  return {
    results: db.all('SELECT conversation_id, pass, kind, version, fingerprint, result, stale_at FROM analysis_results'),
    completed: db.all(
      `SELECT data ->> 'conversationId' AS conversation, count(*) AS times FROM events
       WHERE type = 'analysis_completed' AND data ->> 'conversationId' IS NOT NULL GROUP BY 1`,
    ),
    queued: db.value(`SELECT count(*) FROM events WHERE type = 'analysis_queued' AND data ->> 'plan' IS NULL`),
    plans: db.all('SELECT state, total, done, failed FROM historic_analysis_status'),
    left: db.value('SELECT count(*) FROM jobs'),
    open: db.value(`SELECT count(*) FROM analysis_targets WHERE state <> 'done'`),
  };
}

async function perform(failing: number, failure: Failure) {
  const store = path.join(temporaryFolder(), 'store.db');
  copyDatabase(base, store);
  const clock = fixedClock(NOW_MS);
  const start = () => new AnalysisDriver({ store, clock, passes: [loadedPass(counting)], seed: failing + 1 });
  let driver = start();
  await driver.analysis.begin();
  await driver.analysis.begun('run', null, { chat: null, top: null });
  let statements = 0;
  let error: unknown = null;
  Database.watch((sql) => {
    statements += 1;
    if (statements === failing || (failure.dies && failing > 0 && statements > failing)) throw failure.error(sql);
  });
  try {
    await driver.run();
  } catch (thrown) {
    error = thrown;
  } finally {
    Database.watch(null);
  }
  if (failure.dies) {
    driver.db.close();
    driver = start();
  }
  // Leases of whoever died run out, and pauses after failures are over.
  for (let count = 0; count < 6; count += 1) {
    clock.advance(LATER_MS);
    await driver.run();
  }
  driver[Symbol.dispose]();
  return { statements, error, outcome: outcome(store) };
}

/** Every so many statements the power is cut. */
const CUT_EVERY = effort(11, 1);

describe('from what is asked for to what is found', () => {
  it.each(FAILURES)(
    '$what at any statement: each result is there once, and told of once',
    async (failure) => {
      const whole = await perform(0, failure);
      expect(whole.error).toBeNull();
      expect(whole.outcome.results.length).toBeGreaterThan(3);
      expect(whole.outcome).toMatchObject({ left: 0, open: 0, plans: [{ state: 'completed' }] });
      expect(whole.outcome.completed.every(({ times }) => times === 1)).toBe(true);
      const everySoMany = failure.dies ? CUT_EVERY : effort(19, 3);
      const differing: Record<number, string> = {};
      for (let failing = 1; failing <= whole.statements; failing += everySoMany) {
        const { error, outcome: found } = await perform(failing, failure);
        expect(error, 'whoever asked is told').not.toBeNull();
        const difference = Object.keys(found).find(
          (key) =>
            JSON.stringify(found[key as keyof typeof found]) !==
            JSON.stringify(whole.outcome[key as keyof typeof found]),
        );
        if (difference !== undefined) differing[failing] = difference;
      }
      expect(differing, `of ${whole.statements} statements`).toEqual({});
    },
    120_000,
  );
});

describe('thousands of conversations', () => {
  it('each have one result, though takers die, the queue is emptied, and the program begins anew', async () => {
    const { store } = await largeHistory();
    const clock = fixedClock(NOW_MS);
    const chance = new Random(3);
    const start = () =>
      new AnalysisDriver({ store, clock, passes: [loadedPass(counting)], seed: chance.between(1, 1_000_000) });
    let driver = start();
    await driver.analysis.begin();
    await driver.analysis.begun('run', null, { chat: null, top: null });
    for (let round = 0; ; round += 1) {
      while (await driver.analysis.plan());
      await driver.analysis.fill();
      const jobs = await driver.queue.lease(4);
      for (const job of jobs) {
        // One in seven takers dies before it has said anything, one in eleven says it twice.
        if (chance.between(1, 7) === 1 && job.attempt < JOB_LIMITS.attempts) continue;
        await driver.work(job);
        if (chance.between(1, 11) === 1) await driver.work(job);
      }
      await driver.analysis.settle();
      if (round % 50 === 10) driver.db.exec('DELETE FROM jobs');
      if (round % 50 === 20) {
        driver[Symbol.dispose]();
        driver = start();
      }
      if (round % 20 === 0) {
        clock.advance(LATER_MS);
        await driver.analysis.repair();
      }
      if (driver.db.value(`SELECT 1 FROM analysis_targets WHERE state <> 'done' LIMIT 1`) === null && round > 1) break;
      expect(round).toBeLessThan(20_000);
    }
    await driver.analysis.recount();
    const ready = driver.db.value<number>(`SELECT count(*) FROM conversations WHERE state = 'ready'`) ?? 0;
    expect(ready).toBeGreaterThan(effort(1_000, 5_000));
    driver[Symbol.dispose]();
    const found = outcome(store);
    expect(found.results).toHaveLength(ready);
    expect(found.completed).toHaveLength(ready);
    expect(found.completed.every(({ times }) => times === 1)).toBe(true);
    expect(found.plans).toEqual([{ state: 'completed', total: ready, done: ready, failed: 0 }]);
    using db = openStoreForReading(store);
    const wrong = db.all(
      `SELECT r.conversation_id FROM analysis_results r JOIN conversations v ON v.id = r.conversation_id
       WHERE r.result ->> 'messages' <> v.message_count`,
    );
    expect(wrong).toEqual([]);
  }, 300_000);
});

async function largeHistory() {
  const fixture = madeUpHistory({ messages: effort(16_000, 75_000), seed: 9 });
  await runImport(fixture);
  openStoreForWriting(fixture.store).close();
  return fixture;
}
