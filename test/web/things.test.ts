import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { ANN, BOB } from '../support/live-messages.ts';
import { Scene } from './scene.ts';
import type { UpProcess } from './up-process.ts';

/** One green pixel. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const HOSTILE = '<img src=x onerror="document.title=1"> <script>alert(1)</script> [x](javascript:alert(1))';

let scene: Scene;
let up: UpProcess;
let page: Page;

beforeAll(async () => {
  scene = await Scene.open();
  const live = scene.messages();
  const picture = scene.file('Attachments', 'ab', 'lake.png');
  mkdirSync(path.dirname(picture), { recursive: true });
  writeFileSync(picture, Buffer.from(PICTURE, 'base64'));
  let minutes = 60;
  const say = (text: string, attachments: actions.SendOptions['attachments'] = []) => {
    minutes -= 1;
    const atMs = Date.now() - minutes * 60_000;
    return actions.send(live.pen, live.group, { from: minutes % 2 === 0 ? ANN : BOB, text, atMs, attachments });
  };
  const file = (guid: string, name: string, mimeType: string, filename: string | null, state: number) => ({
    ...{ guid, transfer_name: name, mime_type: mimeType, uti: null, filename, transfer_state: state },
    ...{ total_bytes: 184_000, created_date: 0 },
  });
  say('\ufffc', [file('a1', 'lake.png', 'image/png', picture, 5)]);
  say('\ufffc', [file('a2', 'list.pdf', 'application/pdf', '~/Library/Messages/Attachments/zz/list.pdf', 0)]);
  say(HOSTILE);
  say('see https://example.com/a_(b)?c=d, and javascript:alert(2)');
  up = await scene.up();
  page = await scene.page();
  await page.goto(up.address);
  await page.locator('.chat-row', { hasText: 'Group' }).click();
  await page.locator('.message').first().waitFor();
});
afterAll(() => scene[Symbol.asyncDispose]());

it('shows a picture as such, and a file by its name, with what is wrong with it', async () => {
  const picture = page.locator('.picture img');
  await picture.waitFor();
  await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1);
  expect(await picture.getAttribute('alt')).toBe('lake.png');
  const file = page.locator('.file', { hasText: 'list.pdf' });
  expect(await file.textContent()).toMatch(/application\/pdf.*(?:Not downloaded yet|not on this machine)/);
  expect(await file.evaluate((element) => element.tagName)).toBe('SPAN');
});

it('shows markup as the text that it is, and runs none of it', async () => {
  expect(await page.locator('.bubble', { hasText: 'onerror' }).textContent()).toBe(HOSTILE);
  expect(await page.locator('.bubble img, .bubble script').count()).toBe(0);
  expect(await page.title()).toMatch(/ChatStats$/);
});

it('makes links of web addresses alone, which tell the other side nothing', async () => {
  const links = await page
    .locator('.bubble a')
    .evaluateAll((found) =>
      found.map((link) => [link.getAttribute('href'), link.getAttribute('rel'), link.getAttribute('target')]),
    );
  expect(links).toEqual([['https://example.com/a_(b)?c=d', 'noopener noreferrer', '_blank']]);
  await scene.picture(page, 'things');
});

it('asks for nothing that is not its own, and keeps to the policy', () => {
  expect(scene.complaints).toEqual([]);
});

it('asks once for what is shown first, which is on its way before the program of the page is', async () => {
  const again = await scene.page();
  const asked: string[] = [];
  again.on('request', (request) => asked.push(request.url()));
  await again.goto(up.address);
  await again.locator('.chat-row').first().waitFor();
  const early = await again
    .locator('link[rel="preload"][as="fetch"]')
    .evaluateAll((links) => links.map((link) => (link as HTMLLinkElement).href));
  expect(early.map((url) => new URL(url).pathname)).toEqual(['/api/chats', '/api/status']);
  const program = asked.findIndex((url) => /assets\/index-.*\.js$/.test(url));
  for (const url of early) expect(asked.indexOf(url), url).toBeLessThan(program);
  expect(asked.filter((url) => url === early[0])).toHaveLength(1);
  await again.context().close();
});

it('says so where the file of a view is gone, and goes on without it', async () => {
  const again = await scene.page();
  const file = '**/assets/numbers-view-*.js';
  await again.route(file, (route) => route.abort());
  await again.goto(up.address);
  await again.getByRole('link', { name: 'Numbers' }).click();
  await again.getByText('This view could not be loaded.').waitFor();
  await again.getByRole('link', { name: 'Chats', exact: true }).click();
  await again.locator('.chat-row').first().waitFor();
  await again.getByRole('link', { name: 'Numbers' }).click();
  await again.unroute(file);
  await again.getByRole('button', { name: /again/i }).click();
  await again.getByRole('heading', { name: 'Numbers' }).waitFor();
  await again.context().close();
});
