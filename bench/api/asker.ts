/**
 * Asks for one thing again and again, for whoever forked it, and costs next to nothing itself: it is a process with nothing
 * else in its memory, and reads every answer into the same room. Node's own HTTP client leaves garbage for each chunk of
 * 64 kB, and what it needs to collect that, and to get the processor back, made up half of the slowest percent.
 */
import net from 'node:net';
import { sleep } from '../live/consumer.ts';

export type Question = { url: string; headers: Record<string, string>; count: number };
/** Milliseconds of each answer, in the order of asking, from the first byte sent to the last received; and the bytes of the last body. */
export type Answers = { times: number[]; bytes: number } | { failure: string };

/** Larger than any head, so that it comes with the first bytes, in one piece. */
const ROOM_BYTES = 262_144;
const END_OF_HEAD = '\r\n\r\n';

type Head = { bytes: number; bodyBytes: number };

/** One connection, which is kept, and one question at a time. */
class Connection implements Disposable {
  readonly #room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  readonly #socket: net.Socket;
  #head: Head | null = null;
  #received = 0;
  #answered = Promise.withResolvers<number>();

  constructor({ hostname, port }: URL) {
    this.#socket = net.connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: this.#room, callback: (bytes) => this.#receive(bytes) },
    });
    const fail = (why: Error) => this.#answered.reject(why);
    this.#socket.once('error', fail).once('close', () => fail(new Error('the server has hung up')));
  }

  /** Answers how many bytes the body had. */
  async ask(request: Buffer): Promise<number> {
    this.#head = null;
    this.#received = 0;
    this.#answered = Promise.withResolvers();
    this.#socket.write(request);
    return await this.#answered.promise;
  }

  [Symbol.dispose](): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #receive(bytes: number): boolean {
    try {
      this.#head ??= headOf(this.#room.subarray(0, bytes));
      this.#received += bytes;
      if (this.#received === this.#head.bytes + this.#head.bodyBytes) this.#answered.resolve(this.#head.bodyBytes);
    } catch (error) {
      this.#answered.reject(error);
    }
    return true;
  }
}

/** Throws for an answer that is not a success, or does not say how long it is. */
function headOf(bytes: Buffer): Head {
  const end = bytes.indexOf(END_OF_HEAD);
  const text = bytes.toString('latin1', 0, Math.max(0, end));
  const length = /^content-length: *(\d+)/im.exec(text)?.[1];
  if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(text.split('\r\n')[0]);
  return { bytes: end + END_OF_HEAD.length, bodyBytes: Number(length) };
}

async function ask({ url, headers, count }: Question): Promise<Answers> {
  const where = new URL(url);
  const lines = Object.entries({ Host: where.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`GET ${where.pathname}${where.search} HTTP/1.1\r\n${lines.join('')}\r\n`);
  using connection = new Connection(where);
  const times: number[] = [];
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    const startedAt = performance.now();
    bytes = await connection.ask(request);
    times.push(performance.now() - startedAt);
    // As a page asks: not in one go.
    await sleep(1);
  }
  return { times, bytes };
}

process.on('message', (question: Question) => {
  ask(question).then(
    (answers) => process.send?.(answers),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Answers),
  );
});
