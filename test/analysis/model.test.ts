import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { contentFingerprint, type Pass } from '../../src/analysis/index.ts';
import { fixedClock } from '../../src/kernel/index.ts';
import type { Transcript } from '../../src/model/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { transcriptOf } from '../../src/store/index.ts';
import { AnalysisDriver, loadedPass } from '../support/analysis-driver.ts';
import { NOW_MS } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { ANN, BOB } from '../support/live-messages.ts';

/**
 * Whatever is said, changed and taken back, in whatever order analysis gets its turns, whoever dies in between: in the end
 * every conversation that is over has one result, of what it says then, and no content was told of as done twice.
 */
const MINUTE = 60_000;
const GAP = 90 * MINUTE;
const MONTH = 30 * 86_400_000;

const texts: Pass = {
  name: 'texts',
  version: 1,
  kind: ['live', 'batch'],
  input: (transcript: Transcript) => transcript,
  run: (input) => ({ texts: (input as Transcript).messages.map(({ text }) => text) }),
  schema: z.object({ texts: z.array(z.string().nullable()) }),
};

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('say' as const), ago: fc.nat(300), group: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('react' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsend' as const), which: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat(200) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('follow' as const), seals: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: 'hear' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fill' as const), raced: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('work' as const), dies: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: 'settle' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

it('ends with one result for each conversation, of what it says', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const clock = fixedClock(NOW_MS);
      const store = await followed({ clock });
      const start = () => new AnalysisDriver({ store: store.store, clock, passes: [loadedPass(texts)] });
      let driver = start();
      try {
        await driver.run();
        const said: ReturnType<typeof actions.send>[] = [];
        const follow = (seals: boolean) => {
          store.wake();
          if (seals) store.seal();
        };
        for (const each of steps) {
          const message = 'which' in each ? said[each.which % Math.max(1, said.length)] : undefined;
          if ('which' in each && message === undefined) continue;
          switch (each.do) {
            case 'say': {
              const atMs = clock.now() - each.ago * MINUTE;
              const chat = each.group ? store.group : store.direct;
              said.push(
                actions.send(store.pen, chat, { from: each.group ? BOB : ANN, atMs, text: `text ${said.length}` }),
              );
              break;
            }
            case 'edit':
              clock.advance(1_000);
              if (message !== undefined) attempt(() => actions.edit(store.pen, message, 'edited', clock.now()));
              break;
            case 'react':
              if (message !== undefined) {
                attempt(() => actions.react(store.pen, message, { from: 'me', code: 2000, atMs: clock.now() }));
              }
              break;
            case 'unsend':
              if (message !== undefined) attempt(() => actions.unsend(store.pen, message, clock.now()));
              break;
            case 'wait':
              clock.advance(each.minutes * MINUTE);
              break;
            case 'follow':
              follow(each.seals);
              break;
            case 'hear':
              await driver.analysis.hear();
              break;
            case 'fill':
              driver.meanwhile = async () => {
                if (!each.raced) return;
                // Two edits of one moment are one to Messages.
                clock.advance(1_000);
                const first = said.at(-1);
                if (first !== undefined) attempt(() => actions.edit(store.pen, first, 'edited meanwhile', clock.now()));
                follow(true);
                await driver.analysis.hear();
              };
              await driver.analysis.fill();
              driver.meanwhile = async () => null;
              break;
            case 'work':
              for (const job of await driver.queue.lease(3)) if (!each.dies || job.attempt > 2) await driver.work(job);
              break;
            case 'settle':
              await driver.analysis.settle();
              break;
            case 'lose':
              driver.db.exec('DELETE FROM jobs');
              break;
            case 'restart':
              driver[Symbol.dispose]();
              driver = start();
              await driver.analysis.begin();
          }
        }
        // Until nothing moves: leases run out, everything is over, and is swept once.
        for (let count = 0; count < 6; count += 1) {
          clock.advance(count === 0 ? GAP : MONTH / 60);
          follow(true);
          store.sweep();
          store.seal();
          await driver.run();
        }
        const { db } = driver;
        const conversations = db.all<{ id: number; state: string }>('SELECT id, state FROM conversations');
        const batch = new Map(
          db
            .all<{ id: number; fingerprint: string; stale: number | null }>(
              `SELECT conversation_id AS id, fingerprint, stale_at AS stale FROM analysis_results WHERE kind = 'batch'`,
            )
            .map((row) => [row.id, row]),
        );
        for (const { id, state } of conversations) {
          expect(state).toBe('ready');
          const transcript = transcriptOf(db, id);
          const now = transcript === null ? null : contentFingerprint(transcript);
          expect(batch.get(id)).toEqual({ id, fingerprint: now, stale: null });
          batch.delete(id);
        }
        // What is left is of conversations that are no more, and says so.
        for (const { stale } of batch.values()) expect(stale).not.toBeNull();
        const twice = db.all(
          `SELECT conversation_id, kind, fingerprint, count(*) AS times FROM analysis_runs r
           WHERE state = 'completed' AND NOT EXISTS (
             SELECT 1 FROM analysis_runs o WHERE o.conversation_id = r.conversation_id AND o.kind = r.kind
               AND o.fingerprint <> r.fingerprint)
           GROUP BY 1, 2, 3 HAVING times > 1`,
        );
        expect(twice).toEqual([]);
        expect(db.value('SELECT count(*) FROM jobs')).toBe(0);
        expect(db.value(`SELECT count(*) FROM analysis_runs WHERE state IN ('queued', 'started')`)).toBe(0);
      } finally {
        driver[Symbol.dispose]();
        store.close();
      }
    }),
    { numRuns: 40 },
  );
});

/** Not every message can be edited or taken back. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Then nothing happened.
  }
}
