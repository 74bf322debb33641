import { copyFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

it('R17 twins that were folded are two messages again in a copy in which both stand', async () => {
  const folder = temporaryFolder();
  const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  const copy = path.join(folder, 'copy.db');
  const { pen, direct, close } = liveMessages(place.source);
  const said = { from: ANN, atMs: NOW_MS - 9e7, text: 'again' };
  const first = actions.send(pen, direct, said);
  actions.send(pen, direct, { from: 'me', atMs: NOW_MS - 8e7, text: 'something else' });
  await runImport(place);
  const twin = actions.send(pen, direct, said);
  pen.database.db.run('VACUUM INTO ?', copy);
  actions.deleteForGood(pen, first);
  await runImport(place);
  const guids = () => canonicalStore(place.store).messages.map((line) => (line as { guid: string }).guid);
  expect(guids()).not.toContain(twin.guid);
  close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(place.source + suffix, { force: true });
  copyFileSync(copy, `${copy}.new`);
  renameSync(`${copy}.new`, place.source);
  await runImport(place);
  expect(guids()).toEqual(expect.arrayContaining([first.guid, twin.guid]));
  const report = await verifySource({
    ...{ store: place.store, addressBook: null, region: null, locale: null, onProgress: () => {} },
    ...{ clock: fixedClock(NOW_MS + 1_000), source: { path: place.source, sealed: false } },
    signal: new AbortController().signal,
  });
  expect(report.differences).toEqual([]);
});
