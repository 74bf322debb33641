import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actions, writeHistory } from '../../src/simulator/index.ts';
import { ANN } from '../support/live-messages.ts';
import { seriousFindings } from './axe.ts';
import { Scene } from './scene.ts';
import type { UpProcess } from './up-process.ts';

const MINUTE_MS = 60_000;
const MANY = 450;
/** What looks at everything there is takes a while on a machine that has other things to do. */
const AT_LENGTH = { timeout: 240_000 };

describe('a long chat', () => {
  let scene: Scene;
  let page: Page;
  let guids: string[];
  beforeAll(async () => {
    scene = await Scene.open();
    const live = scene.messages();
    const startMs = Date.UTC(2026, 0, 1);
    const words = (i: number) =>
      i === 300 ? 'the golden needle in the haystack' : `straw number ${i} `.repeat(1 + (i % 7));
    const first = actions.send(live.pen, live.direct, { from: ANN, text: words(0), atMs: startMs });
    guids = [first.guid];
    live.pen.database.db.transaction(() => {
      for (let i = 1; i < MANY; i += 1) {
        const atMs = startMs + i * 7 * MINUTE_MS + Math.floor(i / 50) * 400 * MINUTE_MS;
        const fields = i === MANY - 1 ? { thread_originator_guid: first.guid, thread_originator_part: '0:0:1' } : {};
        const from = i % 3 === 0 ? 'me' : ANN;
        guids.push(actions.send(live.pen, live.direct, { from, text: words(i), atMs, fields }).guid);
      }
    });
    const up = await scene.up();
    page = await scene.page();
    await page.goto(up.address);
    await page.locator('.chat-row').first().click();
    await page.locator(`[data-guid="${guids.at(-1)}"]`).waitFor();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  /** Guids that are drawn, from the top down. */
  const drawn = () =>
    page.locator('.message').evaluateAll((rows) =>
      rows
        .map((row) => ({ top: row.getBoundingClientRect().top, guid: row.dataset.guid ?? '' }))
        .sort((a, b) => a.top - b.top)
        .map(({ guid }) => guid),
    );
  const isRunOf = (seen: string[]) => {
    const from = guids.indexOf(seen[0] ?? '');
    return seen.length > 0 && seen.every((guid, at) => guid === guids[from + at]);
  };

  it('is scrolled to its beginning page by page, and nothing moves under the reader', AT_LENGTH, async () => {
    const scroller = page.locator('.timeline-scroll');
    let longestJumpPx = 0;
    for (let step = 0; step < 400 && !(await page.locator('.beginning').isVisible()); step += 1) {
      const jump = await scroller.evaluate(async (element) => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        element.scrollBy(0, -900);
        await frame();
        await frame();
        const middle = element.getBoundingClientRect().top + 300;
        const seen = [...element.querySelectorAll<HTMLElement>('.message')].find(
          (row) => row.getBoundingClientRect().bottom > middle,
        );
        const before = seen?.getBoundingClientRect().top ?? 0;
        for (let i = 0; i < 6; i += 1) await frame();
        return seen?.isConnected === true ? Math.abs(seen.getBoundingClientRect().top - before) : 0;
      });
      longestJumpPx = Math.max(longestJumpPx, jump);
    }
    expect(await drawn()).toContain(guids[0]);
    expect(isRunOf(await drawn())).toBe(true);
    // A fraction of a line: rows are measured as they are drawn.
    expect(longestJumpPx).toBeLessThanOrEqual(6);
  });

  it('is scrolled back down without a hole, and "Newest" leads to the end at once', async () => {
    const scroller = page.locator('.timeline-scroll');
    for (let step = 0; step < 15; step += 1) {
      await scroller.evaluate((element) => element.scrollBy(0, 1_500));
      await expect.poll(async () => isRunOf(await drawn())).toBe(true);
    }
    await page.getByRole('button', { name: /Newest/ }).click();
    await page.locator(`[data-guid="${guids.at(-1)}"]`).waitFor();
  });

  it('a reply leads to what it answers', async () => {
    await page.locator(`[data-guid="${guids.at(-1)}"] .quote`).click();
    await page.locator(`[data-guid="${guids[0]}"].is-target`).waitFor();
    await page.goBack();
    await page.locator(`[data-guid="${guids.at(-1)}"]`).waitFor();
  });

  it('/ leads to the search, which marks the words and leads to their place', async () => {
    await page.locator('.timeline-scroll').focus();
    await page.keyboard.press('/');
    await page.keyboard.type('golden needle');
    const hit = page.locator('.hit');
    await hit.waitFor();
    expect(await hit.locator('mark').allTextContents()).toEqual(['golden', 'needle']);
    await scene.picture(page, 'search');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const found = page.locator(`[data-guid="${guids[300]}"].is-target`);
    await found.waitFor();
    expect(await found.locator('mark').allTextContents()).toEqual(['golden', 'needle']);
    await expect.poll(async () => isRunOf(await drawn())).toBe(true);
    await scene.picture(page, 'search-jump');
  });

  it('the conversations are listed, and each leads to its beginning', async () => {
    await page.getByRole('button', { name: 'Conversations of this chat' }).click();
    const entries = page.locator('.outline-entry');
    await entries.first().waitFor();
    expect(await entries.count()).toBe(MANY / 50);
    await entries.nth(3).click();
    const first = guids[MANY - 4 * 50];
    await page.locator(`[data-guid="${first}"].is-target`).waitFor();
    await scene.picture(page, 'conversations');
    expect(scene.complaints).toEqual([]);
  });
});

describe('a whole history', () => {
  let scene: Scene;
  let up: UpProcess;
  beforeAll(async () => {
    scene = await Scene.open();
    writeHistory({
      ...{ file: scene.source, addressBookFolder: scene.file('AddressBook'), generation: 'macos-26' },
      ...{ messages: 4_000, contacts: 80, seed: 9, nowMs: Date.UTC(2026, 10, 20) },
    });
    up = await scene.up({ addressBook: scene.file('AddressBook') });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const open = async (page: Page, place: string, shown: string) => {
    await page.goto(`${up.address}#/${place}`);
    await page.locator(shown).first().waitFor();
  };

  it('is counted: charts, by hour, by person, of one chat', async () => {
    const page = await scene.page();
    await open(page, 'numbers', '.figures');
    await page.locator('.days-chart canvas').waitFor();
    const { messages, weekdayHours } = await up.ask<{ messages: number; weekdayHours: number[][] }>('stats');
    expect(await page.locator('.figures .figure').first().textContent()).toBe(messages.toLocaleString('en-GB'));
    const cells = await page.locator('.hours .hour').allTextContents();
    expect(cells.map(Number)).toEqual(weekdayHours.flat());
    await scene.picture(page, 'numbers');
    const [chat] = (await up.ask<{ items: { id: number; title: string }[] }>('chats?unified=true&limit=1')).items;
    await page.getByRole('combobox').selectOption(String(chat?.id));
    const ofChat = await up.ask<{ messages: number }>(`stats?chat=${chat?.id}`);
    await page
      .locator('.figures .figure', { hasText: ofChat.messages.toLocaleString('en-GB') })
      .first()
      .waitFor();
  });

  it('people are shown with all their addresses, oneself first, and whom no address book knows apart', async () => {
    const page = await scene.page();
    await open(page, 'people', '.person');
    type Contact = {
      name: string | null;
      isMe: boolean;
      isOrganization: boolean;
      identifiers: string[];
      origin: string;
    };
    const { items } = await up.ask<{ items: Contact[] }>('contacts?limit=500');
    expect(await page.locator('.person').first().textContent()).toContain('You');
    expect(await page.locator('.person').count()).toBe(items.length);
    expect(await page.locator('.person .chip', { hasText: 'Organisation' }).count()).toBe(
      items.filter(({ isOrganization }) => isOrganization).length,
    );
    const unknown = page.locator('.people-group', { hasText: 'In no address book' }).locator('.person');
    expect(await unknown.count()).toBe(items.filter(({ isMe, origin }) => !isMe && origin === 'placeholder').length);
    const many = items.find(({ identifiers }) => identifiers.length > 2);
    const card = page.locator('.person', { hasText: many?.name ?? '' }).first();
    for (const identifier of many?.identifiers ?? []) await card.getByText(identifier).waitFor();
  });

  it('the arrow keys walk through the chats, Enter opens one, Escape leaves it', async () => {
    const page = await scene.page();
    await open(page, 'chats', '.chat-row');
    await page.getByRole('searchbox').press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-chat'));
    expect(focused).toBe(await page.locator('.chat-row').nth(2).getAttribute('data-chat'));
    await page.keyboard.press('Enter');
    await page.locator('.timeline').waitFor();
    expect(page.url()).toContain(`#/chats/${focused}`);
    await page.keyboard.press('Escape');
    await page.locator('.pane-now').waitFor();
  });

  it('dark is what the system says, or what one chose, and stays chosen', async () => {
    const page = await scene.page({ colorScheme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await open(page, 'chats', '.chat-row');
    const dark = await ground();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.getByRole('button', { name: /Theme: as the system/ }).click();
    await page.getByRole('button', { name: /Theme: light/ }).click();
    expect(await ground()).toBe(dark);
    await page.reload();
    expect(await ground()).toBe(dark);
  });

  it('fits a narrow screen: one column, a way back, nothing to scroll sideways', async () => {
    const page = await scene.page({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true });
    for (const [place, shown] of VIEWS) {
      await open(page, place, shown);
      const [width, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(width, place).toBeLessThanOrEqual(inner ?? 0);
      await scene.picture(page, `narrow-${nameOf(place)}`);
    }
    await open(page, 'chats', '.chat-row');
    await page.locator('.chat-row').first().click();
    await page.locator('.message').first().waitFor();
    expect(await page.locator('.list-pane').isVisible()).toBe(false);
    await scene.picture(page, 'narrow-chat');
    await page.getByRole('link', { name: 'Back to the chats' }).click();
    await page.locator('.chat-row').first().waitFor();
    expect(await page.locator('.pane').isVisible()).toBe(false);
  });

  it.each(['light', 'dark'] as const)('axe finds nothing serious, in %s', AT_LENGTH, async (colorScheme) => {
    const page = await scene.page({ colorScheme, reducedMotion: 'reduce' });
    const findings: string[] = [];
    for (const [place, shown] of VIEWS) {
      await open(page, place, shown);
      if (place === 'chats') {
        await page.locator('.chat-row').nth(1).click();
        await page.locator('.message').first().waitFor();
      }
      findings.push(...(await seriousFindings(page, colorScheme)).map((finding) => `${place}: ${finding}`));
      await scene.picture(page, `${nameOf(place)}-${colorScheme}`);
    }
    expect(findings).toEqual([]);
    expect(scene.complaints).toEqual([]);
  });
});

const VIEWS = [
  ['chats', '.chat-row'],
  ['search?q=dinner', '.hit'],
  ['people', '.person'],
  ['numbers', '.days-chart canvas'],
  ['activity', '.event'],
  ['queue', '.queue-figures'],
  ['health', '.check'],
] as const;

const nameOf = (place: string) => place.split('?')[0];
