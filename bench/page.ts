/**
 * What the page costs: how much is sent, how soon there is something to read, how smoothly a chat of 100,000 messages
 * is scrolled from its newest message to its oldest, and what that leaves in memory. Against `chatstats up`, in the
 * Chromium of the system, with nothing in its cache.
 *
 * Usage: node bench/page.ts [--messages 100000] [--paints 5] [--step 1500]
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { actions } from '../src/simulator/index.ts';
import { ANN, liveMessages } from '../test/support/live-messages.ts';
import { chromiumPath } from '../test/web/chromium.ts';
import { UpProcess } from '../test/web/up-process.ts';

const BUDGETS = { bundleKb: 250, paintMs: 1_000, slowFrames: 0.01, heapMb: 100 };
const SLOW_MS = 50;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    paints: { type: 'string', default: '5' },
    step: { type: 'string', default: '1500' },
  },
});
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-page-'));

function line(what: string, figure: string, isWithin?: boolean): void {
  const verdict = isWithin === undefined ? '' : isWithin ? 'within' : 'OVER BUDGET';
  console.log(`${what.padEnd(52)} ${figure.padStart(22)}   ${verdict}`);
}

function bundle(): void {
  const built = path.join(import.meta.dirname, '..', 'web', 'dist');
  const files = globSync('{index.html,theme.js,favicon.svg,assets/*}', { cwd: built });
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(built, file))).length, 0);
  const kb = bytes / 1_000;
  line(`all ${files.length} files, gzipped (${BUDGETS.bundleKb} kB)`, `${kb.toFixed(1)} kB`, kb <= BUDGETS.bundleKb);
}

/** One chat of so many messages, as a person and a friend of many years have it. */
function writeMessages(file: string, messages: number): void {
  const live = liveMessages(file);
  const lengths = [3, 9, 1, 22, 6, 14, 40, 5];
  const startMs = Date.now() - messages * 20 * MINUTE_MS;
  live.pen.database.db.transaction(() => {
    for (let i = 0; i < messages; i += 1) {
      const text = `${i} ${'word '.repeat(lengths[i % lengths.length] ?? 1)}`.trim();
      const pauseMs = i % 40 === 0 ? 200 * MINUTE_MS : 0;
      const atMs = startMs + i * 15 * MINUTE_MS + pauseMs;
      actions.send(live.pen, live.direct, { from: i % 5 < 2 ? 'me' : ANN, text, atMs });
    }
  });
  live.close();
}

/** From the beginning of the navigation until the first chat has been painted, in milliseconds. */
async function paint(browser: Browser, address: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelector('.chat-row') === null) requestAnimationFrame(look);
      else requestAnimationFrame(() => Object.assign(globalThis, { paintedMs: performance.now() }));
    };
    look();
  });
  await page.goto(address);
  await page.waitForFunction(() => 'paintedMs' in globalThis);
  const ms = await page.evaluate(() => (globalThis as unknown as { paintedMs: number }).paintedMs);
  await context.close();
  return ms;
}

type Scroll = { frames: number; slow: number; longestMs: number; waitedMs: number; tookMs: number };

/** Scrolls up by so many pixels in every frame, until the beginning is reached. */
async function scroll(page: Page, stepPx: number): Promise<Scroll> {
  return await page.evaluate(
    async ({ stepPx, slowMs }) => {
      const scroller = document.querySelector('.timeline-scroll') as HTMLElement;
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const told = { frames: 0, slow: 0, longestMs: 0, waitedMs: 0, tookMs: 0 };
      const begunMs = await frame();
      let lastMs = begunMs;
      while (document.querySelector('.beginning') === null || scroller.scrollTop > 0) {
        const isWaiting = scroller.scrollTop <= 0;
        scroller.scrollBy(0, -stepPx);
        const nowMs = await frame();
        const ms = nowMs - lastMs;
        lastMs = nowMs;
        told.frames += 1;
        told.longestMs = Math.max(told.longestMs, ms);
        if (ms > slowMs) told.slow += 1;
        if (isWaiting) told.waitedMs += ms;
      }
      return { ...told, tookMs: lastMs - begunMs };
    },
    { stepPx, slowMs: SLOW_MS },
  );
}

/** What is left after a collection: bytes of the heap, and nodes of the document. */
async function memory(page: Page): Promise<{ heapMb: number; nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return {
    heapMb: value('JSHeapUsedSize') / 1e6,
    nodes: await page.evaluate(() => document.querySelectorAll('*').length),
  };
}

async function chat(browser: Browser, address: string, count: number): Promise<void> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(address);
  await page.locator('.chat-row').first().click();
  await page.locator('.message').first().waitFor();
  const before = await memory(page);
  line('memory of the page with a chat open', `${before.heapMb.toFixed(1)} MB`);
  const { frames, slow, longestMs, waitedMs, tookMs } = await scroll(page, Number(values.step));
  const share = slow / frames;
  line(`${count} messages scrolled in`, `${(tookMs / 1_000).toFixed(1)} s, ${frames} frames`);
  line(
    `frames over ${SLOW_MS} ms (${BUDGETS.slowFrames * 100} %)`,
    `${slow}, ${(share * 100).toFixed(2)} %`,
    share <= BUDGETS.slowFrames,
  );
  line('longest frame', `${longestMs.toFixed(0)} ms`);
  line('stood still at an end, waiting for a page', `${(waitedMs / 1_000).toFixed(2)} s`);
  const { heapMb, nodes } = await memory(page);
  line(`memory after it (${BUDGETS.heapMb} MB)`, `${heapMb.toFixed(1)} MB, ${nodes} nodes`, heapMb <= BUDGETS.heapMb);
}

try {
  bundle();
  const source = path.join(folder, 'chat.db');
  const count = Number(values.messages);
  writeMessages(source, count);
  await using up = await UpProcess.start({ store: path.join(folder, 'store.db'), source });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  try {
    await paint(browser, up.address);
    const paints: number[] = [];
    for (let i = 0; i < Number(values.paints); i += 1) paints.push(await paint(browser, up.address));
    const median = paints.sort((a, b) => a - b)[Math.floor(paints.length / 2)] ?? 0;
    line(
      `first chat painted, median of ${paints.length} (${BUDGETS.paintMs} ms)`,
      `${median.toFixed(0)} ms`,
      median <= BUDGETS.paintMs,
    );
    await chat(browser, up.address, count);
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
