import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { projectRoot } from '../project-files.ts';
import { liveMessages } from '../support/live-messages.ts';
import { chromiumPath } from './chromium.ts';
import { type UpOptions, UpProcess } from './up-process.ts';

const ARTIFACTS = path.join(projectRoot, 'test-artifacts');
/** How long a test waits for what has to happen, before it says that it did not. */
const GIVE_UP_MS = 20_000;
const WIDE = { width: 1360, height: 860 };

/** A folder with a made-up Messages, programs that follow it, and a browser; everything ends with it. */
export class Scene implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-web-'));
  readonly source = this.file('chat.db');
  readonly store = this.file('store.db');
  readonly #browser: Browser;
  readonly #closing = new AsyncDisposableStack();
  /** What went wrong in the page: errors of its code, and what the policy forbade. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<Scene> {
    return new Scene(await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] }));
  }

  file(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** A direct chat with Ann and a group with Ann and Bob, and the pen of their Messages. */
  messages() {
    const live = liveMessages(this.source);
    this.#closing.defer(() => live.close());
    return live;
  }

  async up(options: Partial<UpOptions> = {}): Promise<UpProcess> {
    return this.#closing.use(await UpProcess.start({ store: this.store, source: this.source, ...options }));
  }

  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: WIDE, locale: 'en-GB', timezoneId: 'UTC', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(GIVE_UP_MS);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) this.complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!/^(?:http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url()))
        this.complaints.push(`asked ${request.url()}`);
    });
    return page;
  }

  /** Keeps a picture of the page under test-artifacts/. */
  async picture(page: Page, name: string): Promise<void> {
    mkdirSync(ARTIFACTS, { recursive: true });
    await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`), animations: 'disabled' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#closing.disposeAsync();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
