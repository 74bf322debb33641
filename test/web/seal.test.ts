import { afterAll, beforeAll, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { ANN } from '../support/live-messages.ts';
import { Scene } from './scene.ts';

const GAP_MS = 90 * 60_000;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

it('a conversation counts down, is sealed when the gap has passed, and the next one begins behind the silence', async () => {
  const live = scene.messages();
  const say = (text: string, atMs: number) => actions.send(live.pen, live.direct, { from: ANN, text, atMs });
  say('long ago', Date.now() - 3 * GAP_MS);
  const up = await scene.up({ more: ['--seal-check-seconds', '0.2'] });
  const page = await scene.page();
  await page.goto(up.address);
  await page.locator('.chat-row', { hasText: 'long ago' }).click();
  await page.locator('.ending[data-state="ready"]').waitFor();

  // The clock of Messages is moved instead of ours: what arrives now was said nearly a gap ago.
  say('the last word', Date.now() - GAP_MS + 6_000);
  await page.locator('.ending.is-open', { hasText: /Sealed in 0:0\d if nobody writes/ }).waitFor();
  await page.locator('.conversation .chip-active').waitFor();
  await scene.picture(page, 'seal-before');
  await page.locator('.ending[data-state="ready"]').waitFor();
  await expect.poll(() => page.locator('.conversation .chip-ready').count()).toBe(2);
  // The list and the chat ask for what has changed each for itself.
  await expect.poll(() => page.locator('.chat-live').count()).toBe(0);
  await scene.picture(page, 'seal-after');

  say('a new beginning', Date.now());
  await page.locator('.silence', { hasText: /^1 h 30 min of silence/ }).waitFor();
  await page.locator('.ending.is-open', { hasText: /Sealed in 1:[23]\d:\d\d/ }).waitFor();
  await expect.poll(() => page.locator('.conversation').count()).toBe(3);
  await page.locator('.chat-live').waitFor();
  expect(scene.complaints).toEqual([]);
});
