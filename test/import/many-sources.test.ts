import { rmSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalStore } from '../support/canonical-store.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { importAll, removeFile, sharedMessages, writeSources } from '../support/many-sources.ts';

const RUNS = 40;

it('R6 a store of several sources does not depend on the order, or on how often, they were imported', async () => {
  await fc.assert(
    fc.asyncProperty(
      sharedMessages,
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.array(fc.constantFrom(0, 1, 2), { maxLength: 2 }),
      async (messages, order, again) => {
        const folder = temporaryFolder();
        const files = writeSources(folder, messages);
        const [one, other] = [path.join(folder, 'one.db'), path.join(folder, 'other.db')];
        await importAll(one, files);
        await importAll(
          other,
          [...order, ...again].map((source) => files[source] as string),
        );
        expect(canonicalStore(other)).toEqual(canonicalStore(one));
        rmSync(folder, { recursive: true });
      },
    ),
    { numRuns: RUNS },
  );
});

it('R6 a source that is taken out again leaves the store as if it had never been there', async () => {
  await fc.assert(
    fc.asyncProperty(
      sharedMessages,
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.integer({ min: 0, max: 2 }),
      async (messages, order, at) => {
        const folder = temporaryFolder();
        const files = writeSources(folder, messages);
        const [without, store] = [path.join(folder, 'without.db'), path.join(folder, 'store.db')];
        await importAll(
          without,
          files.filter((_, source) => source !== at),
        );
        await importAll(
          store,
          order.map((source) => files[source] as string),
        );
        await removeFile(store, files[at] as string);
        expect(canonicalStore(store)).toEqual(canonicalStore(without));
        rmSync(folder, { recursive: true });
      },
    ),
    { numRuns: RUNS },
  );
});
