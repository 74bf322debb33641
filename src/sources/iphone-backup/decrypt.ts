import { createDecipheriv } from 'node:crypto';

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

/** How many bytes of padding a last block ends with, or null when that is none. */
function paddingOf(block: Buffer): number | null {
  const count = block.at(-1);
  if (block.length !== BLOCK_BYTES || count === undefined || count < 1 || count > BLOCK_BYTES) return null;
  return block.subarray(BLOCK_BYTES - count).every((byte) => byte === count) ? count : null;
}
