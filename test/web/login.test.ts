import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { ANN } from '../support/live-messages.ts';
import { Scene } from './scene.ts';

const TOKEN = 'a token of sixteen letters and more';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

it('a server that others can reach asks for its token once, and then shows everything live', async () => {
  const live = scene.messages();
  actions.send(live.pen, live.direct, { from: ANN, text: 'for my eyes only', atMs: Date.now() });
  writeFileSync(scene.file('token'), TOKEN);
  const up = await scene.up({ more: ['--host', '0.0.0.0', '--token-file', scene.file('token')] });
  const page = await scene.page();
  await page.goto(up.address);
  await page.getByLabel('Token').fill('not the token, surely');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This is not the token.').waitFor();
  await scene.picture(page, 'login');
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.chat-row', { hasText: 'for my eyes only' }).waitFor();
  actions.send(live.pen, live.direct, { from: ANN, text: 'and live', atMs: Date.now() });
  await page.locator('.chat-row', { hasText: 'and live' }).waitFor();
  expect(page.url()).not.toContain('token');
  expect(scene.complaints).toEqual([]);
});
