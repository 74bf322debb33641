import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cancelPlans, type Pass } from '../../src/analysis/index.ts';
import { fixedClock } from '../../src/kernel/index.ts';
import type { Transcript } from '../../src/model/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { AnalysisDriver, loadedPass } from '../support/analysis-driver.ts';
import { madeUpHistory, NOW_MS, runImport } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { ANN } from '../support/live-messages.ts';

const GAP = 90 * 60_000;
const DAY = 86_400_000;

function counting(version = 1, more: Partial<Pass> = {}): Pass {
  return {
    name: 'counting',
    version,
    kind: 'batch',
    input: (transcript: Transcript) => transcript,
    run: (input) => ({ messages: (input as Transcript).messages.length }),
    schema: z.object({ messages: z.int() }),
    ...more,
  };
}

async function history(pass = counting()) {
  const fixture = madeUpHistory({ messages: 1_200 });
  await runImport(fixture);
  const clock = fixedClock(NOW_MS);
  const driver = new AnalysisDriver({ store: fixture.store, clock, passes: [loadedPass(pass)] });
  await driver.analysis.begin();
  const value = (sql: string) => driver.db.value<number>(sql) ?? 0;
  const ready = value(`SELECT count(*) FROM conversations WHERE state = 'ready'`);
  const results = () => value('SELECT count(*) FROM analysis_results');
  return { ...fixture, clock, driver, value, ready, results, [Symbol.dispose]: () => driver[Symbol.dispose]() };
}

describe('what was said before', () => {
  it('is left alone until somebody asks', async () => {
    using it = await history();
    await it.driver.run();
    expect(it.results()).toBe(0);
  });

  it('is forecast as it is then done: of everything, of a chat, of the chats with the most messages', async () => {
    using it = await history();
    const largest = it.value('SELECT id FROM chats ORDER BY message_count DESC, id LIMIT 1');
    const forecast = (chat: number | null, top: number | null) => it.driver.analysis.forecast(null, { chat, top });
    expect(await forecast(null, null)).toMatchObject({ runs: it.ready, conversations: it.ready });
    const { runs } = await forecast(null, 1);
    expect(await forecast(largest, null)).toMatchObject({ runs });
    await it.driver.analysis.begun('run', null, { chat: null, top: 1 });
    await it.driver.run();
    expect(it.results()).toBe(runs);
    expect(it.value(`SELECT count(DISTINCT chat_id) FROM analysis_results`)).toBe(1);
    expect(await forecast(null, null)).toMatchObject({ runs: it.ready - runs });
  });

  it('the chats with the most messages come first, and of each the newest', async () => {
    using it = await history();
    await it.driver.analysis.begun('run', null, { chat: null, top: null });
    await it.driver.run();
    const order = it.driver.db.all<{ place: number }>(
      `SELECT (SELECT count(*) FROM chats o WHERE o.message_count > c.message_count) AS place
       FROM analysis_runs r JOIN chats c ON c.id = r.chat_id ORDER BY r.id LIMIT 100`,
    );
    const places = order.map(({ place }) => place);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('is told of: planned, begun, how far it is, and done', async () => {
    using it = await history();
    const plan = await it.driver.analysis.begun('run', null, { chat: null, top: null });
    await it.driver.run();
    const events = readEvents(it.driver.db, { after: 0, limit: 100_000 }).filter((event) => 'plan' in event.data);
    expect(events.map(({ type }) => type).filter((type) => type !== 'analysis_progress')).toEqual([
      'analysis_queued',
      'analysis_started',
      'analysis_completed',
    ]);
    expect(events.findLast(({ type }) => type === 'analysis_progress')?.data).toEqual({
      ...{ plan, done: it.ready, failed: 0, total: it.ready },
    });
  });

  it('is the same plan when it is asked for again while it goes on', async () => {
    using it = await history();
    const scope = { chat: null, top: null };
    const plan = await it.driver.analysis.begun('run', null, scope);
    expect(await it.driver.analysis.begun('run', null, scope)).toBe(plan);
    await it.driver.run();
    expect(await it.driver.analysis.begun('run', null, scope)).not.toBe(plan);
  });

  it('is cancelled wherever it is: what is there stays, nothing more comes, and it can be asked for again', async () => {
    using it = await history();
    const { analysis, db } = it.driver;
    await analysis.begun('run', null, { chat: null, top: null });
    while (await analysis.plan());
    await analysis.fill();
    for (const job of (await it.driver.queue.lease(4)).slice(0, 3)) await it.driver.work(job);
    await analysis.settle();
    expect(it.results()).toBe(3);
    expect(db.transaction(() => cancelPlans(db, it.clock.now())).cancelled).toBe(1);
    await it.driver.run();
    expect(it.results()).toBe(3);
    expect(it.value('SELECT count(*) FROM jobs')).toBe(0);
    expect(it.value(`SELECT count(*) FROM analysis_targets WHERE state <> 'done'`)).toBe(0);
    expect(it.value(`SELECT count(*) FROM analysis_runs WHERE state IN ('queued', 'started')`)).toBe(0);
    await analysis.begun('run', null, { chat: null, top: null });
    await it.driver.run();
    expect(it.results()).toBe(it.ready);
  });

  it('leaves what fails as dead letters, and is done all the same', async () => {
    using it = await history(counting(1, { run: () => ({ messages: 'many' }) }));
    await it.driver.analysis.begun('run', null, { chat: null, top: null });
    for (let count = 0; count < 8; count += 1) {
      await it.driver.run();
      it.clock.advance(DAY);
    }
    expect(it.driver.db.get('SELECT state, done, failed, total FROM historic_analysis_status')).toEqual({
      ...{ state: 'completed', done: 0, failed: it.ready, total: it.ready },
    });
    const codes = it.driver.db.all('SELECT DISTINCT failure_code AS code, attempts FROM analysis_runs');
    expect(codes).toEqual([{ code: 'RESULT_NOT_VALID', attempts: 5 }]);
  });

  it('waits for another day once a pass has used what it may', async () => {
    const bounds = { tokens: 100, cost: null };
    using it = await history(
      counting(1, {
        bounds,
        estimate: () => ({ tokens: 30, cost: 0 }),
        run: (input, { used }) => {
          used({ tokens: 30, cost: 0 });
          return { messages: (input as Transcript).messages.length };
        },
      }),
    );
    await it.driver.analysis.begun('run', null, { chat: null, top: null });
    await it.driver.run();
    const first = it.results();
    expect(await it.driver.analysis.exhausted()).toEqual(['counting']);
    await it.driver.run();
    expect(it.results()).toBe(first);
    it.clock.advance(DAY);
    await it.driver.run();
    expect(it.results()).toBeGreaterThan(first);
  });
});

it('over years, with the program off for months, every conversation is analysed once when it is over', async () => {
  const clock = fixedClock(NOW_MS);
  using store = await followed({ clock });
  let driver = new AnalysisDriver({ store: store.store, clock, passes: [loadedPass(counting())] });
  await driver.run();
  let said = 0;
  for (let month = 0; month < 30; month += 1) {
    // The program is off: what happens meanwhile is caught up with.
    driver[Symbol.dispose]();
    for (let day = 0; day < 30; day += 7) {
      actions.send(store.pen, store.direct, { from: ANN, atMs: clock.now(), text: `day ${said}` });
      said += 1;
      clock.advance(7 * DAY);
    }
    clock.advance(month % 5 === 0 ? 100 * DAY : 0);
    store.restart();
    store.wake('catching-up');
    store.seal();
    driver = new AnalysisDriver({ store: store.store, clock, passes: [loadedPass(counting())] });
    await driver.run();
    store.upkeep();
  }
  clock.advance(GAP);
  store.seal();
  await driver.run();
  expect(driver.db.value('SELECT count(*) FROM conversations')).toBe(said);
  expect(driver.db.value('SELECT count(*) FROM analysis_results WHERE stale_at IS NULL')).toBe(said);
  expect(driver.db.value('SELECT count(*) FROM analysis_runs')).toBe(said);
  driver[Symbol.dispose]();
});
