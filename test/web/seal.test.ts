import { afterAll, beforeAll, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { ANN } from '../support/live-messages.ts';
import { Scene } from './scene.ts';

const MINUTE_MS = 60_000;
const GAP_MS = 90 * MINUTE_MS;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

it('a conversation counts down, is sealed when the gap has passed, and the next one begins behind the silence', async () => {
  const live = scene.messages();
  // The clock of Messages is moved instead of ours: the last word was said nearly a gap ago.
  const lastMs = Date.now() - GAP_MS + 8_000;
  const say = (text: string, atMs: number) => actions.send(live.pen, live.direct, { from: ANN, text, atMs });
  say('the last but one', lastMs - 3 * MINUTE_MS);
  say('the last word', lastMs);
  const up = await scene.up({ more: ['--seal-check-seconds', '0.2'] });
  const page = await scene.page();
  await page.goto(up.address);
  await page.locator('.chat-row', { hasText: 'the last word' }).click();
  await page.locator('.ending.is-open', { hasText: /Sealed in 0:0\d if nobody writes/ }).waitFor();
  await page.locator('.conversation .chip-active').waitFor();
  await scene.picture(page, 'seal-before');
  await page.locator('.ending[data-state="ready"]').waitFor();
  await page.locator('.conversation .chip-ready').waitFor();
  expect(await page.locator('.chat-live').count()).toBe(0);
  await scene.picture(page, 'seal-after');

  say('a new beginning', Date.now());
  await page.locator('.silence', { hasText: /1 h 30 min of silence/ }).waitFor();
  await page.locator('.ending.is-open', { hasText: /Sealed in 1:[23]\d:\d\d/ }).waitFor();
  expect(await page.locator('.conversation').count()).toBe(2);
  await page.locator('.chat-live').waitFor();
  expect(scene.complaints).toEqual([]);
});
