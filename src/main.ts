import os from 'node:os';
import process from 'node:process';
import { runCli } from './cli/index.ts';
import { systemClock } from './kernel/index.ts';

/** The composition root: the real machine, handed to the command line. */

// A reader that has seen enough (`| head`) ends a command quietly; a closed stderr ends nothing.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.stderr.on('error', () => undefined);

const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();

process.exitCode = await runCli({
  args: process.argv.slice(2),
  env: process.env,
  platform: process.platform,
  home: os.homedir(),
  temporaryFolder: os.tmpdir(),
  timeZone,
  locale,
  // Opening it costs, and only a terminal is ever read.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  onInterrupt,
});

function onInterrupt(listener: () => void): Disposable {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  // With its listeners gone, the next signal has its usual effect.
  const remove = () => {
    for (const signal of signals) process.off(signal, handle);
  };
  const handle = () => {
    remove();
    listener();
  };
  for (const signal of signals) process.on(signal, handle);
  return { [Symbol.dispose]: remove };
}
