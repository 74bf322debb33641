import { expect, it, onTestFinished } from 'vitest';
import { pause, systemClock } from '../kernel/index.ts';
import { SpareTime } from './spare-time.ts';

type Came = 'done' | 'more' | 'later';

/** Spare time of somebody who follows nothing; upkeep comes to what it is told to, else to its end. */
function spare(...comesTo: Came[]) {
  const stop = new AbortController();
  let done = 0;
  /** What happens while it is done the next time. */
  const meanwhile: (() => void)[] = [];
  const spareTime = new SpareTime(
    { signal: stop.signal, clock: systemClock },
    {
      follower: () => null,
      drain: async () => undefined,
      sweepSlice: async () => true,
      swept: () => undefined,
      upkeep: async () => {
        done += 1;
        meanwhile.shift()?.();
        return comesTo.shift() ?? 'done';
      },
    },
  );
  const ended = spareTime.run();
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { spareTime, meanwhile, times: () => done };
}

it('does upkeep once at first, goes on while there is more, and then rests until something is written', async () => {
  const { spareTime, times } = spare('more', 'more');
  await expect.poll(times).toBe(3);
  await pause(2_200);
  expect(times()).toBe(3);
  spareTime.written();
  await expect.poll(times, { timeout: 5_000 }).toBe(4);
  await pause(2_200);
  expect(times()).toBe(4);
});

it('tries again what cannot be done for the moment', async () => {
  const { times } = spare('later', 'later');
  await expect.poll(times, { timeout: 10_000 }).toBe(3);
  await pause(2_200);
  expect(times()).toBe(3);
});

it('does not lose what is written while upkeep goes on', async () => {
  const { spareTime, times, meanwhile } = spare();
  await expect.poll(times).toBe(1);
  meanwhile.push(() => spareTime.written());
  spareTime.written();
  await expect.poll(times, { timeout: 5_000 }).toBe(3);
  await pause(2_200);
  expect(times()).toBe(3);
});
