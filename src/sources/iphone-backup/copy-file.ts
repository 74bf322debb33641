import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ChatStatsError } from '../../kernel/index.ts';
import { decrypted } from './decrypt.ts';
import type { Watch } from './watch.ts';

/** What was learned about a file while it was read: whether its end and its checksum are as they have to be. */
export type Reading = { isWhole: boolean; digest: Buffer };

const PRIVATE = 0o600;
const CHUNK_BYTES = 1024 * 1024;
const TELL_EVERY_BYTES = 16 * CHUNK_BYTES;

/** How many bytes are done of all that an opening has to read. */
export class ByteCount {
  readonly #watch: Watch;
  readonly #total: number;
  #done = 0;
  #toldAt = 0;

  constructor(watch: Watch, total: number) {
    this.#watch = watch;
    this.#total = total;
  }

  add(bytes: number): void {
    if (this.#watch.signal.aborted) throw new ChatStatsError('CANCELLED', 'opening the backup was cancelled');
    this.#done += bytes;
    if (this.#done - this.#toldAt < TELL_EVERY_BYTES && this.#done < this.#total) return;
    this.#toldAt = this.#done;
    this.#watch.onProgress({ stage: 'decrypt', done: Math.min(this.#done, this.#total), total: this.#total });
  }
}

/** Reads a file through, which takes no memory to speak of, and answers its checksum. */
export async function digestOf(file: string, count: ByteCount): Promise<Buffer> {
  const hash = createHash('sha1');
  for await (const _chunk of hashed(file, hash, count));
  return hash.digest();
}

/** Writes a file of an encrypted backup in the clear, where its owner alone can read it. */
export async function decryptFile(from: string, key: Buffer, to: string, count: ByteCount): Promise<Reading> {
  const hash = createHash('sha1');
  await using target = await open(to, 'wx', PRIVATE);
  const plain = decrypted(hashed(from, hash, count), key);
  while (true) {
    const { done, value } = await plain.next();
    if (done === true) return { isWhole: value.isWhole, digest: hash.digest() };
    await target.writeFile(value);
  }
}

async function* hashed(file: string, hash: ReturnType<typeof createHash>, count: ByteCount): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
    count.add((chunk as Buffer).length);
  }
}
