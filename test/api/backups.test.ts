import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { writeHistoryBackup } from '../../src/simulator/index.ts';
import { describeBackup, locateBackups } from '../../src/sources/iphone-backup/index.ts';
import { PASSWORD } from '../support/backups.ts';
import { NOW_MS, temporaryFolder } from '../support/fixture.ts';
import { served } from './served.ts';

type Line = { id: string; isEncrypted: boolean; problem: { code: string } | null };

it('the list of backups tells of each what can be told without its password, page by page', async () => {
  const folder = temporaryFolder();
  const { udid } = writeHistoryBackup({
    folder,
    seed: 5,
    messages: 50,
    nowMs: NOW_MS,
    encryption: { password: PASSWORD },
  });
  mkdirSync(path.join(folder, '00008112-001234567890001E'));
  const listBackups = () => locateBackups(folder).map(describeBackup);
  await using place = await served({ messages: 50, api: { listBackups } });
  const first = await place.json<{ items: Line[]; next: string | null }>('/backups?limit=1');
  expect(first.items).toEqual([
    {
      ...{ id: udid, folder: path.join(folder, udid), device: 'A made-up iPhone', model: 'iPhone14,5', ios: '17.4.1' },
      ...{ at: '2026-02-28T11:21:39.000Z', isEncrypted: true, problem: null },
    },
  ]);
  const rest = await place.json<{ items: Line[]; next: string | null }>(
    `/backups?limit=5&after=${encodeURIComponent(first.next ?? '')}`,
  );
  expect(rest.items.map(({ id, problem }) => [id, problem?.code])).toEqual([
    ['00008112-001234567890001E', 'BACKUP_INCOMPLETE'],
  ]);
  expect(rest.next).toBeNull();
});
