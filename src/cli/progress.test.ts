import { describe, expect, it } from 'vitest';
import { fixedClock } from '../kernel/index.ts';
import type { ImportStage } from '../pipeline/index.ts';
import { ImportMeter, importProgress } from './progress.ts';
import type { TextStream, World } from './world.ts';

const STAGES: Record<'first' | 'later' | 'verify', ImportStage[]> = {
  first: ['people', 'scan', 'messages', 'attachments', 'indexes', 'check'],
  later: ['people', 'scan', 'messages', 'compare', 'merge'],
  verify: ['people', 'scan', 'messages', 'indexes', 'check', 'compare'],
};

describe('the meter of an import', () => {
  it.each(['first', 'later', 'verify'] as const)('(%s) never goes back and stays below the whole', (kind) => {
    const meter = new ImportMeter(fixedClock(0), kind);
    let before = 0;
    // A damaged source is begun again after some way.
    for (const stage of [...STAGES[kind].slice(0, 3), ...STAGES[kind]]) {
      for (const done of [0, 50, 100]) {
        meter.update({ stage, done, total: 100 });
        expect(meter.fraction).toBeGreaterThanOrEqual(before);
        expect(meter.fraction).toBeLessThanOrEqual(1);
        before = meter.fraction;
      }
    }
    expect(before).toBeCloseTo(1);
  });

  it('says what is done, how fast, and how long it will take', () => {
    const clock = fixedClock(0);
    const meter = new ImportMeter(clock, 'first');
    meter.update({ stage: 'messages', done: 20_000, total: 200_000 });
    clock.advance(1_000);
    meter.update({ stage: 'messages', done: 120_000, total: 200_000 });
    // 6 + 12 of 100 before, and 60 % of 54: half of it took a second.
    expect(meter.words()).toBe('messages  120,000/200,000  100,000/s  0:01 left');
  });

  it('guesses nothing from nothing', () => {
    const meter = new ImportMeter(fixedClock(0), 'first');
    expect(meter.words()).toBe('opening');
    meter.update({ stage: 'people', done: 0, total: 0 });
    expect(meter.words()).toBe('people and chats');
  });
});

describe('progress without a terminal', () => {
  it('is a plain line when a second has passed', () => {
    const clock = fixedClock(0);
    const written: string[] = [];
    const stderr = { isTTY: false, write: (text: string) => written.push(text) } as unknown as TextStream;
    const world = { clock, stderr, env: {} } as unknown as World;
    using progress = importProgress(world, { opening: 'importing', kind: 'first' });
    for (let done = 0; done <= 10; done += 1) {
      progress.update({ stage: 'messages', done: done * 100, total: 1_000 });
      clock.advance(300);
    }
    expect(written[0]).toBe('importing\n');
    expect(written.length).toBe(3);
    for (const line of written.slice(1)) expect(line).toMatch(/^\d+ % {2}messages {2}[\d,]+\/1,000 .* left\n$/);
  });
});
