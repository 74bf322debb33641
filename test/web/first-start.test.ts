import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeHistory } from '../../src/simulator/index.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

it('shows the first import as it runs, and the chats when it is done, without being loaded again', async () => {
  writeHistory({
    ...{ file: scene.source, addressBookFolder: scene.file('AddressBook'), generation: 'macos-26' },
    ...{ messages: 60_000, seed: 5, nowMs: Date.UTC(2026, 10, 1) },
  });
  const page = await scene.page();
  const up = await scene.up({ addressBook: scene.file('AddressBook') });
  await page.goto(up.address);
  await page.getByRole('heading', { name: 'Reading your messages' }).waitFor();
  await page.getByRole('progressbar', { name: 'First import' }).waitFor();
  await page.getByText('Time left in it').waitFor();
  await scene.picture(page, 'first-import');
  await page.getByRole('heading', { name: 'Chats', exact: true }).waitFor();
  const first = page.locator('.chat-row').first();
  await first.waitFor();
  const { items } = await up.ask<{ items: { title: string }[] }>('chats?unified=true&limit=1');
  expect(await first.locator('.chat-title').textContent()).toBe(items[0]?.title);
  expect(scene.complaints).toEqual([]);
});
