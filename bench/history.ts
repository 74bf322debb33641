/**
 * Writes a made-up history in a process of its own: whoever measures afterwards would otherwise collect the garbage of
 * 300,000 messages while they take the time.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeHistory } from '../src/simulator/index.ts';

type Wanted = { file: string; messages: number; seed: number; nowMs: number };

export function writeHistoryApart(wanted: Wanted): void {
  execFileSync(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(wanted)], { stdio: 'inherit' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeHistory({ generation: 'macos-26', ...(JSON.parse(process.argv[2] ?? '') as Wanted) });
}
