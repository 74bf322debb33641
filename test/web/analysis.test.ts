import { writeFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { asJson, GOOD, llmServer } from '../analysis/llm-server.ts';
import { ANN } from '../support/live-messages.ts';
import { seriousFindings } from './axe.ts';
import { Scene } from './scene.ts';
import type { UpProcess } from './up-process.ts';

const MINUTE_MS = 60_000;
const GAP_MS = 90 * MINUTE_MS;
const AT_LENGTH = { timeout: 120_000 };

let scene: Scene;
let live: ReturnType<Scene['messages']>;
let server: Awaited<ReturnType<typeof llmServer>>;
let up: UpProcess;
let page: Page;
/** The last message of the conversation that is over. */
let last: actions.LiveMessage;

/** The page is there before the passes are, and has to hear of it. */
const LATE = 'await new Promise((loaded) => setTimeout(loaded, 4_000));';

/** Two passes of the user's: one whose version is told, and one that fails for good where it is told to. */
function passes(version: number): string {
  const file = scene.file(`passes-${version}.mjs`);
  const pass = (name: string, own: number, run: string) =>
    `{ name: '${name}', version: ${own}, kind: 'batch', input: (transcript) => transcript,
       run: async ({ messages }) => { ${run} }, schema: (z) => z.object({ tone: z.string() }) }`;
  const broken = `throw Object.assign(new Error(), { name: 'PassError', code: 'NOT_TODAY', isFinal: true });`;
  writeFileSync(
    file,
    `${version === 1 ? LATE : ''} export default [${pass('tone', version, `return { tone: 'calm ' + messages.length };`)}, ${pass('broken', 1, broken)}];`,
  );
  return file;
}

beforeAll(async () => {
  scene = await Scene.open();
  live = scene.messages();
  server = await llmServer((response) => asJson(response, JSON.stringify(GOOD)));
  const startMs = Date.now() - 4 * GAP_MS;
  for (let at = 0; at < 8; at += 1) {
    const from = at % 2 === 0 ? ANN : 'me';
    last = actions.send(live.pen, live.direct, { from, text: `over ${at} 🎈`, atMs: startMs + at * 2 * MINUTE_MS });
  }
  up = await scene.up({ more: settings(1) });
  page = await scene.page();
  await page.goto(`${up.address}#/queue`);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});

const settings = (version: number, ...more: string[]) => [
  ...['--passes', passes(version), '--llm-url', server.url, '--llm-model', 'small', '--live-analysis-seconds', '0.3'],
  ...more,
];
const figure = (name: string) => page.locator('.queue-figures div', { hasText: name }).locator('dd');
const toChat = async (shown: Page = page, address = up.address) => {
  await shown.goto(`${address}#/chats`);
  await shown.locator('.chat-row').first().click();
  await shown.locator('.message').first().waitFor();
};

/** Whether an element lies within what is scrolled. */
const isSeen = (element: Locator) =>
  element.evaluate((one) => {
    const pane = one.closest('.timeline-scroll')?.getBoundingClientRect();
    const { top, bottom } = one.getBoundingClientRect();
    return pane !== undefined && top >= pane.top && bottom <= pane.bottom;
  });

describe('the queue', () => {
  it('says that nothing waits, and what an analysis of before would be, before it begins one', AT_LENGTH, async () => {
    await page.getByText('Nothing waits.').waitFor();
    await page.getByRole('button', { name: 'Analyse what was said before' }).click();
    await page.getByText('1 conversation, 4 jobs').waitFor();
    await page.getByRole('button', { name: 'Begin' }).click();
    // Without being loaded again: each step is told by an event.
    await page.locator('.plan', { hasText: /done: 4 of 4|done: 3 of 4, 1 failed/ }).waitFor();
    await expect.poll(() => figure('Results').textContent()).toBe('3');
    await expect.poll(() => figure('Failed').textContent()).toBe('1');
    expect(await figure('Running').textContent()).toBe('0');
    await scene.picture(page, 'queue');
  });

  it('lists what has failed for good, with its reason; it can be tried again, and given up', AT_LENGTH, async () => {
    const failed = page.getByRole('region', { name: 'Failed for good' });
    const line = failed.locator('.job');
    expect(await line.textContent()).toMatch(/Failedbroken.*\(NOT_TODAY\), after 1 try/);
    await failed.getByRole('button', { name: /^Try again/ }).click();
    await failed.getByText('It is tried again.').waitFor();
    await expect
      .poll(async () => (await up.ask<{ items: { attempts: number }[] }>('jobs?state=failed')).items.length)
      .toBe(1);
    await line.waitFor();
    await failed.getByRole('button', { name: /^Give up/ }).click();
    await failed.getByText('None: whatever failed was tried again.').waitFor();
    expect((await up.ask<{ items: unknown[] }>('jobs?state=failed')).items).toEqual([]);
  });

  it('says how it stands with each pass', async () => {
    const first = await page.locator('.found-people tbody tr').first().textContent();
    expect(first).toMatch(/^broken, when it is over/);
  });
});

describe('what was found', () => {
  it('stands beside the conversation: in a few words, and unfolded in short, in numbers, and as it is', async () => {
    await toChat();
    const gist = page.locator('.conversation-head .gist');
    expect(await gist.textContent()).toBe('greetings');
    expect(await gist.getAttribute('aria-expanded')).toBe('false');
    await gist.click();
    const found = page.getByRole('region', { name: 'What was found in this conversation' });
    expect(await found.locator('h4').allTextContents()).toEqual(['In short', 'In numbers', 'tone']);
    await found.getByText('They said hello.').waitFor();
    // At the newest end it unfolds above what one looks at, and is brought there.
    await expect.poll(async () => await isSeen(gist)).toBe(true);
    expect(await found.getByRole('list', { name: 'Topics' }).textContent()).toBe('greetings');
    expect(await found.locator('.found-feelings').textContent()).toContain('strongly joy');
    const facts = await found.locator('.found-facts div').allTextContents();
    expect(facts).toContain('Turns8');
    expect(facts).toContain('Answersin 2 min as a rule');
    expect(facts).toContain('Emoji8: 🎈');
    expect(await found.locator('.found-people tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/^\+14155550101482 min$/),
      expect.stringMatching(/^You482 min$/),
    ]);
    expect(await found.locator('.found-raw').textContent()).toContain('calm 8');
    expect(await found.locator('.chip-stale').count()).toBe(0);
    await scene.picture(page, 'findings');
  });

  it('comes beside a conversation that goes on, while one watches', AT_LENGTH, async () => {
    const nowMs = Date.now();
    actions.send(live.pen, live.direct, { from: ANN, text: 'over again?', atMs: nowMs - 60_000 });
    actions.send(live.pen, live.direct, { from: 'me', text: 'never', atMs: nowMs });
    const gists = page.locator('.conversation-head .gist');
    await expect.poll(() => gists.count()).toBe(2);
    await expect.poll(() => gists.last().textContent()).toBe('2 turns, answers in 1 min');
    actions.send(live.pen, live.direct, { from: ANN, text: 'then again', atMs: nowMs + 1_000 });
    await expect.poll(() => gists.last().textContent()).toMatch(/^3 turns/);
  });

  it.each(['light', 'dark'] as const)('has nothing serious for axe to find, in %s', AT_LENGTH, async (colorScheme) => {
    const shown = await scene.page({ colorScheme, reducedMotion: 'reduce' });
    await toChat(shown);
    await shown.locator('.gist').first().click();
    await shown.locator('.findings').waitFor();
    expect(await seriousFindings(shown, colorScheme)).toEqual([]);
    await scene.picture(shown, `findings-${colorScheme}`);
    await shown.goto(`${up.address}#/queue`);
    await shown.locator('.found-people').waitFor();
    expect(await seriousFindings(shown, colorScheme)).toEqual([]);
    await scene.picture(shown, `queue-${colorScheme}`);
  });

  it('fits a narrow screen', AT_LENGTH, async () => {
    const narrow = await scene.page({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true });
    const fits = async () => {
      const [width, inner] = await narrow.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(width).toBeLessThanOrEqual(inner ?? 0);
    };
    await toChat(narrow);
    await narrow.locator('.gist').first().click();
    await narrow.locator('.findings').waitFor();
    const [panel, pane] = await narrow.evaluate(() =>
      ['.findings', '.timeline-scroll'].map((of) => document.querySelector(of)?.getBoundingClientRect().right ?? 0),
    );
    expect(panel).toBeLessThanOrEqual(pane ?? 0);
    await fits();
    await scene.picture(narrow, 'narrow-findings');
    await narrow.goto(`${up.address}#/queue`);
    await narrow.locator('.found-people').waitFor();
    await fits();
    await scene.picture(narrow, 'narrow-queue');
  });

  it('is marked where it is out of date, and a queue that is held says so', AT_LENGTH, async () => {
    await up.stop();
    up = await scene.up({ more: settings(2, '--bulk-analysis-running') });
    page = await scene.page();
    await page.goto(`${up.address}#/queue`);
    await page.locator('.queue-state.is-paused', { hasText: /^Paused Paused until \d\d:\d\d at most/ }).waitFor();
    await expect.poll(async () => Number(await figure('Out of date').textContent())).toBeGreaterThan(0);
    await scene.picture(page, 'queue-paused');
    await toChat();
    const gist = page.locator('.gist.is-stale').first();
    const { items } = await up.ask<{ items: { conversationId: number }[] }>(`messages?guids=${last.guid}`);
    const conversation = items[0]?.conversationId ?? 0;
    expect(await gist.textContent()).toMatch(/, out of date$/);
    await gist.click();
    const tone = page.locator('.found-by', { hasText: 'tone' });
    await tone.getByText('It was found by an older version of the pass').first().waitFor();
    expect(await page.locator('.found-by', { hasText: 'In short' }).locator('.chip-stale').count()).toBe(0);
    await scene.picture(page, 'findings-stale');
    // Of what was changed meanwhile nobody knows yet whether it matters; it is not shown as if it were certain.
    actions.edit(live.pen, last, 'over and out', Date.now());
    type Detail = { analysis: { pass: string; isPending: boolean; isStale: boolean }[] };
    const ofModel = async () =>
      (await up.ask<Detail>(`conversations/${conversation}`)).analysis.find(({ pass }) => pass === 'llm');
    await expect.poll(ofModel).toMatchObject({ isPending: true, isStale: false });
    await page.reload();
    await page.locator('.gist').first().click();
    await page.locator('.found-by', { hasText: 'In short' }).getByText('Being looked at again').waitFor();
    await up.stop();
    up = await scene.up({ more: settings(2, '--bulk-analysis-running', '--bulk-analysis-minutes', '0.08') });
    await page.goto(`${up.address}#/queue`);
    await page.locator('.queue-state.is-paused').waitFor();
    await page.locator('.queue-state:not(.is-paused)', { hasText: 'looked at by' }).waitFor();
    await expect.poll(ofModel).toMatchObject({ isPending: false, isStale: false });
    expect(scene.complaints).toEqual([]);
  });
});
