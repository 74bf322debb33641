import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { ANN, BOB } from '../support/live-messages.ts';
import { Scene } from './scene.ts';
import type { UpProcess } from './up-process.ts';

const MINUTE_MS = 60_000;
const LOVED = 2000;
const LAUGHED = 2003;

let scene: Scene;
let live: ReturnType<Scene['messages']>;
let up: UpProcess;
let page: Page;

const say = (from: 'me' | typeof ANN, text: string, atMs = Date.now()) =>
  actions.send(live.pen, live.direct, { from, text, atMs });
const bubble = (text: string) => page.locator('.message', { hasText: text });

beforeAll(async () => {
  scene = await Scene.open();
  live = scene.messages();
  const startMs = Date.now() - 40 * MINUTE_MS;
  for (let i = 0; i < 30; i += 1) say(i % 3 === 0 ? 'me' : ANN, `an old word ${i}`, startMs + i * MINUTE_MS);
  actions.send(live.pen, live.group, { from: BOB, text: 'first in the group', atMs: startMs - 300 * MINUTE_MS });
  up = await scene.up();
  page = await scene.page();
  await page.goto(up.address);
  await page.locator('.chat-row', { hasText: 'an old word 29' }).waitFor();
});
afterAll(() => scene[Symbol.asyncDispose]());

describe('while one watches', () => {
  it('the first thing one sees is what is going on, with the time that is left', async () => {
    const row = page.locator('.now-row');
    await row.waitFor();
    expect(await row.count()).toBe(1);
    expect(await row.textContent()).toMatch(/30 messages so far1:1\d:\d\d/);
    await page
      .getByText('30 messages today')
      .or(page.getByText(/in 30 days/))
      .first()
      .waitFor();
    await scene.picture(page, 'now');
  });

  it('a message appears in its chat, which rises and is marked', async () => {
    const titles = () => page.locator('.list-row').evaluateAll((rows) => rows.map((row) => row.textContent ?? ''));
    actions.send(live.pen, live.group, { from: BOB, text: 'news for the group', atMs: Date.now() });
    const marked = page.locator('.chat-row.is-unseen', { hasText: 'news for the group' });
    await marked.waitFor();
    expect(await marked.locator('.chat-count').textContent()).toMatch(/^1/);
    expect(await page.locator('.list-row', { has: marked }).evaluate((row) => row.style.transform)).toBe(
      'translateY(0px)',
    );
    expect((await titles()).length).toBe(2);
    await scene.picture(page, 'live-marked');
    await marked.click();
    await bubble('news for the group').waitFor();
    expect(await page.locator('.chat-row.is-unseen').count()).toBe(0);
    actions.send(live.pen, live.group, { from: ANN, text: 'and an answer to it', atMs: Date.now() });
    await bubble('and an answer to it').waitFor();
  });

  it('an edit, a reaction and an unsending change the message where it stands', async () => {
    await page.locator('.chat-row', { hasText: 'an old word' }).click();
    const message = say(ANN, 'the frist words');
    await bubble('the frist words').waitFor();
    actions.edit(live.pen, message, 'the first words', Date.now());
    await bubble('the first words').waitFor();
    const own = page.locator(`[data-guid="${message.guid}"]`);
    await own.getByRole('button', { name: 'Edited' }).click();
    await own.getByText('the frist words').waitFor();
    const reaction = actions.react(live.pen, message, { from: 'me', code: LOVED, atMs: Date.now() });
    await own.locator('.reaction-loved').waitFor();
    actions.unreact(live.pen, reaction, 'me', Date.now());
    await own.locator('.reaction').waitFor({ state: 'detached' });
    actions.react(live.pen, message, { from: ANN, code: LAUGHED, atMs: Date.now() });
    await own.locator('.reaction-laughed').waitFor();
    await scene.picture(page, 'live-edited');
    expect(await own.count()).toBe(1);

    const regretted = say('me', 'a word too many');
    await bubble('a word too many').waitFor();
    actions.unsend(live.pen, regretted, Date.now());
    await page.locator(`[data-guid="${regretted.guid}"].is-unsent`).waitFor();
  });

  it('a message that is deleted in Messages stays, marked, and unmarked when it is restored', async () => {
    const message = say(ANN, 'here today, gone tomorrow');
    await bubble('here today').waitFor();
    actions.deleteRecently(live.pen, message, Date.now());
    const own = page.locator(`[data-guid="${message.guid}"]`);
    await page.locator(`[data-guid="${message.guid}"].is-deleted`).waitFor();
    await own.getByText('Deleted in Messages').waitFor();
    actions.restore(live.pen, message);
    await page.locator(`[data-guid="${message.guid}"]:not(.is-deleted)`).waitFor();
  });

  it('what happened to a group is told between its messages, and its name changes everywhere', async () => {
    await page.locator('.chat-row', { hasText: 'Group' }).click();
    actions.rename(live.pen, live.group, 'The hikers', ANN, Date.now());
    await page.locator('.happening', { hasText: 'named the chat “The hikers”' }).waitFor();
    await page.locator('.pane-title', { hasText: 'The hikers' }).waitFor();
    await page.locator('.chat-row', { hasText: 'The hikers' }).waitFor();
  });

  it('the conversation that goes on counts down to its sealing', async () => {
    await page.locator('.ending.is-open', { hasText: /Sealed in 1:\d\d:\d\d if nobody writes/ }).waitFor();
  });

  it('whoever reads further up is not moved, and told how much is new', async () => {
    await page.locator('.chat-row', { hasText: 'here today' }).click();
    await bubble('here today').waitFor();
    const scroller = page.locator('.timeline-scroll');
    await scroller.evaluate((element) => element.scrollTo(0, 200));
    await page.getByRole('button', { name: 'Newest' }).waitFor();
    const before = await scroller.evaluate((element) => element.scrollTop);
    say(ANN, 'far below');
    await page.getByRole('button', { name: '1 new' }).waitFor();
    expect(await scroller.evaluate((element) => element.scrollTop)).toBe(before);
    await page.getByRole('button', { name: '1 new' }).click();
    await bubble('far below').waitFor();
  });

  it('the event feed tells what happens', async () => {
    await page.getByRole('link', { name: 'Activity' }).click();
    say(ANN, 'for the feed');
    await page.locator('.event', { hasText: '1 new message' }).first().waitFor();
    await page.locator('.event', { hasText: 'A conversation goes on' }).first().waitFor();
    await scene.picture(page, 'activity');
  });
});

describe('a server that goes and comes back', () => {
  it('is noticed, and what was said meanwhile is there afterwards, once and in order', async () => {
    await page.getByRole('link', { name: 'Chats', exact: true }).click();
    await page.locator('.chat-row', { hasText: 'for the feed' }).click();
    await bubble('for the feed').waitFor();
    const { port } = up;
    await up.stop();
    await page.getByText('Reconnecting').waitFor();
    await scene.picture(page, 'reconnecting');
    for (let i = 0; i < 5; i += 1) say(ANN, `said in the dark ${i}`);
    up = await scene.up({ port });
    await bubble('said in the dark 4').waitFor();
    await page.locator('.pulse-live').waitFor();
    const texts = await page
      .locator('.message', { hasText: 'said in the dark' })
      .evaluateAll((rows) => rows.map((row) => /said in the dark (\d)/.exec(row.textContent ?? '')?.[1]));
    expect(texts).toEqual(['0', '1', '2', '3', '4']);
    say(ANN, 'and live again');
    await bubble('and live again').waitFor();
    expect(scene.complaints).toEqual([]);
  });
});
