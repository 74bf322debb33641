import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadPasses, type Pass } from '../../src/analysis/index.ts';
import { fixedClock, must } from '../../src/kernel/index.ts';
import type { StoredEvent, Transcript } from '../../src/model/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { AnalysisDriver, loadedPass } from '../support/analysis-driver.ts';
import { NOW_MS } from '../support/fixture.ts';
import { type Followed, followed } from '../support/followed.ts';
import { ANN } from '../support/live-messages.ts';

const MINUTE = 60_000;
const GAP = 90 * MINUTE;

/** Counts messages, and how often it was run. */
function counting(version = 1): Pass & { seen: number[] } {
  const seen: number[] = [];
  return {
    name: 'counting',
    version,
    kind: ['live', 'batch'],
    input: (transcript: Transcript) => transcript,
    run(input) {
      const { conversationId, messages } = input as Transcript;
      seen.push(conversationId);
      return { messages: messages.length, texts: messages.map(({ text }) => text) };
    },
    schema: z.object({ messages: z.int(), texts: z.array(z.string().nullable()) }),
    seen,
  };
}

async function scene(pass: Pass = counting()) {
  const clock = fixedClock(NOW_MS);
  const store = await followed({ clock });
  const driver = new AnalysisDriver({ store: store.store, clock, passes: [loadedPass(pass)] });
  await driver.run();
  return {
    clock,
    store,
    driver,
    say: (text: string, minutesFromNow = 0) =>
      actions.send(store.pen, store.direct, { from: ANN, atMs: clock.now() + minutesFromNow * MINUTE, text }),
    async over() {
      clock.advance(GAP);
      store.seal();
      await driver.run();
    },
    [Symbol.dispose]() {
      driver[Symbol.dispose]();
      store.close();
    },
  };
}

function told(store: Followed): string[] {
  return store
    .eventsAfter(0)
    .filter(({ type }) => type.startsWith('analysis_') || type === 'conversation_ready_for_analysis')
    .map(word);
}

function word(event: StoredEvent): string {
  const { kind = '' } = event.data as { kind?: string };
  return `${event.type.replace('analysis_', '').replace('conversation_', '')} ${kind}`.trim();
}

describe('from a message to what was found in it', () => {
  it('live a moment after it was said, and once more when the conversation is over', async () => {
    const pass = counting();
    using it = await scene(pass);
    it.say('one');
    it.store.wake();
    await it.driver.run();
    expect(pass.seen, 'it waits for more').toHaveLength(0);
    it.clock.advance(5_000);
    await it.driver.run();
    expect(it.driver.results()).toMatchObject([
      { kind: 'live', stale_at: null, result: '{"messages":1,"texts":["one"]}' },
    ]);
    it.say('two');
    it.store.wake();
    await it.over();
    expect(it.driver.results()).toMatchObject([
      { kind: 'batch', stale_at: null, result: '{"messages":2,"texts":["one","two"]}' },
      { kind: 'live', result: '{"messages":1,"texts":["one"]}' },
    ]);
    expect(told(it.store)).toEqual([
      ...['queued live', 'started live', 'completed live'],
      ...['ready_for_analysis', 'queued batch', 'started batch', 'completed batch'],
    ]);
    await it.driver.run();
    expect(pass.seen).toHaveLength(2);
  });

  it('does not wait for ever while more and more is said', async () => {
    const pass = counting();
    using it = await scene(pass);
    for (let count = 0; count < 30; count += 1) {
      it.say(`word ${count}`);
      it.store.wake();
      await it.driver.run();
      it.clock.advance(4_000);
    }
    expect(pass.seen.length).toBeGreaterThan(0);
    expect(pass.seen.length).toBeLessThan(4);
  });

  it('again when a late message amends what was over, and the old result is stale meanwhile', async () => {
    using it = await scene();
    it.say('one');
    it.store.wake();
    await it.over();
    it.say('late', -80);
    it.store.wake();
    await it.driver.run();
    const batch = () => it.driver.results().find(({ kind }) => kind === 'batch');
    expect(batch()).toMatchObject({ stale_reason: 'content_changed', result: '{"messages":1,"texts":["one"]}' });
    await it.over();
    expect(batch()).toMatchObject({ stale_at: null, result: '{"messages":2,"texts":["one","late"]}' });
    expect(told(it.store).filter((event) => event === 'completed batch')).toHaveLength(2);
  });

  it('again when a message was edited or reacted to, and not when it was only read', async () => {
    const pass = counting();
    using it = await scene(pass);
    const message = it.say('one');
    it.store.wake();
    await it.over();
    const before = pass.seen.length;
    actions.edit(it.store.pen, message, 'better', it.clock.now());
    it.store.wake();
    await it.driver.run();
    expect(it.driver.results().at(0)?.result).toBe('{"messages":1,"texts":["better"]}');
    actions.react(it.store.pen, message, { from: 'me', code: 2000, atMs: it.clock.now() });
    it.store.wake();
    await it.driver.run();
    expect(pass.seen.length - before).toBe(2);
    it.store.restart();
    it.store.sweep();
    await it.driver.run();
    expect(pass.seen.length - before).toBe(2);
  });

  it('again when only the versions of a message change: the text, and the moment, are those of the edit before', async () => {
    const pass = counting();
    using it = await scene(pass);
    const message = it.say('one');
    it.store.wake();
    const atMs = it.clock.now();
    actions.edit(it.store.pen, message, 'better', atMs);
    it.store.wake();
    await it.over();
    const before = { runs: pass.seen.length, fingerprint: it.driver.results().at(0)?.fingerprint };
    actions.edit(it.store.pen, message, 'better', atMs);
    const events = it.store.wake();
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'message_updated', data: { guids: [message.guid], changed: ['edits'] } },
    ]);
    await it.driver.run();
    expect(pass.seen.length - before.runs).toBe(1);
    const result = must(it.driver.results().at(0), 'it was analysed');
    expect(result).toMatchObject({ stale_at: null });
    expect(result.fingerprint).not.toBe(before.fingerprint);
  });

  it('again when a reaction comes back, or says something else in its place', async () => {
    const pass = counting();
    using it = await scene(pass);
    const message = it.say('one');
    const { pen } = it.store;
    const loved = actions.react(pen, message, { from: 'me', code: 2000, atMs: it.clock.now() });
    it.store.wake();
    await it.over();
    const print = async () => {
      const events = it.store.wake().map(({ type }) => type);
      await it.driver.run();
      return { events, print: it.driver.results().at(0)?.fingerprint };
    };
    const before = await print();
    const removal = actions.react(pen, message, { from: 'me', code: 3000, atMs: it.clock.now() });
    const without = await print();
    expect(without.events).toEqual(['reaction_removed']);
    actions.deleteForGood(pen, removal);
    expect(await print()).toEqual({ events: ['reaction_added'], print: before.print });
    pen.database.updateMessage(loved.rowId, { associated_message_type: 2003 });
    it.store.wake();
    it.store.sweep();
    await it.driver.run();
    const after = it.driver.results().at(0)?.fingerprint;
    expect(new Set([before.print, without.print, after]).size).toBe(3);
  });

  it('says that a result is of an older version, and makes no new one by itself', async () => {
    using it = await scene(counting(1));
    it.say('one');
    it.store.wake();
    await it.over();
    const newer = counting(2);
    using driver = new AnalysisDriver({ store: it.store.store, clock: it.clock, passes: [loadedPass(newer)] });
    await driver.run();
    expect(driver.results().at(0)).toMatchObject({ version: 1, stale_reason: 'new_version' });
    expect(newer.seen).toEqual([]);
    await driver.analysis.begun('backfill', ['counting'], { chat: null, top: null });
    await driver.run();
    expect(driver.results().at(0)).toMatchObject({ version: 2, stale_at: null });
    expect(newer.seen).toHaveLength(1);
  });

  it('keeps the result of a conversation that is no more, and says so', async () => {
    using it = await scene();
    const one = it.say('one');
    it.store.wake();
    await it.over();
    using db = it.driver.db;
    // Bridged with an older one, it is part of that from now on.
    void one;
    db.exec("UPDATE conversations SET state = 'ready'");
    const id = db.value<number>('SELECT conversation_id FROM analysis_results LIMIT 1') ?? 0;
    db.exec('PRAGMA foreign_keys = OFF');
    db.run('DELETE FROM conversations WHERE id = ?', id);
    db.run(
      `INSERT INTO events (type, at, chat_id, data) VALUES ('conversation_removed', 0, 1, ?)`,
      JSON.stringify({ conversationId: id, messageCount: 1, startedAt: '', endedAt: '', revision: 1 }),
    );
    await it.driver.run();
    expect(it.driver.results()).toMatchObject([{ stale_reason: 'conversation_removed' }]);
  });
});

it('the built-in passes that are on by default are one', async () => {
  const loaded = await loadPasses({ module: null, names: null, llm: null });
  expect(loaded.map(({ info }) => info)).toMatchObject([{ name: 'conversation-stats', kinds: ['live', 'batch'] }]);
});
