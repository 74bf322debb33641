import { connect, createServer, type Server, type Socket } from 'node:net';
import { must } from '../../src/kernel/index.ts';

type Direction = 'there' | 'back';

/** A way to a Redis that breaks: after so many bytes in one direction, in the middle of a command or of an answer. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #database: string;
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #direction: Direction = 'there';
  cuts = 0;

  private constructor(url: string) {
    const { hostname, port, pathname } = new URL(url);
    this.#database = pathname;
    this.#target = { host: hostname, port: Number(port) };
    this.#server = createServer((client) => this.#join(client));
  }

  static async to(url: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(url);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const address = must(this.#server.address(), 'it listens');
    return `redis://127.0.0.1:${typeof address === 'object' ? address.port : 0}${this.#database}`;
  }

  /** Breaks every connection once so many more bytes have passed; then it is whole again. */
  cutAfter(bytes: number, direction: Direction): void {
    this.#left = bytes;
    this.#direction = direction;
  }

  #join(client: Socket): void {
    const server = connect(this.#target);
    this.#pass(client, server, 'there');
    this.#pass(server, client, 'back');
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    this.#sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on('data', (bytes: Buffer) => {
      if (direction !== this.#direction || bytes.length < this.#left) {
        if (direction === this.#direction) this.#left -= bytes.length;
        to.write(bytes);
        return;
      }
      to.write(bytes.subarray(0, this.#left), () => this.#cut());
      this.#left = Number.POSITIVE_INFINITY;
    });
  }

  #cut(): void {
    this.cuts += 1;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
