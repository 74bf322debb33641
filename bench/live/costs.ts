import { copyFileSync, existsSync } from 'node:fs';
import { DEFAULT_GAP_MS } from '../../src/conversations/index.ts';
import { systemClock } from '../../src/kernel/index.ts';
import { Follower, knownSource, LiveSource } from '../../src/pipeline/index.ts';
import type { ActorProcess } from '../../src/simulator/index.ts';
import { line, spread } from './table.ts';

function timed(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** What one look costs, in this process, on a copy of the store: nobody waits for anybody. */
export async function costs(
  actor: ActorProcess,
  files: { source: string; store: string; copy: string },
  { wakes, messages }: { wakes: number; messages: number },
): Promise<void> {
  for (const suffix of ['', '-wal']) {
    if (existsSync(files.store + suffix)) copyFileSync(files.store + suffix, files.copy + suffix);
  }
  // Frames in the log are what the reader of the log wants to see.
  await actor.send({ act: 'say' });
  using live = new LiveSource({
    store: files.copy,
    source: { path: files.source, sealed: false },
    sourceId: knownSource(files.copy, files.source) ?? 1,
    people: { addressBook: null, region: null, locale: null },
    mirrorDeletes: false,
  });
  const follower = new Follower(live, { gapMs: DEFAULT_GAP_MS, mirrorDeletes: false, clock: systemClock });
  follower.load();
  const drain = () => {
    for (let more = true; more; ) {
      const result = follower.step('live');
      if (result.kind === 'restart') throw new Error(`the source is another: ${result.reason}`);
      more = result.more;
    }
  };
  drain();
  const nothing = Array.from({ length: wakes }, () => timed(drain));
  tell('a wake that finds nothing', nothing);
  const noise: number[] = [];
  for (let at = 0; at < messages; at += 1) {
    await actor.send({ act: 'spotlight' });
    noise.push(timed(drain));
  }
  tell("a wake by Spotlight's bookkeeping", noise);
  const one: number[] = [];
  for (let at = 0; at < messages; at += 1) {
    await actor.send({ act: 'say' });
    one.push(timed(drain));
  }
  tell('a wake that finds a message', one);
  let slices = 0;
  const slice: number[] = [];
  for (let done = false; !done; slices += 1) {
    slice.push(
      timed(() => {
        done = follower.sweepSlice('live').done;
      }),
    );
  }
  const rows = live.db.value<number>('SELECT count(*) FROM messages') ?? 0;
  const total = slice.reduce((sum, ms) => sum + ms, 0);
  line(
    `a sweep of ${rows} messages`,
    `${total.toFixed(0)} ms in ${slices} slices, the longest ${spread(slice).most.toFixed(1)} ms`,
  );
}

function tell(name: string, times: readonly number[]): void {
  const { count, median, p99 } = spread(times);
  line(name, `${median.toFixed(2)} ms (median of ${count}; 99 %: ${p99.toFixed(2)} ms)`);
}
