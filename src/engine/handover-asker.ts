import { connect, type Socket } from 'node:net';
import { ChatStatsError, type ErrorCode, pause } from '../kernel/index.ts';
import { type Answer, answerSchema, greetingSchema, HANDOVER_VERSION } from './handover-protocol.ts';
import { jsonLines, sendLine } from './json-lines.ts';
import { fromPortable } from './portable-error.ts';
import type { CallOptions, Calls, HandedCall } from './protocol.ts';
import { isPrivate, type StoreAddress, storeAddress } from './store-address.ts';

/** An owner that listens greets at once; one that does not greet within this does not take the command over. */
const GREETING_MS = 5_000;

/** See handover.ts. */
export async function askOwner<N extends HandedCall>(
  store: string,
  name: N,
  args: Calls[N]['args'],
  { signal, onProgress }: CallOptions,
): Promise<Calls[N]['result']> {
  const address = storeAddress(store);
  const stream = await reach(store, address);
  const cancel = () => void sendLine(stream, { cancel: true });
  try {
    const lines = jsonLines(stream);
    await greeted(stream, lines, store, address);
    if (signal?.aborted === true) throw new ChatStatsError('CANCELLED', 'the command was cancelled');
    if (!sendLine(stream, { call: name, args })) throw notTaken(store);
    signal?.addEventListener('abort', cancel, { once: true });
    for await (const line of lines) {
      const answer = answerIn(line);
      if ('progress' in answer) onProgress?.(answer.progress);
      else if ('error' in answer) {
        throw fromPortable({ ...answer.error, code: answer.error.code as ErrorCode, places: [] });
      }
      // The owner is of the same version of this protocol, and typed by the same map.
      else return answer.result as Calls[N]['result'];
    }
    throw endedEarly();
  } catch (error) {
    // Errors of the connection, and lines that are none.
    throw error instanceof ChatStatsError ? error : endedEarly(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    stream.destroy();
  }
}

async function reach(store: string, { socket, folder }: StoreAddress): Promise<Socket> {
  if (folder !== null && !isPrivate(folder)) throw notTaken(store);
  const stream = connect(socket);
  // Once it is connected, an error is seen where its lines are read.
  stream.on('error', () => undefined);
  return await new Promise((resolve, reject) => {
    stream.once('connect', () => resolve(stream));
    stream.once('error', (cause) => reject(notTaken(store, cause)));
  });
}

async function greeted(
  stream: Socket,
  lines: AsyncGenerator<unknown>,
  store: string,
  { identity }: StoreAddress,
): Promise<void> {
  const enough = new AbortController();
  void pause(GREETING_MS, enough.signal).then(() => enough.signal.aborted || stream.destroy());
  try {
    const { value } = await lines.next();
    const greeting = greetingSchema.safeParse(value).data;
    if (greeting?.store !== identity || greeting.chatstats !== HANDOVER_VERSION) throw notTaken(store);
  } catch (cause) {
    throw cause instanceof ChatStatsError ? cause : notTaken(store, cause);
  } finally {
    enough.abort();
  }
}

function answerIn(line: unknown): Answer {
  const answer = answerSchema.safeParse(line).data;
  if (answer === undefined) throw endedEarly();
  return answer;
}

function notTaken(store: string, cause?: unknown): ChatStatsError {
  return new ChatStatsError(
    'STORE_OWNED',
    `another process is writing to ${store}, and did not take the command over`,
    {
      cause,
    },
  );
}

function endedEarly(cause?: unknown): ChatStatsError {
  return new ChatStatsError('ENGINE_FAILED', 'the process that owns the store ended before the command was done', {
    cause,
  });
}
