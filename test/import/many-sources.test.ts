import { rmSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { effort } from '../support/effort.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { groupFates, importAll, removeFile, sharedMessages, writeSources } from '../support/many-sources.ts';

const RUNS = effort(16, 300);

/** What a source says otherwise than the store holds of it. */
async function differences(store: string, source: string): Promise<unknown[]> {
  const report = await verifySource({
    ...{ store, addressBook: null, region: null, locale: null, onProgress: () => {} },
    ...{ clock: fixedClock(NOW_MS + 1_000), source: { path: source, sealed: false } },
    signal: new AbortController().signal,
  });
  return [...report.differences];
}

it('R6 a store of several sources does not depend on the order, or on how often, they were imported', async () => {
  await fc.assert(
    fc.asyncProperty(
      sharedMessages,
      groupFates,
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.array(fc.constantFrom(0, 1, 2), { maxLength: 2 }),
      async (messages, groups, order, again) => {
        const folder = temporaryFolder();
        const files = writeSources(folder, messages, groups);
        const [one, other] = [path.join(folder, 'one.db'), path.join(folder, 'other.db')];
        await importAll(one, files);
        await importAll(
          other,
          [...order, ...again].map((source) => files[source] as string),
        );
        expect(canonicalStore(other)).toEqual(canonicalStore(one));
        for (const source of files) expect(await differences(other, source)).toEqual([]);
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
      groupFates,
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.integer({ min: 0, max: 2 }),
      async (messages, groups, order, at) => {
        const folder = temporaryFolder();
        const files = writeSources(folder, messages, groups);
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

it('R6 people whom only the book of a source knew are forgotten with it', async () => {
  const place = madeUpHistory({ messages: 300, addressBook: true, seed: 4 });
  const other = madeUpHistory({ messages: 300, addressBook: true, seed: 5 });
  const book = (fixture: { folder: string }) => path.join(fixture.folder, 'AddressBook');
  const [store, alone] = [place.store, path.join(place.folder, 'alone.db')];
  await runImport({ source: place.source, store: alone }, { addressBook: book(place) });
  await runImport({ source: place.source, store }, { addressBook: book(place) });
  await runImport({ source: other.source, store }, { addressBook: book(other) });
  expect(canonicalStore(store).contacts.length).toBeGreaterThan(canonicalStore(alone).contacts.length);
  await removeFile(store, other.source);
  expect(canonicalStore(store)).toEqual(canonicalStore(alone));
});

it('R6 taking a source out can be cut off, and goes on when it is asked for again', async () => {
  const place = madeUpHistory({ messages: 1_500, seed: 4 });
  const other = madeUpHistory({ messages: 1_500, seed: 5 });
  const [store, alone] = [place.store, path.join(place.folder, 'alone.db')];
  await importAll(alone, [place.source]);
  await importAll(store, [place.source, other.source]);
  const count = () => canonicalStore(store).messages.length;
  const [before, after] = [count(), canonicalStore(alone).messages.length];
  await expect(removeFile(store, other.source, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(count()).toBeLessThan(before);
  expect(count()).toBeGreaterThan(after);
  await removeFile(store, other.source);
  expect(canonicalStore(store)).toEqual(canonicalStore(alone));
});
