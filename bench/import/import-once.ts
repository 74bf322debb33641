/**
 * One import of a made-up history, for the bench: prints the summary and the peak memory as JSON.
 *
 * Usage: node bench/import/import-once.ts FOLDER STORE [one-thread]
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_GAP_MS } from '../../src/conversations/index.ts';
import { systemClock } from '../../src/kernel/index.ts';
import { importSource } from '../../src/pipeline/index.ts';

const [folder = '', store = '', threads = ''] = process.argv.slice(2);
for (const suffix of ['', '-wal', '-shm', '-owner']) rmSync(`${store}${suffix}`, { force: true });
const summary = await importSource({
  source: { path: path.join(folder, 'chat.db'), sealed: false },
  store,
  addressBook: path.join(folder, 'AddressBook'),
  region: null,
  locale: null,
  gapMs: DEFAULT_GAP_MS,
  clock: systemClock,
  onProgress: () => {},
  signal: new AbortController().signal,
  ...(threads === 'one-thread' ? { secondThreadFromBytes: Number.MAX_SAFE_INTEGER } : {}),
});

/** Peak resident memory in MB. What the system reports of a child includes its parent's where Linux can tell better. */
function peakMb(): number {
  const status = '/proc/self/status';
  const line = existsSync(status) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] : undefined;
  return Math.round((line === undefined ? process.resourceUsage().maxRSS : Number(line)) / 1024);
}

console.log(JSON.stringify({ ...summary, peakMb: peakMb() }));
