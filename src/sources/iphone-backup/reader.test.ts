import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedClock, must } from '../../kernel/index.ts';
import { writeBackup } from '../../simulator/index.ts';
import { openBackup } from './open.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
});
afterEach(() => rmSync(place, { recursive: true }));

const LENGTHS = [1, 15, 16, 17, 31, 32, 33, 1_000, 200_003];
const nameOf = (length: number) => `Library/SMS/Attachments/ab/11/at_0_X/${length}.bin`;
const contentOf = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7) % 251));
const DATABASE = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080)]);

async function reader(options: object) {
  const files = [
    { domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db', content: DATABASE },
    ...LENGTHS.map((length) => ({
      ...{ domain: 'MediaDomain', relativePath: nameOf(length), content: contentOf(length) },
    })),
  ];
  const { folder } = writeBackup({ folder: place, seed: 1, ...options, files });
  const watch = { clock: fixedClock(0), signal: new AbortController().signal, onProgress: () => undefined };
  using opened = await openBackup(folder, () => Promise.resolve(Buffer.from('x')), watch);
  return opened.reader();
}

describe.each([
  ['plain', {}],
  ['encrypted', { encryption: { password: 'x' } }],
])('the attachments of a backup that is %s', (_kind, options) => {
  it('are read in any part, and know their length, after the backup itself was let go of', async () => {
    using files = await reader(options);
    const part = fc
      .constantFrom(...LENGTHS)
      .chain((length) => fc.tuple(fc.constant(length), fc.nat(length - 1), fc.nat(length - 1)));
    await fc.assert(
      fc.asyncProperty(part, async ([length, one, other]) => {
        const [start, end] = one < other ? [one, other] : [other, one];
        const file = must(await files.open(`~/${nameOf(length)}`), 'it was written');
        expect(file.bytes).toBe(length);
        const read = Buffer.concat(await file.read({ start, end }).toArray());
        expect(read.equals(contentOf(length).subarray(start, end + 1))).toBe(true);
      }),
    );
  });

  it('can be let go of unread', async () => {
    using files = await reader(options);
    await must(await files.open(`~/${nameOf(17)}`), 'it was written').close();
  });
});

it('gives nothing of an encrypted backup any more once its keys are gone', async () => {
  const files = await reader({ encryption: { password: 'x' } });
  files[Symbol.dispose]();
  expect(await files.open(`~/${nameOf(1_000)}`)).toBeNull();
});
