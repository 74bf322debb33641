import { createDecipheriv } from 'node:crypto';

/** RFC 3394 names this value: whoever unwraps with the right key finds it again. */
const INTEGRITY = Buffer.alloc(8, 0xa6);
export const WRAPPED_BYTES = 40;
const KEY_BYTES = 32;

/** Takes a key of 256 bits out of its wrapping (RFC 3394). Null when the wrapping key is another, or the bytes are damaged. */
export function unwrapKey(wrappingKey: Uint8Array, wrapped: Uint8Array): Buffer | null {
  if (wrappingKey.length !== KEY_BYTES || wrapped.length !== WRAPPED_BYTES) return null;
  try {
    const cipher = createDecipheriv('id-aes256-wrap', wrappingKey, INTEGRITY);
    const key = Buffer.concat([cipher.update(wrapped), cipher.final()]);
    return key.length === KEY_BYTES ? key : null;
  } catch {
    // OpenSSL tells a wrong key by an error that speaks of something else; there is nothing more to learn from it.
    return null;
  }
}
