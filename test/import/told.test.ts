import path from 'node:path';
import { expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';
import { eventsOf } from '../support/sync-process.ts';

it('every import is told of: that it began, how far it is, and what came of it', async () => {
  const folder = temporaryFolder();
  const fixture = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  const { pen, direct, close } = liveMessages(fixture.source, 'macos-26');
  actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 120_000, text: 'one' });
  await runImport(fixture);
  actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 60_000, text: 'two' });
  await runImport(fixture);
  close();
  const told = eventsOf(fixture.store).filter((event) => event.type.startsWith('import_'));
  expect(told.map(({ type, data }) => ({ type, data }))).toMatchObject([
    { type: 'import_started', data: { bulk: true } },
    { type: 'import_completed', data: { bulk: true, rows: 1 } },
    { type: 'import_started', data: { bulk: false } },
    { type: 'import_progress', data: { stage: 'merge' } },
    { type: 'import_completed', data: { bulk: false, inserted: 1 } },
  ]);
  const progress = told.flatMap((event) => (event.type === 'import_progress' ? [event.data] : []));
  expect(progress.at(-1)?.done, 'all of it in the end').toBe(progress.at(-1)?.total);
});
