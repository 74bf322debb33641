import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

/** Where a Chromium may be that belongs to the system; CHATSTATS_CHROMIUM names another. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const MISSING = `the tests of the page need Chromium, and there is none.
Install it (Debian, Ubuntu: apt-get install chromium), or name one with CHATSTATS_CHROMIUM=/path/to/chromium.
The other tests do without: npm test -- src test/api test/cli test/import test/live`;

/** The Chromium to test with. Throws, with what to do, when there is none. */
export function chromiumPath(): string {
  const named = process.env.CHATSTATS_CHROMIUM;
  const found = named === undefined || named === '' ? PLACES.find((place) => existsSync(place)) : named;
  if (found === undefined || !existsSync(found)) throw new Error(MISSING);
  return found;
}

/** Where there is none and this may be done, installs one; else the tests of the page say what is missing. */
export function installChromium(): void {
  try {
    chromiumPath();
  } catch {
    if (process.getuid?.() !== 0 || process.env.CHATSTATS_CHROMIUM || !existsSync('/usr/bin/apt-get')) return;
    console.log('installing Chromium, which the tests of the page need');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-color-emoji'],
    ]) {
      const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
      if (status !== 0) console.log(`apt-get ${args[0]} failed:\n${stderr}`);
    }
  }
}
