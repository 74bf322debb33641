import http from 'node:http';

/** Many listeners of one stream in one process, each on a connection of its own. */

/** The clock that two processes of one machine share, in milliseconds with a fraction. */
export const now = () => performance.timeOrigin + performance.now();

/** One listener: when it first heard of each guid, and the positions in the order they came. */
export class Listener {
  readonly seen = new Map<string, number>();
  readonly ids: number[] = [];
  readonly #request: http.ClientRequest;
  readonly opened: Promise<void>;

  constructor(address: string) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#request = http.get(address, { agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const atMs = now();
        const frames = (rest + text).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.#take(frame, atMs);
        resolve();
      });
    });
    this.#request.on('error', reject);
  }

  close(): void {
    this.#request.destroy();
  }

  #take(frame: string, atMs: number): void {
    const id = /^id: (\d+)$/m.exec(frame)?.[1];
    if (id === undefined) return;
    this.ids.push(Number(id));
    const guids = /"guids":\[([^\]]*)\]/.exec(frame)?.[1] ?? '';
    for (const [, guid = ''] of guids.matchAll(/"([^"]+)"/g)) if (!this.seen.has(guid)) this.seen.set(guid, atMs);
  }
}

/** So many listeners, all of them listening when this resolves. */
export async function listen(address: string, count: number): Promise<Listener[]> {
  const listeners = Array.from({ length: count }, () => new Listener(`${address}api/stream/messages`));
  await Promise.all(listeners.map(({ opened }) => opened));
  return listeners;
}
