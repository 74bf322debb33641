import { describe, expect, it } from 'vitest';
import { discardLetters, type Pass, retryLetters } from '../../src/analysis/index.ts';
import { must, systemClock } from '../../src/kernel/index.ts';
import { everythingIn } from './everything.ts';
import { faultsOf, jobsScene, openQueue } from './jobs-scene.ts';
import { eventually } from './relay-scene.ts';
import { ownRedis } from './server.ts';
import { slowPass } from './slow-pass.ts';

const JOB = { id: 'batch_a', kind: 'batch', priority: 1, payload: { said: 'a word of the transcript' } } as const;

describe('jobs on a Redis that comes and goes', () => {
  it('are refused while it is away, from the start or later, and taken once it is there', async () => {
    await using server = await ownRedis();
    await server.kill();
    await using queue = openQueue(server.url);
    await expect(queue.enqueue([JOB])).rejects.toThrow();
    await server.restart();
    expect(await queue.enqueue([JOB])).toEqual(['batch_a']);
    await server.kill();
    await expect(queue.known(['batch_a'])).rejects.toThrow();
    await expect(queue.lease(1)).rejects.toThrow();
    await server.restart();
    await eventually(
      'it is there again',
      async () =>
        await queue.known(['batch_a']).then(
          () => true,
          () => false,
        ),
    );
    expect(await queue.known(['batch_a']), 'it kept nothing').toEqual(new Set());
    expect(await queue.enqueue([JOB])).toEqual(['batch_a']);
    expect(await queue.lease(1)).toMatchObject([{ id: 'batch_a', payload: JOB.payload }]);
  });

  it('hold what was said while they live, and what was found until it is read; then nothing holds either', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    await using queue = openQueue(server.url);
    await queue.enqueue([JOB]);
    const holders = async (word: string) =>
      [...(await everythingIn(redis))].filter(([, held]) => held.includes(word)).map(([key]) => key);
    const key = 'bull:chatstats-analysis-batch:batch_a';
    expect(await holders('transcript')).toEqual([key]);
    const [job] = await queue.lease(1);
    await queue.complete(must(job, 'it was put in'), { summary: 'a word of the result' });
    expect([await holders('transcript'), await holders('of the result')]).toEqual([[], [key]]);
    await queue.forget(['batch_a']);
    expect(await holders('a word of')).toEqual([]);
    expect((await redis.keys('*')).filter((name) => name.includes('batch_a'))).toEqual([]);
  });

  it('that have failed for good are in the store, and can be tried again or given up', async () => {
    await using server = await ownRedis();
    let isBroken = true;
    const pass: Pass = {
      ...slowPass(0),
      estimate: () => ({ tokens: 0, cost: 0 }),
      async run(input: unknown) {
        // As a module of the user's throws it, which cannot import ours.
        if (isBroken) throw Object.assign(new Error(), { name: 'PassError', code: 'NOT_NOW', isFinal: true });
        const { conversationId, messages } = input as { conversationId: number; messages: unknown[] };
        return { conversation: conversationId, messages: messages.length };
      },
    };
    await using scene = await jobsScene(server.url, { messages: 400, pass });
    await scene.begin();
    const { driver, queue, conversations } = scene;
    const work = async () => {
      for (const job of await queue.lease(8)) await driver.work(job);
    };
    await scene.settleAll(work);
    const states = () => driver.db.all('SELECT state, count(*) AS count FROM analysis_runs GROUP BY state');
    expect(states()).toEqual([{ state: 'failed', count: conversations }]);
    expect((await queue.counts()).batch.finished, 'dead letters outlive the queue').toBe(0);
    await (await server.client()).flushall();
    isBroken = false;
    expect(discardLetters(driver.db, [1], systemClock.now())).toBe(1);
    expect(retryLetters(driver.db, 'all', systemClock.now())).toEqual({ retried: conversations - 1, replaced: 0 });
    await scene.settleAll(work);
    expect(states()).toEqual([
      { state: 'completed', count: conversations - 1 },
      { state: 'discarded', count: 1 },
    ]);
    expect(faultsOf(scene)).toHaveLength(3);
  });
});
