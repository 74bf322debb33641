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
    ...{ messages: 90_000, seed: 5, nowMs: Date.UTC(2026, 10, 1) },
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

it('says how fast the import is, and how long it will take', async () => {
  const page = await scene.page();
  const up = await scene.up({ source: scene.source, store: scene.file('other.db') });
  const status = await up.ask<Record<string, unknown>>('status');
  const progress = { stage: 'messages', done: 150_000, total: 300_000, startedAt: status.startedAt, elapsedMs: 2_500 };
  await page.route('**/api/status', (route) =>
    route.fulfill({ json: { ...status, store: null, import: { ...progress, rate: 61_234.5, msLeft: 2_460 } } }),
  );
  await page.goto(up.address);
  await page.getByText('61,235 a second').waitFor();
  await page.getByText('150K of 300K').waitFor();
  // Two short steps are done, and half of the long one.
  expect(await page.locator('.figure').textContent()).toBe('39%');
  await scene.picture(page, 'first-import-rate');
});
