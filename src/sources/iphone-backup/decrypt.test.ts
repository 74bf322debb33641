import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptFile } from '../../simulator/index.ts';
import { decrypted } from './decrypt.ts';

const KEY = Buffer.from('fcce6bfeced5b8827b4bfc37a6180b686cff7014a811a3e4f88aab59f138a882', 'hex');

async function* chunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function decrypt(stored: Buffer, sizes: readonly number[]) {
  const plain = decrypted(chunks(stored, sizes), KEY);
  const parts: Buffer[] = [];
  while (true) {
    const { done, value } = await plain.next();
    if (done === true) return { content: Buffer.concat(parts), isWhole: value.isWhole };
    parts.push(Buffer.from(value));
  }
}

const content = fc.uint8Array({ maxLength: 200 });
const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 });

describe('a file of an encrypted backup', () => {
  it('is what it was, in whatever chunks it comes, an empty one too', async () => {
    await fc.assert(
      fc.asyncProperty(content, sizes, async (plain, pieces) => {
        expect(await decrypt(encryptFile(KEY, plain), pieces)).toEqual({ content: Buffer.from(plain), isWhole: true });
      }),
    );
    expect(await decrypt(encryptFile(KEY, Buffer.alloc(0)), [16])).toEqual({ content: Buffer.alloc(0), isWhole: true });
  });

  it('is what OpenSSL says', async () => {
    const plain = Buffer.from('forty-eight bytes, a whole number of AES blocks.');
    const { stdout, status } = spawnSync(
      'openssl',
      ['enc', '-aes-256-cbc', '-K', KEY.toString('hex'), '-iv', '0'.repeat(32)],
      {
        input: plain,
      },
    );
    // Without the program, there is nothing to compare with.
    if (status !== 0) return;
    expect(stdout.length).toBe(64);
    expect(encryptFile(KEY, plain)).toEqual(stdout);
    expect(await decrypt(stdout, [7])).toEqual({ content: plain, isWhole: true });
  });

  it('that was cut short gives what is there, and is not whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 40, maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        async (plain, cut) => {
          const stored = encryptFile(KEY, plain);
          const { content: found, isWhole } = await decrypt(stored.subarray(0, stored.length - cut), [64]);
          expect(found.subarray(0, 8)).toEqual(Buffer.from(plain.subarray(0, 8)));
          // One of 256 ends by chance with what looks like padding; a length that is no number of blocks never does.
          if (cut % 16 !== 0) expect(isWhole).toBe(false);
        },
      ),
    );
    expect(await decrypt(Buffer.alloc(0), [1])).toEqual({ content: Buffer.alloc(0), isWhole: false });
  });
});
