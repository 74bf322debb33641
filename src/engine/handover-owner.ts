import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { ChatStatsError, pause } from '../kernel/index.ts';
import {
  type Answer,
  type Greeting,
  HANDOVER_VERSION,
  isCancel,
  type Request,
  readRequest,
} from './handover-protocol.ts';
import { jsonLines, sendLine } from './json-lines.ts';
import { toPortable } from './portable-error.ts';
import type { Dispatch } from './protocol.ts';
import { isPrivate, storeAddress } from './store-address.ts';

/**
 * The owner's side of handing over: beside its store it listens on a socket that its user alone can reach, and does
 * what other processes of that user ask for, as if it had been asked itself. One connection, one call. Whoever breaks
 * the connection off has cancelled the call.
 */

/** More are refused. */
const MAX_CONNECTIONS = 16;
/** A connection that asks for nothing is closed after this. */
const REQUEST_MS = 5_000;
/** So long may cancelled calls take to be answered when the owner ends; then their connections are closed. */
const CLOSE_MS = 2_000;

export async function listenBeside(store: string, dispatch: Dispatch): Promise<AsyncDisposable> {
  const { identity, socket, folder } = storeAddress(store);
  if (folder !== null) makePrivate(folder);
  removeStale(socket);
  const connections = new Set<Connection>();
  const server = createServer((stream) => {
    const connection = new Connection(stream, identity, dispatch);
    connections.add(connection);
    void connection.ended.finally(() => connections.delete(connection));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await bind(server, socket);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.cancel();
      const answered = Promise.all([...connections].map(({ ended }) => ended));
      const enough = new AbortController();
      await Promise.race([answered, pause(CLOSE_MS, enough.signal)]);
      enough.abort();
      for (const connection of connections) connection.destroy();
      await closed;
      if (folder !== null) removeFolder(folder);
    },
  };
}

class Connection {
  readonly ended: Promise<void>;
  readonly #stream: Socket;
  readonly #dispatch: Dispatch;
  readonly #abort = new AbortController();
  readonly #asked = new AbortController();

  constructor(stream: Socket, identity: string, dispatch: Dispatch) {
    this.#stream = stream;
    this.#dispatch = dispatch;
    // An error of the connection is its end, which is seen where its lines are read.
    stream.on('error', () => undefined);
    sendLine(stream, { chatstats: HANDOVER_VERSION, store: identity } satisfies Greeting);
    void this.#closeUnasked();
    this.ended = this.#converse();
  }

  cancel(): void {
    this.#abort.abort();
    if (!this.#asked.signal.aborted) this.destroy();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  async #closeUnasked(): Promise<void> {
    await pause(REQUEST_MS, this.#asked.signal);
    if (!this.#asked.signal.aborted) this.destroy();
  }

  async #converse(): Promise<void> {
    let answer: Promise<void> | null = null;
    try {
      for await (const line of jsonLines(this.#stream)) {
        if (answer === null) answer = this.#answer(readRequest(line));
        else if (isCancel(line)) this.#abort.abort();
      }
    } catch {
      // What was sent is not repeated anywhere; the connection ends, and with it what was asked for.
    }
    this.#asked.abort();
    this.#abort.abort();
    await answer;
    this.destroy();
  }

  async #answer(request: Request | null): Promise<void> {
    this.#asked.abort();
    try {
      if (request === null) {
        throw new ChatStatsError(
          'STORE_OWNED',
          "the store's owner did not take the command over: it is not known to it",
        );
      }
      const result = await this.#dispatch(request.call, request.args, {
        signal: this.#abort.signal,
        onProgress: (progress) => {
          // Whoever does not read gets no more; a later one says all that an earlier one would have.
          if (!this.#stream.writableNeedDrain) this.#send({ progress });
        },
      });
      if (!this.#send({ result }))
        throw new ChatStatsError('ENGINE_FAILED', 'the answer is too long to be handed over');
    } catch (error) {
      const { code, message, hint } = toPortable(error);
      this.#send({ error: { code, message, hint } });
    }
    this.#stream.end();
  }

  #send(answer: Answer): boolean {
    return sendLine(this.#stream, answer);
  }
}

async function bind(server: Server, socket: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The file is made within this call, so nobody else can reach it for even a moment.
    const before = process.umask(0o177);
    try {
      server.listen(socket, resolve);
    } finally {
      process.umask(before);
    }
  });
  if (process.platform !== 'win32') chmodSync(socket, 0o600);
}

/** Whoever owns the store is the only one that listens: a socket that is there belongs to an owner that was killed. */
function removeStale(socket: string): void {
  if (process.platform === 'win32') return;
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true) rmSync(socket, { force: true });
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isPrivate(folder)) {
    throw new ChatStatsError('STORE_NO_PERMISSION', `the folder ${folder} is not ours alone`, {
      hint: 'Remove that folder, or choose a place for the store with a shorter path.',
    });
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it: then it is not ours to remove.
  }
}
