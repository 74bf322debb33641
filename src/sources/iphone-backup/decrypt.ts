import { createDecipheriv } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 16;
const ZERO_IV = Buffer.alloc(BLOCK_BYTES);

/** `isWhole` is false when the end is not as encrypting leaves it: something is cut off or damaged there. */
export type Decrypted = { isWhole: boolean };

/**
 * AES-256 in CBC mode, chunk by chunk, with the padding (PKCS#7) taken off at the end. Where that padding is not what it
 * has to be, everything is handed out as it is. What the manifest says of a file's size plays no part: it is often wrong.
 */
export async function* decrypted(chunks: AsyncIterable<Buffer>, key: Buffer): AsyncGenerator<Buffer, Decrypted> {
  const cipher = createDecipheriv('aes-256-cbc', key, ZERO_IV).setAutoPadding(false);
  let held: Buffer = Buffer.alloc(0);
  let stored = 0;
  for await (const chunk of chunks) {
    stored += chunk.length;
    const plain = Buffer.concat([held, cipher.update(chunk)]);
    const ready = Math.max(0, plain.length - BLOCK_BYTES);
    if (ready > 0) yield plain.subarray(0, ready);
    held = plain.subarray(ready);
  }
  const padding = stored % BLOCK_BYTES === 0 ? paddingOf(held) : null;
  const rest = padding === null ? held : held.subarray(0, held.length - padding);
  if (rest.length > 0) yield rest;
  return { isWhole: padding !== null };
}

/** How many bytes a stored file holds, which the padding of its last block tells; null when that end is not whole. */
export async function plainLength(handle: FileHandle, stored: number, key: Buffer): Promise<number | null> {
  if (stored === 0 || stored % BLOCK_BYTES !== 0) return null;
  const at = stored - BLOCK_BYTES;
  const block = await readBlock(handle, at);
  const cipher = createDecipheriv('aes-256-cbc', key, await vectorAt(handle, at)).setAutoPadding(false);
  const padding = paddingOf(cipher.update(block));
  return padding === null ? null : stored - padding;
}

/** The plain bytes from `start` to `end`, both included, which have to be there; nothing before them is read. */
export async function* plainBytes(
  handle: FileHandle,
  key: Buffer,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Buffer> {
  const from = start - (start % BLOCK_BYTES);
  const to = end - (end % BLOCK_BYTES) + BLOCK_BYTES - 1;
  const cipher = createDecipheriv('aes-256-cbc', key, await vectorAt(handle, from)).setAutoPadding(false);
  let at = from;
  for await (const chunk of handle.createReadStream({ start: from, end: to, autoClose: false })) {
    const plain = cipher.update(chunk as Buffer);
    const wanted = plain.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    at += plain.length;
    if (wanted.length > 0) yield wanted;
  }
}

/** What a block at this place was chained with: the stored block before it. */
async function vectorAt(handle: FileHandle, at: number): Promise<Buffer> {
  return at === 0 ? ZERO_IV : await readBlock(handle, at - BLOCK_BYTES);
}

async function readBlock(handle: FileHandle, at: number): Promise<Buffer> {
  const block = Buffer.alloc(BLOCK_BYTES);
  await handle.read(block, 0, BLOCK_BYTES, at);
  return block;
}

/** How many bytes of padding a last block ends with, or null when that is none. */
function paddingOf(block: Buffer): number | null {
  const count = block.at(-1);
  if (block.length !== BLOCK_BYTES || count === undefined || count < 1 || count > BLOCK_BYTES) return null;
  return block.subarray(BLOCK_BYTES - count).every((byte) => byte === count) ? count : null;
}
