import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { Actor, type Generation, Schedule, writeHistory } from '../../src/simulator/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';

const ACTS = 300;

describe.each<Generation>(['macos-11', 'macos-13', 'macos-15', 'macos-26', 'ios-17'])('on %s', (generation) => {
  it.each([
    { when: 'after everything', every: Number.POSITIVE_INFINITY },
    { when: 'after every hundred commits', every: 100 },
  ])('what an actor did is in the store, and verify agrees: imported $when', async ({ every }) => {
    const folder = temporaryFolder();
    const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
    const history = { file: place.source, generation, messages: 300, seed: 9 };
    writeHistory({ ...history, nowMs: NOW_MS });
    const clock = fixedClock(NOW_MS);
    const actor = new Actor({ file: place.source, generation, seed: 21, clock });
    const schedule = new Schedule(actor, { perSecond: 1, acts: ACTS });
    let steps = 0;
    for (let next = schedule.nextAtMs; next !== null; next = schedule.nextAtMs) {
      clock.advance(Math.max(0, Math.round(next) - (clock.now() - NOW_MS)));
      schedule.step();
      steps += 1;
      if (steps % every === 0 && actor.isOpen) await runImport(place, { clock });
    }
    await runImport(place, { clock });
    actor.close();
    const report = await verifySource({
      ...{ store: place.store, addressBook: null, region: null, locale: null, clock, onProgress: () => {} },
      source: { path: place.source, sealed: false },
      signal: new AbortController().signal,
    });
    expect(report.differences).toEqual([]);
  });
});
