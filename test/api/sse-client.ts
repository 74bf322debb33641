import http from 'node:http';
import { pause } from '../../src/kernel/index.ts';

/** How long a test waits for what has to happen, before it says that it did not. */
const GIVE_UP_MS = 20_000;

/** One event of a stream, as the standard reads it; `id` null where it has none. */
export type Received = { id: number | null; type: string; data: Record<string, unknown>; at: number };

/** A client of a stream on a real socket, without the help of any library. */
export class SseClient {
  readonly received: Received[] = [];
  readonly comments: string[] = [];
  retryMs: number | null = null;
  lastEventId: number | null = null;
  hasEnded = false;
  readonly #request: http.ClientRequest;
  readonly #waiting = new Set<() => void>();
  readonly #opened: Promise<http.IncomingMessage>;

  constructor(address: string, headers: Record<string, string> = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    this.#opened = promise;
    this.#request = http.get(address, { headers, agent: false }, (response) => {
      resolve(response);
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const frames = (rest + text).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.#take(frame);
        this.#tell();
      });
      response.on('close', () => this.#end());
      response.on('error', () => this.#end());
    });
    this.#request.on('error', (error) => {
      reject(error);
      this.#end();
    });
    promise.catch(() => undefined);
  }

  get response(): Promise<http.IncomingMessage> {
    return this.#opened;
  }

  /** The events with a position. */
  get kept(): Received[] {
    return this.received.filter(({ id }) => id !== null);
  }

  get ids(): number[] {
    return this.kept.map(({ id }) => id ?? 0);
  }

  async until(holds: () => boolean): Promise<void> {
    const enough = new AbortController();
    void pause(GIVE_UP_MS, enough.signal).then(() => this.#tell());
    const endMs = performance.now() + GIVE_UP_MS;
    try {
      while (!holds()) {
        const told = this.received.slice(-5).map(({ id, type }) => `${type} ${id}`);
        if (this.hasEnded) throw new Error(`the stream ended after ${told.join(', ')}`);
        if (performance.now() >= endMs) throw new Error(`it never came; last came ${told.join(', ')}`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      enough.abort();
    }
  }

  async untilEnded(): Promise<void> {
    while (!this.hasEnded) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async untilId(id: number): Promise<void> {
    await this.until(() => (this.lastEventId ?? 0) >= id);
  }

  close(): void {
    this.#request.destroy();
    this.#end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take(frame: string): void {
    let id: number | null = null;
    let type = 'message';
    let data: string | null = null;
    for (const line of frame.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line.startsWith(':')) this.comments.push(value);
      else if (field === 'id') id = Number(value);
      else if (field === 'event') type = value;
      else if (field === 'retry') this.retryMs = Number(value);
      else if (field === 'data') data = value;
    }
    if (id !== null) this.lastEventId = id;
    if (data !== null) {
      this.received.push({ id, type, data: JSON.parse(data) as Record<string, unknown>, at: performance.now() });
    }
  }

  #end(): void {
    this.hasEnded = true;
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
