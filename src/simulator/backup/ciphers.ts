import { createCipheriv, createHash, pbkdf2Sync } from 'node:crypto';

/** What an iPhone does to the bytes of an encrypted backup, written from the description and from nothing of the reader. */

const BLOCK = 16;

/** RFC 3394, step by step as its section 2.2.1 has it: six rounds over the 64-bit halves of the key. */
export function wrapKey(kek: Uint8Array, key: Uint8Array): Buffer {
  const halves = Array.from({ length: key.length / 8 }, (_, index) =>
    Buffer.from(key.subarray(index * 8, index * 8 + 8)),
  );
  let integrity = Buffer.from('a6a6a6a6a6a6a6a6', 'hex');
  for (let round = 0; round < 6; round += 1) {
    for (const [index, half] of halves.entries()) {
      const block = encryptBlock(kek, Buffer.concat([integrity, half]));
      integrity = block.subarray(0, 8);
      const step = halves.length * round + index + 1;
      integrity.writeUInt32BE((integrity.readUInt32BE(4) ^ step) >>> 0, 4);
      halves[index] = block.subarray(8);
    }
  }
  return Buffer.concat([integrity, ...halves]);
}

function encryptBlock(key: Uint8Array, block: Buffer): Buffer<ArrayBuffer> {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** AES-256-CBC with an initial vector of zeros; a whole block of padding where the length is a multiple of 16. */
export function encryptFile(key: Uint8Array, content: Uint8Array): Buffer {
  const count = BLOCK - (content.length % BLOCK);
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(BLOCK)).setAutoPadding(false);
  return Buffer.concat([cipher.update(content), cipher.update(Buffer.alloc(count, count)), cipher.final()]);
}

export type Rounds = { salt: Buffer; iterations: number };

/** The key that wraps the classes' keys: two rounds since iOS 10.2, before that the second alone. */
export function keyFromPassword(password: string, first: Rounds | null, second: Rounds): Buffer {
  const secret = Buffer.from(password, 'utf8');
  const between = first === null ? secret : pbkdf2Sync(secret, first.salt, first.iterations, 32, 'sha256');
  return pbkdf2Sync(between, second.salt, second.iterations, 32, 'sha1');
}

export function sha1(bytes: Uint8Array | string): Buffer {
  return createHash('sha1').update(bytes).digest();
}
